// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/kept_keys.h"

#include "core/attention/chunks.h"

#include <algorithm>
#include <torch/types.h>
#include <utility>

namespace lolcats {

std::int64_t KeptKeys::bytes() const {
    return m_keys.defined() ? 2 * m_keys.numel() * static_cast<std::int64_t>(m_keys.element_size()) : 0;
}

at::Tensor KeptKeys::keys() const {
    return m_keys.narrow(2, 0, sinksKept() + m_recent);
}

at::Tensor KeptKeys::values() const {
    return m_values.narrow(2, 0, sinksKept() + m_recent);
}

// The ring of a sliding window begins at its oldest.
at::Tensor KeptKeys::ordered(const at::Tensor& all) const {
    const at::Tensor kept = all.narrow(2, 0, sinksKept() + m_recent);
    if (m_oldest == 0)
        return kept;
    const std::int64_t sinks = sinksKept();
    return at::cat(
        {kept.narrow(2, 0, sinks), kept.narrow(2, sinks + m_oldest, m_recent - m_oldest), kept.narrow(2, sinks, m_oldest)}, 2);
}

at::Tensor KeptKeys::positions() const {
    const at::TensorOptions whole = at::device(m_keys.device()).dtype(at::kLong);
    return at::cat({at::arange(sinksKept(), whole), at::arange(m_tokens - m_recent, m_tokens, whole)});
}

void KeptKeys::allocate(const at::Tensor& k) {
    if (m_keys.defined())
        return;
    m_keys = at::zeros({k.size(0), k.size(1), m_geometry.sinks + capacity(), k.size(3)}, k.options().dtype(computeType(k)));
    m_values = at::zeros_like(m_keys);
}

// What is kept and what is new stand behind each other; but for the gap behind the sinks they are neighbours in the text.
KeysLeft KeptKeys::fill(const at::Tensor& k, const at::Tensor& v) {
    allocate(k);
    const std::int64_t keptSinks = sinksKept(), firstRecent = std::max(keptSinks, m_tokens - m_recent);
    const auto behind = [&](const at::Tensor& kept, const at::Tensor& added) {
        const at::Tensor fresh = added.to(m_keys.scalar_type());
        return m_tokens == 0 ? fresh : at::cat({ordered(kept), fresh}, 2);
    };
    const at::Tensor keys = behind(m_keys, k), values = behind(m_values, v);
    m_tokens += k.size(2);
    const std::int64_t sinks = sinksKept();
    const std::int64_t first = std::max({sinks, firstRecent, windowStart(m_geometry, m_tokens - 1)});
    const auto placeOf = [&](std::int64_t position) { return keptSinks + position - firstRecent; };
    m_recent = m_tokens - first;
    m_oldest = 0;
    for (const auto& [kept, all] : {std::pair{m_keys, keys}, std::pair{m_values, values}}) {
        kept.narrow(2, 0, sinks).copy_(all.narrow(2, 0, sinks));
        kept.narrow(2, sinks, m_recent).copy_(all.narrow(2, placeOf(first), m_recent));
    }
    const std::int64_t block = (m_tokens - 1) / m_geometry.window * m_geometry.window;
    m_previous = std::max<std::int64_t>(0, block - first);
    const std::int64_t from = std::max(sinks, firstRecent);
    if (first == from)
        return {};
    return {keys.narrow(2, placeOf(from), first - from), values.narrow(2, placeOf(from), first - from), from};
}

KeysLeft KeptKeys::leaving(std::int64_t from, std::int64_t count) const {
    if (count == 0)
        return {};
    const std::int64_t slot = m_geometry.sinks + from;
    return {m_keys.narrow(2, slot, count).clone(), m_values.narrow(2, slot, count).clone(), m_tokens - m_recent};
}

// The block before the last one leaves, and what was the own block moves to its place.
KeysLeft KeptKeys::startBlock() {
    const std::int64_t own = m_recent - m_previous;
    const KeysLeft left = leaving(0, m_previous);
    for (const at::Tensor& all : {m_keys, m_values})
        all.narrow(2, m_geometry.sinks, own).copy_(all.narrow(2, m_geometry.sinks + m_previous, own).clone());
    m_previous = own;
    m_recent = own;
    return left;
}

KeysLeft KeptKeys::admit(const at::Tensor& k, const at::Tensor& v) {
    allocate(k);
    KeysLeft left;
    if (m_geometry.terraced && m_tokens % m_geometry.window == 0)
        left = startBlock();
    std::int64_t slot = m_tokens;
    if (m_tokens >= m_geometry.sinks && m_recent < capacity()) {
        slot = m_geometry.sinks + m_recent++;
    } else if (m_tokens >= m_geometry.sinks) {
        slot = m_geometry.sinks + m_oldest;
        left = leaving(m_oldest, 1);
        m_oldest = (m_oldest + 1) % capacity();
    }
    m_keys.narrow(2, slot, 1).copy_(k);
    m_values.narrow(2, slot, 1).copy_(v);
    ++m_tokens;
    return left;
}

std::int64_t keptKeysBytes(const WindowGeometry& geometry, std::int64_t kvHeads, std::int64_t headDim) {
    const std::int64_t kept = geometry.sinks + (geometry.terraced ? 2 : 1) * geometry.window;
    return 2 * kvHeads * kept * headDim * static_cast<std::int64_t>(sizeof(float));
}

bool anyLeft(const WindowGeometry& geometry, std::int64_t tokens) {
    return tokens > 0 && windowStart(geometry, tokens - 1) > geometry.sinks;
}

} // namespace lolcats
