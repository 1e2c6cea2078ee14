// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The keys and values that one sequence keeps as they are while decoding: the sinks and those of the window, once per key-value
// head. What leaves the window is handed back: it belongs to the linear part.

#include "core/attention/window_geometry.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

namespace lolcats {

// Neighbouring tokens that have left the window; undefined tensors where none has.
struct KeysLeft {
    at::Tensor k; // [batch, kv_heads, count, head_dim]
    at::Tensor v;
    std::int64_t first = 0; // position of the first of them
    std::int64_t count() const { return k.defined() ? k.size(2) : 0; }
};

class KeptKeys {
public:
    explicit KeptKeys(const WindowGeometry& geometry) : m_geometry(geometry) {}

    // As after all these tokens, which follow what was seen so far. k, v [batch, kv_heads, tokens, head_dim].
    KeysLeft fill(const at::Tensor& k, const at::Tensor& v);
    // One token; what it pushes out is a view or copy that stays valid until the next call.
    KeysLeft admit(const at::Tensor& k, const at::Tensor& v);

    at::Tensor keys() const; // order of no meaning: [batch, kv_heads, kept, head_dim]
    at::Tensor values() const;
    // The same in the order of the text, once anything was seen; and where in the text they are, [kept] int64.
    at::Tensor orderedKeys() const { return ordered(m_keys); }
    at::Tensor orderedValues() const { return ordered(m_values); }
    at::Tensor positions() const;
    std::int64_t tokens() const { return m_tokens; } // seen
    std::int64_t bytes() const;

private:
    std::int64_t capacity() const { return (m_geometry.terraced ? 2 : 1) * m_geometry.window; }
    std::int64_t sinksKept() const { return std::min(m_tokens, m_geometry.sinks); }
    at::Tensor ordered(const at::Tensor& all) const;
    void allocate(const at::Tensor& k);
    KeysLeft leaving(std::int64_t from, std::int64_t count) const;
    KeysLeft startBlock();

    WindowGeometry m_geometry;
    at::Tensor m_keys; // [batch, kv_heads, sinks + capacity, head_dim]
    at::Tensor m_values;
    std::int64_t m_tokens = 0;   // seen
    std::int64_t m_recent = 0;   // kept besides the sinks
    std::int64_t m_oldest = 0;   // sliding: the slot that is given up next, once all are taken
    std::int64_t m_previous = 0; // terraced: how many of them are of the block before
};

// Bytes of the keys and values of one sequence, float32.
std::int64_t keptKeysBytes(const WindowGeometry& geometry, std::int64_t kvHeads, std::int64_t headDim);
// True once a sequence of so many tokens has keys that are neither sinks nor in the window of its last token.
bool anyLeft(const WindowGeometry& geometry, std::int64_t tokens);

} // namespace lolcats
