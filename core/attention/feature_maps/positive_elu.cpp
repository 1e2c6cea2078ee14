// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = 1 + elu(z), of Katharopoulos et al. 2020, at least 1e-12. Their own z is x; the published code learns it.
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart positiveEluPart();

FeatureMapPart positiveEluPart() {
    return {
        {"positive_elu", "Positive ELU",
         "One plus ELU of each number of a query or key. As it stands nothing is learned, so only window and linear factors "
         "can be; with the learned part affine or adapter a map comes before it.",
         kernelOptions("none")},
        [](const FeatureMapShape& shape, const OptionValues& values) {
            return makeKernelMap(shape, values,
                                 [](const at::Tensor& z) { return at::clamp_min(at::elu(z) + 1, kSmallestFeature); });
        }};
}

} // namespace lolcats
