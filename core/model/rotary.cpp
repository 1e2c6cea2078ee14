// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rotary.h"

#include <ATen/ATen.h>

namespace lolcats {

at::Tensor frequencyTensor(const RopeShape& rope, std::int64_t headDim, std::int64_t length, const at::TensorOptions& options) {
    const at::Tensor exact = at::tensor(inverseFrequencies(rope, headDim, length), at::kDouble);
    return (rope.bfloat16Frequencies ? exact.to(at::kFloat).to(at::kBFloat16) : exact).to(options);
}

std::vector<double> fixedFrequencies(const RopeShape& rope, std::int64_t headDim) {
    if (rope.type == "dynamic")
        return {};
    const at::Tensor frequencies = frequencyTensor(rope, headDim, 0, at::dtype(at::kFloat)).to(at::kDouble);
    return {frequencies.const_data_ptr<double>(), frequencies.const_data_ptr<double>() + frequencies.numel()};
}

RotaryAngles rotaryAngles(const RopeShape& rope, std::int64_t headDim, std::int64_t first, std::int64_t tokens,
                          const at::TensorOptions& options) {
    const at::Tensor frequencies = frequencyTensor(rope, headDim, first + tokens, options).to(at::kDouble);
    const at::Tensor positions = at::arange(first, first + tokens, frequencies.options());
    const at::Tensor angles = at::outer(positions, frequencies);
    const auto type = at::typeMetaToScalarType(options.dtype());
    return {(angles.cos() * rope.attentionFactor).to(type), (angles.sin() * rope.attentionFactor).to(type),
            rope.attentionFactor};
}

} // namespace lolcats
