// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/rotation.h"

#include <torch/types.h>

#include <vector>

namespace lolcats {

at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine) {
    const std::vector<at::Tensor> halves = x.chunk(2, -1);
    return at::cat({halves[0] * cosine - halves[1] * sine, halves[1] * cosine + halves[0] * sine}, -1);
}

} // namespace lolcats
