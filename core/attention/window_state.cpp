// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_state.h"

#include "core/attention/chunks.h"

#include <torch/types.h>

namespace lolcats {

std::int64_t WindowState::bytes() const {
    return m_kept.bytes() +
           (m_sums.defined() ? m_sums.numel() * static_cast<std::int64_t>(m_sums.element_size()) : std::int64_t{0});
}

void WindowState::add(const KeysLeft& left, const FeatureMap& map, std::int64_t heads) {
    if (left.count() == 0)
        return;
    const at::Tensor added = stateOf(map.keys(repeatHeads(left.k, heads)), withOnes(repeatHeads(left.v, heads)));
    m_sums = m_sums.defined() ? m_sums.add_(added) : added;
}

void WindowState::admit(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads) {
    add(k.size(2) == 1 ? m_kept.admit(k, v) : m_kept.fill(k, v), map, heads);
}

std::int64_t windowStateBytes(const WindowGeometry& geometry, const MixerShape& shape, std::int64_t features,
                              std::int64_t tokens) {
    if (tokens == 0)
        return 0;
    const std::int64_t sums =
        anyLeft(geometry, tokens) ? shape.heads * features * (shape.headDim + 1) * static_cast<std::int64_t>(sizeof(float)) : 0;
    return keptKeysBytes(geometry, shape.kvHeads, shape.headDim) + sums;
}

} // namespace lolcats
