// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rotary positions: the turn of rotation.h by angles that grow with the position.

#include "core/attention/rotation.h"
#include "core/families/decoder_shape.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace lolcats {

struct RotaryAngles {
    at::Tensor cosine; // [tokens, head_dim / 2]
    at::Tensor sine;
    double factor = 1; // by which both are multiplied
};

// [head_dim / 2]; float32 as the published models have them, float64 for a float64 model, bfloat16's values where the shape
// says so. `length`: of the text so far, which the dynamic kind looks at.
at::Tensor frequencyTensor(const RopeShape& rope, std::int64_t headDim, std::int64_t length, const at::TensorOptions& options);
// The same as numbers, for parts that turn on their own; none where the angles change with the length of the text.
std::vector<double> fixedFrequencies(const RopeShape& rope, std::int64_t headDim);
// Of positions first .. first + tokens - 1, multiplied by the attention factor. Angles in double, so that far positions lose
// nothing.
RotaryAngles rotaryAngles(const RopeShape& rope, std::int64_t headDim, std::int64_t first, std::int64_t tokens,
                          const at::TensorOptions& options);

} // namespace lolcats
