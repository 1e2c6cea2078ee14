// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What one sequence of the hybrid keeps while decoding: the sinks and the keys of the window, once per key-value head, and the
// sum of all keys that have left the window, per query head.

#include "core/attention/attention.h"
#include "core/attention/kept_keys.h"

namespace lolcats {

class WindowState final : public MixerState {
public:
    explicit WindowState(const WindowGeometry& geometry) : m_kept(geometry) {}
    std::int64_t bytes() const override;

    // Tokens that follow what was seen so far: what they push out of the window is added to the sums. k, v [batch, kv_heads,
    // tokens, head_dim].
    void admit(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads);

    at::Tensor keys() const { return m_kept.keys(); } // order of no meaning
    at::Tensor values() const { return m_kept.values(); }
    at::Tensor orderedKeys() const { return m_kept.orderedKeys(); } // as they stand in the text, and where that is
    at::Tensor orderedValues() const { return m_kept.orderedValues(); }
    at::Tensor positions() const { return m_kept.positions(); }
    std::int64_t tokens() const { return m_kept.tokens(); } // seen
    // [batch, heads, features, head_dim + 1]; undefined while nothing has left
    const at::Tensor& sums() const { return m_sums; }

private:
    void add(const KeysLeft& left, const FeatureMap& map, std::int64_t heads);

    KeptKeys m_kept;
    at::Tensor m_sums;
};

// Once `tokens` were seen, one sequence.
std::int64_t windowStateBytes(const WindowGeometry& geometry, const MixerShape& shape, std::int64_t features,
                              std::int64_t tokens);

} // namespace lolcats
