// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_chunks.h"

#include "core/attention/chunks.h"

#include <algorithm>
#include <cmath>
#include <torch/types.h>

namespace lolcats {

namespace {

constexpr std::int64_t kPiece = 256; // tokens

} // namespace

at::Tensor windowSpan(const at::Tensor& blocks, std::int64_t sinks) {
    const std::int64_t count = blocks.size(0) - 1;
    std::vector<at::Tensor> columns = {blocks.narrow(0, 0, count), blocks.narrow(0, 1, count)};
    if (count > 2 && sinks > 0) // before, the other two hold them
        columns.push_back(blocks.narrow(0, 1, 1).narrow(3, 0, sinks).expand({count, -1, -1, -1, -1}));
    return at::cat(columns, 3);
}

at::Tensor windowScores(const at::Tensor& q, const at::Tensor& k, const WindowGeometry& geometry, const ChunkMasks& masks) {
    const double scale = 1 / std::sqrt(static_cast<double>(q.size(3)));
    const at::Tensor chunks = intoChunks(q * scale, masks.chunk, 0);
    const at::Tensor rows = chunks.reshape({chunks.size(0), chunks.size(1), k.size(1), -1, q.size(3)});
    const at::Tensor keys = windowSpan(intoChunks(k, masks.chunk, 1), geometry.sinks);
    const at::Tensor kinds = at::arange(rows.size(0), masks.softmax.options().dtype(at::kLong)).clamp_max(2);
    const at::Tensor mask = masks.softmax.narrow(2, 0, keys.size(3)).index_select(0, kinds).to(q.scalar_type());
    return at::matmul(rows, keys.transpose(3, 4)).add_(mask.unsqueeze(1).unsqueeze(1));
}

at::Tensor mixedInPieces(const AttentionInputs& inputs, const std::function<at::Tensor(const AttentionInputs&)>& mixed) {
    std::vector<at::Tensor> rows;
    const std::int64_t tokens = inputs.q.size(2);
    for (std::int64_t first = 0; first < tokens; first += kPiece)
        rows.push_back(mixed(tokensOf(inputs, first, std::min(kPiece, tokens - first))));
    return at::cat(rows, 2);
}

} // namespace lolcats
