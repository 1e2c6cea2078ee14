// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_state.h"

#include "core/attention/chunks.h"

#include <algorithm>
#include <torch/types.h>

namespace lolcats {

std::int64_t WindowState::bytes() const {
    std::int64_t bytes = 0;
    for (const at::Tensor* tensor : {&m_keys, &m_values, &m_sums})
        if (tensor->defined())
            bytes += tensor->numel() * tensor->element_size();
    return bytes;
}

at::Tensor WindowState::keys() const {
    return m_keys.narrow(2, 0, std::min(m_tokens, m_geometry.sinks) + m_recent);
}

at::Tensor WindowState::values() const {
    return m_values.narrow(2, 0, std::min(m_tokens, m_geometry.sinks) + m_recent);
}

void WindowState::allocate(const at::Tensor& k) {
    if (m_keys.defined())
        return;
    m_keys = at::zeros({k.size(0), k.size(1), m_geometry.sinks + capacity(), k.size(3)}, k.options().dtype(computeType(k)));
    m_values = at::zeros_like(m_keys);
}

void WindowState::leave(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads) {
    if (k.size(2) == 0)
        return;
    const at::Tensor added = stateOf(map.keys(repeatHeads(k, heads)), withOnes(repeatHeads(v, heads)));
    m_sums = m_sums.defined() ? m_sums.add_(added) : added;
}

void WindowState::fill(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads) {
    allocate(k);
    const std::int64_t tokens = k.size(2);
    const std::int64_t sinks = std::min(tokens, m_geometry.sinks);
    const std::int64_t first = std::max(sinks, windowStart(m_geometry, tokens - 1));
    const at::Tensor keys = k.to(m_keys.scalar_type());
    const at::Tensor values = v.to(m_keys.scalar_type());
    leave(keys.narrow(2, sinks, first - sinks), values.narrow(2, sinks, first - sinks), map, heads);
    m_recent = tokens - first;
    for (const auto& [kept, all] : {std::pair{m_keys, keys}, std::pair{m_values, values}}) {
        kept.narrow(2, 0, sinks).copy_(all.narrow(2, 0, sinks));
        kept.narrow(2, sinks, m_recent).copy_(all.narrow(2, first, m_recent));
    }
    m_tokens = tokens;
    const std::int64_t block = (tokens - 1) / m_geometry.window * m_geometry.window;
    m_previous = std::max<std::int64_t>(0, block - first);
}

void WindowState::startBlock(const FeatureMap& map, std::int64_t heads) {
    const std::int64_t own = m_recent - m_previous;
    const auto recent = [&](const at::Tensor& all, std::int64_t from, std::int64_t count) {
        return all.narrow(2, m_geometry.sinks + from, count);
    };
    leave(recent(m_keys, 0, m_previous), recent(m_values, 0, m_previous), map, heads);
    for (const at::Tensor& all : {m_keys, m_values})
        recent(all, 0, own).copy_(recent(all, m_previous, own).clone());
    m_previous = own;
    m_recent = own;
}

std::int64_t WindowState::freeSlot(const FeatureMap& map, std::int64_t heads) {
    if (m_tokens < m_geometry.sinks)
        return m_tokens;
    if (m_recent < capacity())
        return m_geometry.sinks + m_recent++;
    const std::int64_t slot = m_geometry.sinks + m_oldest;
    leave(m_keys.narrow(2, slot, 1), m_values.narrow(2, slot, 1), map, heads);
    m_oldest = (m_oldest + 1) % capacity();
    return slot;
}

void WindowState::admit(const at::Tensor& k, const at::Tensor& v, const FeatureMap& map, std::int64_t heads) {
    allocate(k);
    if (m_geometry.terraced && m_tokens % m_geometry.window == 0)
        startBlock(map, heads);
    const std::int64_t slot = freeSlot(map, heads);
    m_keys.narrow(2, slot, 1).copy_(k);
    m_values.narrow(2, slot, 1).copy_(v);
    ++m_tokens;
}

std::int64_t windowStateBytes(const WindowGeometry& geometry, const MixerShape& shape, std::int64_t features,
                              std::int64_t tokens) {
    if (tokens == 0)
        return 0;
    const std::int64_t kept = geometry.sinks + (geometry.terraced ? 2 : 1) * geometry.window;
    const std::int64_t window = 2 * shape.kvHeads * kept * shape.headDim;
    const bool anyLeft = std::max(geometry.sinks, windowStart(geometry, tokens - 1)) > geometry.sinks;
    const std::int64_t sums = anyLeft ? shape.heads * features * (shape.headDim + 1) : 0;
    return (window + sums) * static_cast<std::int64_t>(sizeof(float));
}

} // namespace lolcats
