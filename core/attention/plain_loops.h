// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Mixers in the plain loops of kernels/reference.h. Features are the map's own, in double.

#include "core/attention/attention.h"
#include "core/attention/window_geometry.h"

namespace lolcats {

// All entries in order, as the loops take them.
std::vector<double> numbersOf(const at::Tensor& x);

struct PlainHybrid {
    const WindowGeometry* geometry = nullptr; // null: no window, all keys are linear
    double windowFactor = 1;                  // gamma
    double linearFactor = 1;                  // lambda
    double epsilon = 0;                       // added to the denominator
};
// y of one head of the first sequence, [tokens, head_dim], float64 on the CPU.
at::Tensor plainHead(const PlainHybrid& hybrid, const FeatureMap& map, const AttentionInputs& inputs, std::int64_t head);

} // namespace lolcats
