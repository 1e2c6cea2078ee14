// SPDX-License-Identifier: GPL-3.0-or-later
// phi(x) = [softmax(z), softmax(-z)], the softmaxes over the features, each feature at least 1e-12 (Hedgehog, as the
// LoLCATs code has it).
#include "core/attention/learned_kernel.h"

#include <torch/types.h>

namespace lolcats {

FeatureMapPart hedgehogPart();

FeatureMapPart hedgehogPart() {
    return {{"hedgehog", "Hedgehog",
             "A learned map for each head, then softmax over its columns and over their negatives: features that are spiky as "
             "softmax attention is.",
             signedKernelOptions()},
            [](const FeatureMapShape& shape, const OptionValues& values) {
                return makeKernelMap(shape, values,
                                     [](const at::Tensor& z) { return at::clamp_min(at::softmax(z, -1), kSmallestFeature); });
            }};
}

} // namespace lolcats
