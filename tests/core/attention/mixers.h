// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Made-up inputs for mixers, and the ways to run them that must agree.

#include "core/attention/attention.h"
#include "core/attention/rotation.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace lolcats::testing {

// Fixed random numbers; each seed others.
inline at::Tensor random(at::IntArrayRef shape, std::uint64_t seed, at::ScalarType type = at::kDouble) {
    at::Generator generator = at::detail::createCPUGenerator(seed);
    return at::empty(shape, at::kDouble).normal_(0, 1, generator).to(type);
}

inline double largestDifference(const at::Tensor& a, const at::Tensor& b) {
    if (a.sizes() != b.sizes())
        return 1e300;
    return a.numel() == 0 ? 0 : (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

// A tensor in the order of plain loops is what they gave.
inline bool isNear(const at::Tensor& ours, const std::vector<double>& plain) {
    return largestDifference(ours.reshape({-1}), at::tensor(plain, at::kDouble)) < 1e-12;
}

// Angles of a step of rotary positions, for heads of six entries.
inline std::vector<double> frequencies() {
    return {1, 0.1, 0.01};
}

// The inputs whose q and k, once rotated, stand at positions 0, 1, 2, …
inline AttentionInputs atPositions(const at::Tensor& plainQ, const at::Tensor& plainK, const at::Tensor& v) {
    const at::Tensor angles =
        at::outer(at::arange(plainQ.size(2), at::dtype(at::kDouble)), at::tensor(frequencies(), at::kDouble));
    return {rotated(plainQ, angles.cos(), angles.sin()), rotated(plainK, angles.cos(), angles.sin()), v, plainQ, plainK};
}

// A prompt of `prompt` tokens (0: none), then one token at a time.
inline at::Tensor decoded(const AttentionMixer& mixer, const AttentionInputs& inputs, std::int64_t prompt) {
    const std::unique_ptr<MixerState> state = mixer.emptyState();
    std::vector<at::Tensor> rows;
    if (prompt > 0)
        rows.push_back(mixer.prefill(tokensOf(inputs, 0, prompt), *state));
    for (std::int64_t i = prompt; i < inputs.q.size(2); ++i)
        rows.push_back(mixer.step(tokensOf(inputs, i, 1), *state));
    return at::cat(rows, 2);
}

inline at::Tensor weightedValues(const AttentionMixer& mixer, const AttentionInputs& inputs) {
    const AttentionWeights weights = mixer.weights(inputs);
    const at::Tensor all = weights.linear.defined() ? weights.softmax + weights.linear : weights.softmax;
    const std::int64_t groups = inputs.q.size(1) / inputs.v.size(1);
    return at::matmul(all, inputs.v.repeat_interleave(groups, 1));
}

} // namespace lolcats::testing
