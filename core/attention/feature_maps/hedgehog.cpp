// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = [softmax(z), softmax(-z)], the softmaxes over the features, each feature at least 1e-12 (Hedgehog, as the
// LoLCATs code has it).
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart hedgehogPart();

namespace {

at::Tensor half(const at::Tensor& z) {
    return at::clamp_min(at::softmax(z, -1), kSmallestFeature);
}

at::Tensor full(const at::Tensor& z) {
    return half(at::stack({z, -z}, -2)).flatten(-2);
}

std::vector<OptionDescription> options() {
    std::vector<OptionDescription> all = kernelOptions("affine");
    all.push_back(signsOption());
    return all;
}

} // namespace

FeatureMapPart hedgehogPart() {
    return {{"hedgehog", "Hedgehog",
             "A learned map for each head, then softmax over its columns and over their negatives: features that are spiky as "
             "softmax attention is.",
             options()},
            [](const FeatureMapShape& shape, const OptionValues& values) {
                return bothSigns(values) ? makeKernelMap(shape, values, full, 2) : makeKernelMap(shape, values, half, 1);
            }};
}

} // namespace lolcats
