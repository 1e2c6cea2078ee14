// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = [exp(z - max z), exp(min z - z)], extremes over the features, each feature at least 1e-12. Gradients flow through
// the extremes: they are part of the map.
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart exponentialPart();

namespace {

at::Tensor half(const at::Tensor& z) {
    return at::clamp_min(at::exp(z - at::amax(z, -1, true)), kSmallestFeature);
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

FeatureMapPart exponentialPart() {
    return {
        {"exp", "Exponential",
         "A learned map for each head, then the exponential of its columns and of their negatives, the largest of each taken "
         "out: as Hedgehog, without its sum.",
         options()},
        [](const FeatureMapShape& shape, const OptionValues& values) {
            return bothSigns(values) ? makeKernelMap(shape, values, full, 2) : makeKernelMap(shape, values, half, 1);
        }};
}

} // namespace lolcats
