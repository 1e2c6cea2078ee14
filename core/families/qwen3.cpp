// SPDX-License-Identifier: GPL-3.0-or-later
// Qwen3: each head's q and k are normed before they are rotated; heads have a size of their own.
#include "core/families/model_family.h"
#include "core/families/qwen.h"

namespace lolcats {

ModelFamily qwen3Family();

namespace {

DecoderShape qwen3Shape(const Json& json) {
    const ConfigReader config(json);
    DecoderShape shape = readDecoder(json, {32, 128, 32768, 1e-6, 10000});
    shape.attentionBias = config.flagOr("attention_bias", false);
    shape.outputBias = shape.attentionBias;
    shape.headNorms = true;
    readQwenWindows(config, shape);
    return shape;
}

} // namespace

ModelFamily qwen3Family() {
    return {{"qwen3", "Qwen3", "Qwen3 without experts; q and k of each head are normed before they are rotated.", {}},
            {"qwen3"},
            &qwen3Shape,
            &decoderTensors};
}

} // namespace lolcats
