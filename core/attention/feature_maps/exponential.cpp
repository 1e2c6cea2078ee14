// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = [exp(z - max z), exp(min z - z)], extremes over the features, each feature at least 1e-12. Gradients flow through
// the extremes: they are part of the map.
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart exponentialPart();

FeatureMapPart exponentialPart() {
    return {
        {"exp", "Exponential",
         "A learned map for each head, then the exponential of its columns and of their negatives, the largest of each taken "
         "out: as Hedgehog, without its sum.",
         signedKernelOptions()},
        [](const FeatureMapShape& shape, const OptionValues& values) {
            return makeKernelMap(shape, values, [](const at::Tensor& z) {
                return at::clamp_min(at::exp(z - at::amax(z, -1, true)), kSmallestFeature);
            });
        }};
}

} // namespace lolcats
