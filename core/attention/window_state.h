// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What one sequence of the hybrid keeps while decoding: the sinks and the keys of the window, once per key-value head, and the
// sum of all keys that have left the window, per query head.

#include "core/attention/attention.h"
#include "core/attention/window_geometry.h"

namespace lolcats {

class WindowState final : public MixerState {
public:
    explicit WindowState(const WindowGeometry& geometry) : m_geometry(geometry) {}
    std::int64_t bytes() const override;

    // As after the tokens of a prompt, into an empty state. k, v [batch, kv_heads, tokens, head_dim].
    void fill(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads);
    // One token: what it pushes out of the window is added to the sums.
    void admit(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads);

    at::Tensor keys() const; // softmax part, order of no meaning: [batch, kv_heads, kept, head_dim]
    at::Tensor values() const;
    const at::Tensor& sums() const {
        return m_sums;
    } // [batch, heads, features, head_dim + 1]; undefined while nothing has left

private:
    std::int64_t capacity() const { return (m_geometry.terraced ? 2 : 1) * m_geometry.window; }
    void allocate(const at::Tensor& k);
    void leave(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads);
    void startBlock(const FeatureMap& map, std::int64_t heads);
    std::int64_t freeSlot(const FeatureMap& map, std::int64_t heads);

    WindowGeometry m_geometry;
    at::Tensor m_keys; // [batch, kv_heads, sinks + capacity, head_dim]
    at::Tensor m_values;
    at::Tensor m_sums;
    std::int64_t m_tokens = 0;   // seen
    std::int64_t m_recent = 0;   // kept besides the sinks
    std::int64_t m_oldest = 0;   // sliding: the slot that is given up next, once all are taken
    std::int64_t m_previous = 0; // terraced: how many of them are of the block before
};

// Once `tokens` were seen, one sequence.
std::int64_t windowStateBytes(const WindowGeometry& geometry, const MixerShape& shape, std::int64_t features,
                              std::int64_t tokens);

} // namespace lolcats
