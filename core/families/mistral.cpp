// SPDX-License-Identifier: GPL-3.0-or-later
// Mistral 7B and its kin: Llama's blocks without biases, and in the first versions a sliding window on all layers.
#include "core/families/decoder_config.h"
#include "core/families/model_family.h"

namespace lolcats {

ModelFamily mistralFamily();

namespace {

constexpr std::int64_t kStandardWindow = 4096; // where the config does not speak of it; a null turns it off

DecoderShape mistralShape(const Json& json) {
    const ConfigReader config(json);
    DecoderShape shape = readDecoder(json, {8, 0, 131072, 1e-6, 10000});
    const std::int64_t silent = config.names("sliding_window") ? 0 : kStandardWindow;
    readWindows(config, config.integerOr("sliding_window", 1, INT32_MAX, silent), 0, LayerTypes::Agree, shape);
    return shape;
}

} // namespace

ModelFamily mistralFamily() {
    return {{"mistral", "Mistral", "Mistral 7B and its kin; the teacher keeps its sliding window where it has one.", {}},
            {"mistral"},
            &mistralShape,
            &decoderTensors};
}

} // namespace lolcats
