// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_sums.h"

#include "core/attention/chunks.h"
#include "core/attention/window_chunks.h"

#include <algorithm>
#include <torch/types.h>

namespace lolcats {

namespace {

// One text cut into chunks, its first block made whole where blocks are counted from the end.
struct ChunkedText {
    const MixerShape& shape;
    const WindowGeometry& geometry;
    const ChunkMasks& masks;
    const FeatureMap& map;
    at::Tensor q, k; // [batch, heads or kv_heads, tokens, head_dim]
    at::Tensor v;    // [1 + chunks, batch, kv_heads, chunk, head_dim + 1]
    std::int64_t offset = 0;

    at::Tensor softmaxSums() const;
    at::Tensor linearSums() const;
    at::Tensor allLinearSums() const;
    at::Tensor repeated(const at::Tensor& blocks) const;
};

at::Tensor ChunkedText::softmaxSums() const {
    const at::Tensor sums = at::matmul(shiftedExp(windowScores(q, k, geometry, masks)), windowSpan(v, geometry.sinks));
    return sums.reshape({sums.size(0), sums.size(1), shape.heads, masks.chunk, -1});
}

at::Tensor ChunkedText::linearSums() const {
    const std::int64_t tokens = q.size(2);
    const std::int64_t skipped = std::min(tokens, geometry.sinks + offset);
    // Sinks are never linear, nor what was put before the text: their features are zero.
    const at::Tensor features = map.keys(repeatHeads(k, shape.heads));
    const at::Tensor unsunk =
        skipped == 0 ? features : at::constant_pad_nd(features.narrow(2, skipped, tokens - skipped), {0, 0, skipped, 0});
    const at::Tensor phiK = intoChunks(unsunk, masks.chunk, 1); // [1 + chunks, batch, heads, chunk, features]
    const at::Tensor phiQ = intoChunks(map.queries(q), masks.chunk, 0);
    const std::int64_t count = phiQ.size(0);
    const at::Tensor values = repeated(v);
    const at::Tensor read = readStates(phiQ, phiK.narrow(0, 1, count), values.narrow(0, 1, count), 2);
    if (!masks.linear.defined())
        return read;
    const std::int64_t columns = masks.linear.size(1);
    const auto span = [&](const at::Tensor& blocks) {
        const at::Tensor previous = blocks.narrow(0, 0, count);
        return columns == masks.chunk ? previous
                                      : at::cat({previous, blocks.narrow(0, 1, count).narrow(3, 0, columns - masks.chunk)}, 3);
    };
    const at::Tensor products = at::matmul(phiQ, span(phiK).transpose(3, 4)).mul_(masks.linear);
    return at::matmul(products, span(values)) + read;
}

// Over every causal key of a text that fits into one chunk.
at::Tensor ChunkedText::allLinearSums() const {
    const at::Tensor phiK = intoChunks(map.keys(repeatHeads(k, shape.heads)), masks.chunk, 0);
    const at::Tensor phiQ = intoChunks(map.queries(q), masks.chunk, 0);
    return at::matmul(at::matmul(phiQ, phiK.transpose(3, 4)).tril(), repeated(v).narrow(0, 1, phiQ.size(0)));
}

at::Tensor ChunkedText::repeated(const at::Tensor& blocks) const {
    if (shape.kvHeads == shape.heads)
        return blocks;
    return blocks.unsqueeze(3)
        .expand({-1, -1, -1, shape.heads / shape.kvHeads, -1, -1})
        .reshape({blocks.size(0), blocks.size(1), shape.heads, blocks.size(3), blocks.size(4)});
}

} // namespace

at::Tensor shiftedExp(at::Tensor scores) {
    const at::Tensor maximum = at::amax(scores, -1, true);
    return scores.requires_grad() ? at::exp(scores - maximum) : scores.sub_(maximum).exp_();
}

WindowSums windowSums(const AttentionInputs& inputs, const MixerShape& shape, const WindowGeometry& geometry,
                      const ChunkMasks& masks, const FeatureMap& map) {
    const at::ScalarType type = computeType(inputs.q);
    const std::int64_t tokens = inputs.q.size(2), offset = forTokens(geometry, tokens).offset;
    const auto wide = [&](const at::Tensor& x) {
        return offset == 0 ? x.to(type) : at::constant_pad_nd(x.to(type), {0, 0, offset, 0});
    };
    const ChunkMasks hiding = withoutFirstKeys(masks, offset);
    // Ones behind the padding too: rows past the last token are thrown away, but must not divide by zero.
    const ChunkedText text{
        shape, geometry, hiding, map, wide(inputs.q), wide(inputs.k), withOnes(intoChunks(wide(inputs.v), masks.chunk, 1)),
        offset};
    const auto ofTokens = [&](const at::Tensor& chunks) {
        return fromChunks(chunks, offset + tokens).narrow(2, offset, tokens);
    };
    return {ofTokens(text.softmaxSums()), ofTokens(countsTwice(geometry, tokens) ? text.allLinearSums() : text.linearSums())};
}

} // namespace lolcats
