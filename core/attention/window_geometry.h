// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which keys are softmax and which are linear, once as masks of chunks and once for all tokens.

#include "core/records/choices.h"

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace lolcats {

struct WindowGeometry {
    std::int64_t window = 64;
    std::int64_t sinks = 0; // at most 64
    bool terraced = false;  // blocks counted from the start: the query's own and the whole one before it
    // Terraced, as published: blocks are counted from the end of the text, so what a token sees depends on what follows it, and
    // a text that fits into one window counts its keys twice, as softmax and as linear (spec/lolcats.md 4.1, Q1 and Q2).
    bool endAligned = false;
    std::int64_t offset = 0; // tokens that the first block lacks; set by forTokens()
};
// The options of every mixer that has a window.
OptionDescription windowOption();
OptionDescription sinksOption();
// The geometry for a text of so many tokens: where blocks are counted from its end, the first of them may be short.
WindowGeometry forTokens(const WindowGeometry& geometry, std::int64_t tokens);
bool countsTwice(const WindowGeometry& geometry, std::int64_t tokens);

// A query's chunk sees the chunk before it, its own (the span), and, where these lie before the span, the sinks. A chunk is a
// whole number of windows, so all chunks from the third on look alike.
struct ChunkMasks {
    std::int64_t chunk = 0;
    at::Tensor softmax; // [3, groups * chunk, 2 chunk + sinks], 0 or -inf: the first, the second, any later chunk
    at::Tensor linear;  // [chunk, columns], 0 or 1: the first columns of the span; undefined where no key of it is linear
};
// The same masks with the first `offset` keys hidden from every query behind them: tokens put before a text to fill its first
// block.
ChunkMasks withoutFirstKeys(const ChunkMasks& masks, std::int64_t offset);
ChunkMasks makeChunkMasks(const WindowGeometry& geometry, std::int64_t groups, const at::TensorOptions& options);
// Masks for a text of so many tokens: a window longer than the text is as good as one of its length, and then chunks need not
// be longer either.
ChunkMasks fittedMasks(const ChunkMasks& masks, const WindowGeometry& geometry, std::int64_t groups,
                       const at::TensorOptions& options, std::int64_t tokens);
// True where key j is in the softmax part of query first + i: [count, first + count].
at::Tensor softmaxKeys(const WindowGeometry& geometry, std::int64_t first, std::int64_t count, const at::Device& device);
// The same for the keys at these positions, [keys] int64: [count, keys].
at::Tensor softmaxKeys(const WindowGeometry& geometry, const at::Tensor& positions, std::int64_t first, std::int64_t count);
// True where query first + i (row) of a text of so many tokens reads key j (column) as softmax, and as linear: [count, first +
// count]. A text cut into chunks (0: it is not) has windows of its own in each of them, and all that lies before is linear.
struct KeyKinds {
    at::Tensor softmax;
    at::Tensor linear;
};
KeyKinds keyKinds(const WindowGeometry& geometry, std::int64_t textChunk, std::int64_t tokens, std::int64_t first,
                  std::int64_t count, const at::Device& device);
// The first key that is in the window of query i, sinks apart.
std::int64_t windowStart(const WindowGeometry& geometry, std::int64_t i);

} // namespace lolcats
