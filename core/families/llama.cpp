// SPDX-License-Identifier: GPL-3.0-or-later
// Llama 2, 3, 3.1, 3.2, SmolLM and SmolLM2.
#include "core/families/decoder_config.h"
#include "core/families/model_family.h"

namespace lolcats {

ModelFamily llamaFamily();

namespace {

DecoderShape llamaShape(const Json& json) {
    const ConfigReader config(json);
    DecoderShape shape = readDecoder(json, {});
    shape.attentionBias = config.flagOr("attention_bias", false);
    shape.outputBias = shape.attentionBias;
    shape.mlpBias = config.flagOr("mlp_bias", false);
    readWindows(config, 0, 0, LayerTypes::Agree, shape);
    return shape;
}

} // namespace

ModelFamily llamaFamily() {
    return {{"llama", "Llama", "Llama 2, Llama 3 and their kin, SmolLM and SmolLM2 among them.", {}},
            {"llama"},
            &llamaShape,
            &decoderTensors};
}

} // namespace lolcats
