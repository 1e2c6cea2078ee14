// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = max(z, 1e-12), of T2R (Kasai et al. 2021), where z is affine: the published configurations use one bias a head.
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart t2rPart();

FeatureMapPart t2rPart() {
    return {{"t2r", "T2R",
             "A learned map for each head, of which only what is above zero counts: cheap, and poorer than Hedgehog.",
             kernelOptions("affine")},
            [](const FeatureMapShape& shape, const OptionValues& values) {
                return makeKernelMap(shape, values, [](const at::Tensor& z) { return at::clamp_min(z, kSmallestFeature); });
            }};
}

} // namespace lolcats
