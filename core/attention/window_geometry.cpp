// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_geometry.h"

#include <algorithm>
#include <limits>
#include <torch/types.h>

namespace lolcats {

namespace {

// Below this the products of a chunk are too small to be quick.
constexpr std::int64_t kSmallestChunk = 64;

at::Tensor softmaxMask(const WindowGeometry& geometry, std::int64_t chunk) {
    at::Tensor mask = at::full({3, chunk, 2 * chunk + geometry.sinks}, -std::numeric_limits<float>::infinity());
    auto cell = mask.accessor<float, 3>();
    for (std::int64_t m = 0; m < 3; ++m)
        for (std::int64_t row = 0; row < chunk; ++row) {
            const std::int64_t i = m * chunk + row;
            const std::int64_t start = windowStart(geometry, i);
            for (std::int64_t j = std::max<std::int64_t>(0, (m - 1) * chunk); j <= i; ++j)
                if (j >= start || j < geometry.sinks)
                    cell[m][row][j - (m - 1) * chunk] = 0;
            for (std::int64_t sink = 0; m == 2 && sink < geometry.sinks; ++sink)
                cell[m][row][2 * chunk + sink] = 0;
        }
    return mask;
}

at::Tensor linearMask(const WindowGeometry& geometry, std::int64_t chunk) {
    const std::int64_t columns = 2 * chunk - (geometry.terraced ? 2 : 1) * geometry.window;
    if (columns == 0)
        return {};
    at::Tensor mask = at::zeros({chunk, columns});
    auto cell = mask.accessor<float, 2>();
    for (std::int64_t row = 0; row < chunk; ++row)
        for (std::int64_t column = 0; column < windowStart(geometry, 2 * chunk + row) - chunk; ++column)
            cell[row][column] = 1;
    return mask;
}

} // namespace

OptionDescription windowOption() {
    return describedWhole("window", "Window", 64, 1, 4096, "tokens",
                          "How many tokens, itself included, a token sees with softmax attention.");
}

OptionDescription sinksOption() {
    return describedWhole("sinks", "Sinks", 4, 0, 64, "tokens",
                          "How many of the first tokens stay in the softmax part for good; models put much attention there.");
}

std::int64_t windowStart(const WindowGeometry& geometry, std::int64_t i) {
    const std::int64_t block = (i + geometry.offset) / geometry.window;
    const std::int64_t start = geometry.terraced ? (block - 1) * geometry.window - geometry.offset : i - geometry.window + 1;
    return std::max<std::int64_t>(0, start);
}

bool countsTwice(const WindowGeometry& geometry, std::int64_t tokens) {
    return geometry.endAligned && tokens <= geometry.window;
}

WindowGeometry forTokens(const WindowGeometry& geometry, std::int64_t tokens) {
    WindowGeometry fitted = geometry;
    if (geometry.endAligned && tokens > geometry.window)
        fitted.offset = (geometry.window - tokens % geometry.window) % geometry.window;
    return fitted;
}

ChunkMasks withoutFirstKeys(const ChunkMasks& masks, std::int64_t offset) {
    if (offset == 0)
        return masks;
    ChunkMasks hiding = masks;
    hiding.softmax = masks.softmax.clone();
    constexpr double kHidden = -std::numeric_limits<double>::infinity();
    hiding.softmax[1].narrow(1, 0, offset).fill_(kHidden);
    // The tokens put before see themselves: a row that sees nothing would be 0 / 0.
    const at::Tensor first = hiding.softmax[0].view({-1, masks.chunk, masks.softmax.size(2)});
    first.narrow(1, offset, masks.chunk - offset).narrow(2, masks.chunk, offset).fill_(kHidden);
    return hiding;
}

ChunkMasks makeChunkMasks(const WindowGeometry& geometry, std::int64_t groups, const at::TensorOptions& options) {
    ChunkMasks masks;
    masks.chunk = (kSmallestChunk + geometry.window - 1) / geometry.window * geometry.window;
    masks.softmax = softmaxMask(geometry, masks.chunk).repeat({1, groups, 1}).to(options);
    masks.linear = linearMask(geometry, masks.chunk);
    if (masks.linear.defined())
        masks.linear = masks.linear.to(options);
    return masks;
}

ChunkMasks fittedMasks(const ChunkMasks& masks, const WindowGeometry& geometry, std::int64_t groups,
                       const at::TensorOptions& options, std::int64_t tokens) {
    if (geometry.window <= kSmallestChunk || geometry.window < 2 * tokens)
        return masks;
    WindowGeometry shorter = geometry;
    shorter.window = std::max<std::int64_t>(tokens, kSmallestChunk);
    return makeChunkMasks(shorter, groups, options);
}

at::Tensor softmaxKeys(const WindowGeometry& geometry, std::int64_t first, std::int64_t count, const at::Device& device) {
    return softmaxKeys(geometry, at::arange(first + count, at::device(device).dtype(at::kLong)), first, count);
}

at::Tensor softmaxKeys(const WindowGeometry& geometry, const at::Tensor& positions, std::int64_t first, std::int64_t count) {
    const at::Tensor queries = at::arange(first, first + count, positions.options()).unsqueeze(1);
    const at::Tensor starts = at::empty({count, 1}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i)
        starts.data_ptr<std::int64_t>()[i] = windowStart(geometry, first + i);
    const at::Tensor recent = (positions >= starts.to(positions.device())) | (positions < geometry.sinks);
    return recent & (positions <= queries);
}

KeyKinds keyKinds(const WindowGeometry& geometry, std::int64_t textChunk, std::int64_t tokens, std::int64_t first,
                  std::int64_t count, const at::Device& device) {
    const at::Tensor causal = at::ones({count, first + count}, at::device(device).dtype(at::kBool)).tril(first);
    KeyKinds kinds{at::zeros_like(causal), causal.clone()};
    const std::int64_t size = textChunk > 0 ? textChunk : tokens;
    for (std::int64_t begin = first / size * size; begin < first + count; begin += size) {
        const std::int64_t length = std::min(size, tokens - begin);
        const std::int64_t from = std::max(first, begin), to = std::min(first + count, begin + length);
        const auto own = [&](const at::Tensor& all) {
            return all.narrow(0, from - first, to - from).narrow(1, begin, to - begin);
        };
        const at::Tensor near = softmaxKeys(forTokens(geometry, length), from - begin, to - from, device);
        own(kinds.softmax).copy_(near);
        if (!countsTwice(geometry, length))
            own(kinds.linear).logical_and_(~near);
    }
    return kinds;
}

} // namespace lolcats
