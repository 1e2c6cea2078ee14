// SPDX-License-Identifier: GPL-3.0-or-later
// Mixtral: Mistral's attention, and in each block several feed-forward experts of which a token takes a few. The attention is
// converted, the experts stay as they are.
#include "core/families/decoder_config.h"
#include "core/families/model_family.h"

namespace lolcats {

ModelFamily mixtralFamily();

namespace {

DecoderShape mixtralShape(const Json& json) {
    const ConfigReader config(json);
    DecoderShape shape = readDecoder(json, {8, 0, 131072, 1e-5, 1e6});
    shape.experts.count = config.integer("num_local_experts", 1, 1024);
    shape.experts.used = config.integer("num_experts_per_tok", 1, shape.experts.count);
    readWindows(config, config.integerOr("sliding_window", 1, INT32_MAX, 0), 0, LayerTypes::Agree, shape);
    return shape;
}

} // namespace

ModelFamily mixtralFamily() {
    return {{"mixtral", "Mixtral", "A mixture of experts: its attention is converted, its experts stay as they are.", {}},
            {"mixtral"},
            &mixtralShape,
            &decoderTensors,
            true};
}

} // namespace lolcats
