// SPDX-License-Identifier: GPL-3.0-or-later
// Qwen2 and Qwen2.5: biases on q, k and v, never on o.
#include "core/families/model_family.h"
#include "core/families/qwen.h"

namespace lolcats {

ModelFamily qwen2Family();

namespace {

DecoderShape qwen2Shape(const Json& json) {
    DecoderShape shape = readDecoder(json, {32, 0, 32768, 1e-6, 10000});
    shape.attentionBias = true;
    readQwenWindows(ConfigReader(json), shape);
    return shape;
}

} // namespace

ModelFamily qwen2Family() {
    return {
        {"qwen2", "Qwen2", "Qwen2 and Qwen2.5, with their biases on q, k and v.", {}}, {"qwen2"}, &qwen2Shape, &decoderTensors};
}

} // namespace lolcats
