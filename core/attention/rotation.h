// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A turn of pairs of entries, half-split: the first half of a head's entries turns with the second.

#include <ATen/core/Tensor.h>

namespace lolcats {

// x [batch, heads, tokens, head_dim]; cosine and sine [tokens or 1, head_dim / 2]. They need not lie on a circle: a mean of
// turns is applied in the same way.
at::Tensor rotated(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine);

} // namespace lolcats
