// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/window_only.h"

#include "core/attention/chunks.h"
#include "core/attention/window_chunks.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

// The sinks, then the keys from `first` on.
struct WindowOnlyState final : MixerState {
    std::int64_t bytes() const override {
        return keys.defined() ? 2 * keys.numel() * static_cast<std::int64_t>(keys.element_size()) : 0;
    }
    at::Tensor keys, values; // [batch, kv_heads, kept, head_dim]
    std::int64_t tokens = 0; // seen
    std::int64_t first = 0;
};

class WindowOnly final : public AttentionMixer {
public:
    WindowOnly(const MixerShape& shape, const WindowGeometry& geometry)
        : m_shape(shape), m_geometry(geometry), m_masks(makeChunkMasks(geometry, shape.heads / shape.kvHeads, shape.tensors)) {}

    at::Tensor mix(const AttentionInputs& inputs) const override {
        const at::ScalarType type = computeType(inputs.q);
        const at::Tensor scores = windowScores(inputs.q.to(type), inputs.k.to(type), m_geometry, m_masks);
        const at::Tensor v = windowSpan(intoChunks(inputs.v.to(type), m_masks.chunk, 1), m_geometry.sinks);
        const at::Tensor y = at::matmul(at::softmax(scores, -1), v);
        const at::Tensor byHead = y.reshape({y.size(0), y.size(1), m_shape.heads, m_masks.chunk, m_shape.headDim});
        return fromChunks(byHead, inputs.q.size(2)).to(inputs.q.scalar_type());
    }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::ScalarType type = computeType(inputs.q);
        const at::Tensor seen = softmaxKeys(m_geometry, first, count, inputs.q.device());
        const at::Tensor k = repeatHeads(inputs.k.narrow(2, 0, first + count).to(type), m_shape.heads);
        const at::Tensor scores = at::matmul(inputs.q.narrow(2, first, count).to(type) * scale(), k.transpose(2, 3));
        return {at::softmax(scores.masked_fill(~seen, -std::numeric_limits<double>::infinity()), -1), {}};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<WindowOnlyState>(); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        admit(inputs, static_cast<WindowOnlyState&>(state));
        return mix(inputs);
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        auto& window = static_cast<WindowOnlyState&>(state);
        admit(inputs, window);
        const at::Tensor q = inputs.q.reshape({inputs.q.size(0), m_shape.kvHeads, -1, m_shape.headDim});
        const at::Tensor weights = at::softmax(at::matmul(q * scale(), window.keys.transpose(2, 3)), -1);
        return at::matmul(weights, window.values).reshape(inputs.q.sizes());
    }

    std::int64_t window() const override { return m_geometry.window; }
    std::int64_t sinks() const override { return m_geometry.sinks; }

    std::int64_t stateBytes(std::int64_t tokens) const override {
        if (tokens == 0)
            return 0;
        const std::int64_t first = windowStart(m_geometry, tokens - 1);
        const std::int64_t kept = std::min(m_geometry.sinks, first) + tokens - first;
        return 2 * m_shape.kvHeads * kept * m_shape.headDim * static_cast<std::int64_t>(sizeof(float));
    }

private:
    double scale() const { return 1 / std::sqrt(static_cast<double>(m_shape.headDim)); }

    void admit(const AttentionInputs& inputs, WindowOnlyState& state) const {
        const at::NoGradGuard guard;
        const bool empty = state.tokens == 0;
        const at::Tensor keys = empty ? inputs.k : at::cat({state.keys, inputs.k}, 2);
        const at::Tensor values = empty ? inputs.v : at::cat({state.values, inputs.v}, 2);
        state.tokens += inputs.k.size(2);
        const std::int64_t keptSinks = std::min(m_geometry.sinks, state.first);
        const std::int64_t first = std::max(state.first, windowStart(m_geometry, state.tokens - 1));
        const std::int64_t sinks = std::min(m_geometry.sinks, first), from = keptSinks + first - state.first;
        const auto kept = [&](const at::Tensor& all) {
            return at::cat({all.narrow(2, 0, sinks), all.narrow(2, from, all.size(2) - from)}, 2);
        };
        state.keys = kept(keys);
        state.values = kept(values);
        state.first = first;
    }

    MixerShape m_shape;
    WindowGeometry m_geometry;
    ChunkMasks m_masks;
};

} // namespace

std::unique_ptr<AttentionMixer> makeWindowOnly(const MixerShape& shape, const WindowGeometry& geometry) {
    return std::make_unique<WindowOnly>(shape, geometry);
}

} // namespace lolcats
