// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The operations inside a block, as functions of tensors. Sums and norms are float32 (float64 for a float64 model) whatever the
// weights are stored as; the cast to the weights' type happens at the door of each product.

#include "core/model/decoder_model.h"

#include <ATen/core/Tensor.h>

#include <string>

namespace lolcats {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps);
// x W^T + b in the weight's type, given back in the type of x.
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
// The same with the adapter's share.
at::Tensor projected(const at::Tensor& x, const Projection& projection);
// Refuses a word that the decoder does not know (CFG-ACTIVATION).
at::Tensor activated(const at::Tensor& x, const std::string& activation);
// x [batch, tokens, hidden]. With experts: those that the router ranks highest for a token, weighted by the softmax of their
// scores among themselves.
at::Tensor feedForward(const at::Tensor& x, const DecoderBlock& block, const DecoderShape& shape);

} // namespace lolcats
