// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tokens cut into chunks, so that linear attention needs memory in proportion to their number. The chunk is the first
// dimension: then a run of chunks is contiguous, and neighbours are views of one tensor.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace lolcats {

at::ScalarType computeType(const at::Tensor& x); // float64 for float64, else float32
// [batch, kv_heads, tokens, size] to [batch, heads, tokens, size]: each key-value head so often in a row.
at::Tensor repeatHeads(const at::Tensor& x, std::int64_t heads);
// A column of ones behind the values: it turns a sum of weighted values into that sum and its denominator.
at::Tensor withOnes(const at::Tensor& values);
// [batch, heads, tokens, size] to [before + chunks, batch, heads, chunk, size]; the chunks before and the last one's rest are
// 0.
at::Tensor intoChunks(const at::Tensor& x, std::int64_t chunk, std::int64_t before);
// Its inverse, without the chunks before.
at::Tensor fromChunks(const at::Tensor& chunks, std::int64_t tokens);
// What the queries of each chunk read from the chunks that lie at least `lag` back: [chunks, batch, heads, chunk, size] from
// phiQ and phiK [chunks, batch, heads, chunk, features], values [chunks, batch, heads, chunk, size].
at::Tensor readStates(const at::Tensor& phiQ, const at::Tensor& phiK, const at::Tensor& values, std::int64_t lag);
// phi_k^T v summed over tokens: [batch, heads, features, size]; phiK and values [batch, heads, tokens, …].
at::Tensor stateOf(const at::Tensor& phiK, const at::Tensor& values);

} // namespace lolcats
