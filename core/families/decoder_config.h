// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the configs of all families have in common. A family reads with these and adds what is its own.

#include "core/families/config_reader.h"
#include "core/families/decoder_shape.h"

#include <string>
#include <vector>

namespace lolcats {

// What a family means where its config is silent. Sizes without which no shape is known have no such value.
struct ConfigDefaults {
    std::int64_t kvHeads = 0; // 0: as many as there are heads
    std::int64_t headDim = 0; // 0: hidden / heads
    std::int64_t maxPositions = 2048;
    double rmsEps = 1e-6;
    double theta = 10000;
};

// Sizes, heads, norms, activation, rotation, ties and token ids; biases, windows and experts are left as a plain decoder has
// them. Refuses (CFG-…) what is missing, out of range or in contradiction.
DecoderShape readDecoder(const Json& config, const ConfigDefaults& defaults);

enum class LayerTypes {
    Decide, // the config's layer_types say which layers have the window
    Agree   // they may only repeat what the family does anyway
};
// The windows of the layers: `window` (0: none) on those from `firstWindowed` on. Refuses (CFG-LAYERS) layer_types that do not
// name each layer once, name an unknown kind, or a window where there is none.
void readWindows(const ConfigReader& config, std::int64_t window, std::int64_t firstWindowed, LayerTypes types,
                 DecoderShape& shape);

// The tensors of a decoder of such a shape, under the names of Hugging Face's files.
std::vector<ExpectedTensor> decoderTensors(const DecoderShape& shape);

// Names of a mixture of experts, behind "model.layers.N.".
inline constexpr const char* kRouterName = "block_sparse_moe.gate.weight";
struct ExpertNames {
    std::string gate, up, down;
};
ExpertNames expertNames(std::int64_t expert);

} // namespace lolcats
