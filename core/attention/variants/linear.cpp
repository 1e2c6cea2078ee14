// SPDX-License-Identifier: GPL-3.0-or-later
// Linear attention alone: y_i = sum over j <= i of phi_q(q_i).phi_k(k_j) v_j, over the sum of the same without v_j.
#include "core/attention/attention.h"
#include "core/attention/chunks.h"
#include "core/attention/plain_loops.h"

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

namespace lolcats {

AttentionPart linearPart();

namespace {

constexpr std::int64_t kChunk = 64;
// As in the published code for all tokens at once. Its decoding leaves it out, and then a query without a feature above the
// floor is answered in two ways.
constexpr double kEpsilon = 1e-12;

class LinearState final : public MixerState {
public:
    std::int64_t bytes() const override { return sums.defined() ? sums.numel() * sums.element_size() : 0; }

    at::Tensor sums; // [batch, heads, features, head_dim + 1]: phi_k v^T, and phi_k in the last column
};

at::Tensor divided(const at::Tensor& sums, std::int64_t headDim) {
    return sums.narrow(-1, 0, headDim) / (sums.narrow(-1, headDim, 1) + kEpsilon);
}

class LinearAttention final : public AttentionMixer {
public:
    LinearAttention(const MixerShape& shape, std::unique_ptr<FeatureMap> map) : m_shape(shape), m_map(std::move(map)) {}

    at::Tensor mix(const AttentionInputs& inputs) const override { return mixedBehind(inputs, {}); }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::Tensor phiK = m_map->keys(repeatHeads(inputs.k.narrow(2, 0, first + count), m_shape.heads));
        const at::Tensor products =
            at::matmul(m_map->queries(inputs.q.narrow(2, first, count)), phiK.transpose(2, 3)).tril(first);
        const at::Tensor weights = products / (products.sum(-1, true) + kEpsilon);
        return {at::zeros_like(weights), weights};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<LinearState>(); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& linear = static_cast<LinearState&>(state);
        const at::Tensor y = mixedBehind(inputs, linear.sums);
        add(inputs, linear);
        return y;
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& linear = static_cast<LinearState&>(state);
        add(inputs, linear);
        const at::Tensor sums = at::matmul(m_map->queries(inputs.q), linear.sums);
        return divided(sums, m_shape.headDim).to(inputs.q.scalar_type());
    }

    at::Tensor plainLoops(const AttentionInputs& inputs, std::int64_t head) const override {
        PlainHybrid plain;
        plain.epsilon = kEpsilon;
        return plainHead(plain, *m_map, inputs, head);
    }

    std::vector<NamedTensor> maps() const override { return m_map->parameters(); }

    std::int64_t stateBytes(std::int64_t) const override {
        return m_shape.heads * m_map->features() * (m_shape.headDim + 1) * static_cast<std::int64_t>(sizeof(float));
    }

private:
    // `before`: the sums of what precedes these tokens; undefined where nothing does.
    at::Tensor mixedBehind(const AttentionInputs& inputs, const at::Tensor& before) const {
        const at::Tensor phiQ = intoChunks(m_map->queries(inputs.q), kChunk, 0);
        const at::Tensor phiK = intoChunks(m_map->keys(repeatHeads(inputs.k, m_shape.heads)), kChunk, 0);
        const at::Tensor v = intoChunks(values(inputs), kChunk, 0);
        const at::Tensor own = at::matmul(at::matmul(phiQ, phiK.transpose(3, 4)).tril(), v);
        at::Tensor sums = own + readStates(phiQ, phiK, v, 1);
        if (before.defined())
            sums = sums + at::matmul(phiQ, before);
        return fromChunks(divided(sums, m_shape.headDim), inputs.q.size(2)).to(inputs.q.scalar_type());
    }

    at::Tensor values(const AttentionInputs& inputs) const {
        return withOnes(repeatHeads(inputs.v.to(computeType(inputs.q)), m_shape.heads));
    }

    void add(const AttentionInputs& inputs, LinearState& state) const {
        const at::Tensor added = stateOf(m_map->keys(repeatHeads(inputs.k, m_shape.heads)), values(inputs));
        state.sums = state.sums.defined() ? state.sums.add_(added) : added;
    }

    MixerShape m_shape;
    std::unique_ptr<FeatureMap> m_map;
};

} // namespace

AttentionPart linearPart() {
    return {{"linear",
             "Linear",
             "Feature maps alone, without a window: the smallest state and the poorest copy of softmax attention.",
             {}},
            true,
            [](const MixerShape& shape, const std::string& featureMap,
               const OptionValues& options) -> std::unique_ptr<AttentionMixer> {
                const FeatureMapShape mapShape{shape.heads, shape.headDim, shape.seed, shape.tensors};
                return std::make_unique<LinearAttention>(shape, makeFeatureMap(featureMap, mapShape, options));
            }};
}

} // namespace lolcats
