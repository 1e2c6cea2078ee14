// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/weights_cross_entropy.h"

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

#include <algorithm>

namespace lolcats {

namespace {

constexpr std::int64_t kRows = 128;       // of queries in one piece
constexpr double kSmallestWeight = 1e-12; // of the published trainer

at::Tensor wholeWeights(const AttentionMixer& mixer, const AttentionInputs& inputs, std::int64_t first, std::int64_t count) {
    const AttentionWeights weights = mixer.weightRows(inputs, first, count);
    return weights.linear.defined() ? weights.softmax + weights.linear : weights.softmax;
}

} // namespace

double weightsCrossEntropy(const AttentionMixer& teacher, const AttentionMixer& student, const AttentionInputs& inputs,
                           double share) {
    const std::int64_t tokens = inputs.q.size(2);
    const auto queries = static_cast<double>(inputs.q.size(0) * inputs.q.size(1) * tokens);
    double sum = 0;
    for (std::int64_t first = 0; first < tokens; first += kRows) {
        const std::int64_t count = std::min(kRows, tokens - first);
        at::Tensor wanted;
        {
            const at::NoGradGuard guard;
            wanted = wholeWeights(teacher, inputs, first, count);
        }
        const at::AutoGradMode learning(share > 0);
        const at::Tensor found = wholeWeights(student, inputs, first, count).clamp_min(kSmallestWeight);
        const double later = static_cast<double>(tokens - first - count) * kSmallestWeight; // keys behind this piece
        const at::Tensor logFound = found.log() - (found.sum(-1, true) + later).log();
        const at::Tensor loss = -(wanted * logFound).sum();
        sum += loss.item<double>();
        if (loss.requires_grad())
            (loss * (share / queries)).backward();
    }
    return sum / queries;
}

} // namespace lolcats
