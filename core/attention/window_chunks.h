// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The window and the sinks of a text in chunks. The queries of one key-value head stand as rows of one product, so keys and
// values are not repeated.

#include "core/attention/attention.h"
#include "core/attention/window_geometry.h"

#include <functional>

namespace lolcats {

// What the queries of a chunk see: the chunk before it, its own, and the sinks where these lie before both. blocks [1 + chunks,
// batch, kv_heads, chunk, size] to [chunks, batch, kv_heads, 2 chunk + sinks, size].
at::Tensor windowSpan(const at::Tensor& blocks, std::int64_t sinks);
// s_ij = q_i.k_j / sqrt(head_dim) over that span, -inf where the masks hide a key: [chunks, batch, kv_heads, rows, columns].
// q [batch, heads, tokens, head_dim], k [batch, kv_heads, tokens, head_dim], of the type that is computed in.
at::Tensor windowScores(const at::Tensor& q, const at::Tensor& k, const WindowGeometry& geometry, const ChunkMasks& masks);

// Tokens that follow a state, a few at a time, in order: memory is one piece's.
at::Tensor mixedInPieces(const AttentionInputs& inputs, const std::function<at::Tensor(const AttentionInputs&)>& mixed);

} // namespace lolcats
