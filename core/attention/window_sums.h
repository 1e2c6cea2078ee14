// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The sums that a text's queries read, in chunks: over the keys of the window and the sinks with softmax weights, over all
// other causal keys with products of features. Memory in proportion to the tokens.

#include "core/attention/attention.h"
#include "core/attention/window_geometry.h"

namespace lolcats {

// [batch, heads, tokens, head_dim + 1] each: weighted values, and the sum of the weights in the last column.
struct WindowSums {
    at::Tensor softmax; // exp(s_ij - c_i), c_i the largest s_ij of the row
    at::Tensor linear;  // phi_q(q_i).phi_k(k_j)
};

// exp(scores - row maximum). Scores that need no gradient are overwritten.
at::Tensor shiftedExp(at::Tensor scores);

// `masks` are the geometry's own, or those of a window as good as it for a text of this length.
WindowSums windowSums(const AttentionInputs& inputs, const MixerShape& shape, const WindowGeometry& geometry,
                      const ChunkMasks& masks, const FeatureMap& map);

} // namespace lolcats
