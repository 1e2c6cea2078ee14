// SPDX-License-Identifier: GPL-3.0-or-later
// The LoLCATs layer: softmax inside the window and on the sinks, features outside, one denominator for both (equation 7 of the
// LoLCATs paper; `hybridAttention` in kernels/reference.h says it in plain loops). The row's maximum is taken out of the
// softmax part only. That makes it part of the model and not only a guard against overflow: gradients flow through it.
#include "core/attention/attention.h"
#include "core/attention/chunks.h"
#include "core/attention/hybrid_options.h"
#include "core/attention/plain_loops.h"
#include "core/attention/window_chunks.h"
#include "core/attention/window_state.h"
#include "core/attention/window_sums.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

namespace lolcats {

AttentionPart hybridPart();

namespace {

at::Tensor perHead(const MixerShape& shape, double value, bool learned) {
    return at::full({1, shape.heads, 1, 1}, value, shape.tensors).set_requires_grad(learned);
}

// As published, decoding slides whatever the window's shape in training (Q3); ours goes on as it trained.
WindowGeometry decodeGeometry(const HybridSettings& settings) {
    WindowGeometry geometry = settings.geometry;
    geometry.terraced = geometry.terraced && !geometry.endAligned && settings.decodeWindow == 0;
    geometry.endAligned = false;
    if (settings.decodeWindow > 0)
        geometry.window = settings.decodeWindow;
    return geometry;
}

class HybridAttention final : public AttentionMixer {
public:
    HybridAttention(const MixerShape& shape, const HybridSettings& settings, std::unique_ptr<FeatureMap> map)
        : m_shape(shape), m_settings(settings), m_geometry(settings.geometry), m_decodeGeometry(decodeGeometry(settings)),
          m_map(std::move(map)), m_masks(makeChunkMasks(m_geometry, shape.heads / shape.kvHeads, shape.tensors)),
          m_theta(perHead(shape, std::log(settings.windowFactor / (1 - settings.windowFactor)), settings.learnsWindow())),
          m_logLambda(perHead(shape, std::log(settings.linearFactor), settings.learnsLinear())) {}

    at::Tensor mix(const AttentionInputs& inputs) const override {
        const std::int64_t tokens = inputs.q.size(2), chunk = m_settings.textChunk > 0 ? m_settings.textChunk : tokens;
        std::vector<at::Tensor> rows;
        at::Tensor before; // the sums of all earlier chunks of the text
        for (std::int64_t first = 0; first < tokens; first += chunk) {
            const AttentionInputs piece = tokensOf(inputs, first, std::min(chunk, tokens - first));
            WindowSums sums = windowSums(piece, m_shape, m_geometry, masksFor(piece.q.size(2)), *m_map);
            if (before.defined())
                sums.linear = sums.linear + at::matmul(m_map->queries(piece.q), before);
            rows.push_back(combined(sums.softmax, sums.linear, massOf(piece)).to(inputs.q.scalar_type()));
            if (first + chunk >= tokens)
                break;
            const at::Tensor values = withOnes(repeatHeads(piece.v.to(computeType(piece.q)), m_shape.heads));
            const at::Tensor added = stateOf(m_map->keys(repeatHeads(piece.k, m_shape.heads)), values);
            before = before.defined() ? before + added : added;
        }
        return rows.size() == 1 ? rows.front() : at::cat(rows, 2);
    }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::ScalarType type = computeType(inputs.q);
        const KeyKinds kinds = keyKinds(m_geometry, m_settings.textChunk, inputs.q.size(2), first, count, inputs.q.device());
        const at::Tensor q = inputs.q.narrow(2, first, count);
        const at::Tensor k = repeatHeads(inputs.k.narrow(2, 0, first + count).to(type), m_shape.heads);
        const at::Tensor softmax = softmaxWeights(q, k, kinds.softmax);
        const at::Tensor products = at::matmul(m_map->queries(q), m_map->keys(k).transpose(2, 3));
        const at::Tensor linear = products.masked_fill(~kinds.linear, 0);
        if (m_settings.ratio) {
            const at::Tensor mass = products.tril(first).sum(-1, true);
            const at::Tensor left = 1 - linear.sum(-1, true) / mass;
            return {left * softmax / softmax.sum(-1, true), linear / mass};
        }
        const at::Tensor near = gamma(type) * softmax, far = lambda(type) * linear;
        const at::Tensor sums = near.sum(-1, true) + far.sum(-1, true);
        return {near / sums, far / sums};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<WindowState>(m_decodeGeometry); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& window = static_cast<WindowState&>(state);
        if (window.tokens() == 0) {
            window.admit(inputs.k, inputs.v, *m_map, m_shape.heads);
            return mix(inputs);
        }
        return mixedInPieces(inputs, [&](const AttentionInputs& piece) { return mixedBehind(piece, window); });
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& window = static_cast<WindowState&>(state);
        window.admit(inputs.k, inputs.v, *m_map, m_shape.heads);
        const at::ScalarType type = computeType(inputs.q);
        // The queries of one key-value head stand as rows of one product.
        const std::vector<std::int64_t> grouped = {inputs.q.size(0), m_shape.kvHeads, -1, m_shape.headDim};
        const at::Tensor q = inputs.q.to(type).reshape(grouped) * scale();
        const at::Tensor e = shiftedExp(at::matmul(q, window.keys().transpose(2, 3)));
        const at::Tensor softmax = at::matmul(e, withOnes(window.values())).reshape({q.size(0), m_shape.heads, 1, -1});
        if (!window.sums().defined()) // the window alone: its factor cancels
            return divided(softmax).to(inputs.q.scalar_type());
        const at::Tensor phiQ = m_map->queries(inputs.q);
        const at::Tensor linear = at::matmul(phiQ, window.sums());
        at::Tensor mass;
        if (m_settings.ratio) {
            const at::Tensor kept = m_map->keys(repeatHeads(window.keys(), m_shape.heads)).sum(2, true);
            mass = linear.narrow(-1, m_shape.headDim, 1) + (phiQ * kept).sum(-1, true);
        }
        return combined(softmax, linear, mass).to(inputs.q.scalar_type());
    }

    at::Tensor plainLoops(const AttentionInputs& inputs, std::int64_t head) const override {
        if (m_settings.isPublishedForm())
            return {};
        PlainHybrid plain;
        plain.geometry = &m_geometry;
        plain.windowFactor = gamma(at::kDouble).flatten()[head].item<double>();
        plain.linearFactor = lambda(at::kDouble).flatten()[head].item<double>();
        return plainHead(plain, *m_map, inputs, head);
    }

    std::vector<NamedTensor> maps() const override { return m_map->parameters(); }

    std::vector<NamedTensor> factors() const override {
        std::vector<NamedTensor> learned;
        if (m_settings.learnsWindow())
            learned.push_back({"window_factor", m_theta});
        if (m_settings.learnsLinear())
            learned.push_back({"linear_factor", m_logLambda});
        return learned;
    }

    bool decodesAsItTrains() const override {
        return m_decodeGeometry.window == m_geometry.window && m_decodeGeometry.terraced == m_geometry.terraced &&
               m_settings.textChunk == 0;
    }
    std::int64_t window() const override { return m_geometry.window; }
    std::int64_t sinks() const override { return m_geometry.sinks; }

    std::int64_t stateBytes(std::int64_t tokens) const override {
        return windowStateBytes(m_decodeGeometry, m_shape, m_map->features(), tokens);
    }

private:
    double scale() const { return 1 / std::sqrt(static_cast<double>(m_shape.headDim)); }
    at::Tensor gamma(at::ScalarType type) const { return at::sigmoid(m_theta.to(type)); }
    at::Tensor lambda(at::ScalarType type) const { return m_settings.affine ? 1 - gamma(type) : at::exp(m_logLambda.to(type)); }

    ChunkMasks masksFor(std::int64_t tokens) const {
        return fittedMasks(m_masks, m_geometry, m_shape.heads / m_shape.kvHeads, m_shape.tensors, tokens);
    }

    // exp(s_ij - c_i) where `seen` is true, else 0. q and k [batch, heads, …].
    at::Tensor softmaxWeights(const at::Tensor& q, const at::Tensor& k, const at::Tensor& seen) const {
        const at::Tensor scores = at::matmul(q.to(k.scalar_type()) * scale(), k.transpose(2, 3));
        return shiftedExp(scores.masked_fill(~seen, -std::numeric_limits<double>::infinity()));
    }

    // Of sums with the weights' own in the last column.
    at::Tensor divided(const at::Tensor& sums) const {
        return sums.narrow(-1, 0, m_shape.headDim) / sums.narrow(-1, m_shape.headDim, 1);
    }

    // `mass`: what linear attention alone would give all causal keys; only the ratio asks for it.
    at::Tensor combined(const at::Tensor& softmax, const at::Tensor& linear, const at::Tensor& mass) const {
        if (!m_settings.ratio)
            return divided(gamma(softmax.scalar_type()) * softmax + lambda(softmax.scalar_type()) * linear);
        const at::Tensor outside = linear / mass;
        return outside.narrow(-1, 0, m_shape.headDim) + (1 - outside.narrow(-1, m_shape.headDim, 1)) * divided(softmax);
    }

    at::Tensor massOf(const AttentionInputs& inputs) const {
        if (!m_settings.ratio)
            return {};
        const at::Tensor phiK = m_map->keys(repeatHeads(inputs.k, m_shape.heads));
        return (m_map->queries(inputs.q) * phiK.cumsum(2)).sum(-1, true);
    }

    // Tokens that follow what the state has seen, all pairs of them and of what it keeps at once.
    at::Tensor mixedBehind(const AttentionInputs& inputs, WindowState& state) const {
        const at::ScalarType type = computeType(inputs.q);
        const std::int64_t seen = state.tokens(), count = inputs.q.size(2);
        const at::Tensor behind = at::arange(seen, seen + count, at::device(inputs.q.device()).dtype(at::kLong));
        const at::Tensor positions = at::cat({state.positions(), behind});
        const at::Tensor near = softmaxKeys(m_decodeGeometry, positions, seen, count);
        const at::Tensor past = positions <= behind.unsqueeze(1);
        const at::Tensor k = repeatHeads(at::cat({state.orderedKeys(), inputs.k.to(type)}, 2), m_shape.heads);
        const at::Tensor v = withOnes(repeatHeads(at::cat({state.orderedValues(), inputs.v.to(type)}, 2), m_shape.heads));
        const at::Tensor softmax = at::matmul(softmaxWeights(inputs.q, k, near), v);
        const at::Tensor phiQ = m_map->queries(inputs.q);
        const at::Tensor products = at::matmul(phiQ, m_map->keys(k).transpose(2, 3)).masked_fill_(~past, 0);
        at::Tensor mass = products.sum(-1, true);
        at::Tensor linear = at::matmul(products.masked_fill(near, 0), v);
        if (state.sums().defined()) {
            const at::Tensor read = at::matmul(phiQ, state.sums());
            mass = mass + read.narrow(-1, m_shape.headDim, 1);
            linear = linear + read;
        }
        state.admit(inputs.k, inputs.v, *m_map, m_shape.heads);
        return combined(softmax, linear, mass).to(inputs.q.scalar_type());
    }

    MixerShape m_shape;
    HybridSettings m_settings;
    WindowGeometry m_geometry;
    WindowGeometry m_decodeGeometry;
    std::unique_ptr<FeatureMap> m_map;
    ChunkMasks m_masks;
    at::Tensor m_theta;     // gamma = sigmoid(theta), [1, heads, 1, 1]
    at::Tensor m_logLambda; // lambda = exp(.), [1, heads, 1, 1]
};

} // namespace

AttentionPart hybridPart() {
    return {
        {"hybrid", "Window and linear",
         "Softmax attention on the last tokens and on the first few, linear attention on all others, over one denominator: the "
         "LoLCATs layer.",
         hybridOptions()},
        true,
        [](const MixerShape& shape, const std::string& featureMap,
           const OptionValues& options) -> std::unique_ptr<AttentionMixer> {
            const FeatureMapShape mapShape{shape.heads, shape.headDim, shape.seed, shape.tensors};
            return std::make_unique<HybridAttention>(shape, hybridSettings(options),
                                                     makeFeatureMap(featureMap, mapShape, options));
        }};
}

} // namespace lolcats
