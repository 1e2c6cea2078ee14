// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rotary.h"

#include <ATen/ATen.h>

#include <vector>

namespace lolcats {

at::Tensor frequencyTensor(const RopeShape& rope, std::int64_t headDim, const at::TensorOptions& options) {
    return at::tensor(inverseFrequencies(rope, headDim), at::kDouble).to(options);
}

RotaryAngles rotaryAngles(const at::Tensor& frequencies, std::int64_t first, std::int64_t tokens, at::ScalarType dtype) {
    const at::Tensor positions = at::arange(first, first + tokens, frequencies.options().dtype(at::kDouble));
    const at::Tensor angles = at::outer(positions, frequencies.to(at::kDouble));
    return {angles.cos().to(dtype), angles.sin().to(dtype)};
}

at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
    const std::vector<at::Tensor> halves = x.chunk(2, -1);
    return at::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
}

} // namespace lolcats
