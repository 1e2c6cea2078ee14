// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/plain_loops.h"

#include "core/attention/chunks.h"
#include "kernels/reference.h"

#include <algorithm>
#include <functional>

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

namespace lolcats {

namespace {

constexpr std::int64_t kPiece = 1024; // tokens whose features are made together, for all heads

// Maps take all heads together, so long texts are mapped in pieces.
std::vector<double> featuresOf(const at::Tensor& x, std::int64_t head,
                               const std::function<at::Tensor(const at::Tensor&)>& map) {
    std::vector<double> all;
    for (std::int64_t first = 0; first < x.size(2); first += kPiece) {
        const at::Tensor piece = x.narrow(0, 0, 1).narrow(2, first, std::min(kPiece, x.size(2) - first)).to(at::kDouble);
        const std::vector<double> features = numbersOf(map(piece)[0][head]);
        all.insert(all.end(), features.begin(), features.end());
    }
    return all;
}

} // namespace

std::vector<double> numbersOf(const at::Tensor& x) {
    const at::Tensor plain = x.to(at::kCPU, at::kDouble).contiguous();
    return {plain.const_data_ptr<double>(), plain.const_data_ptr<double>() + plain.numel()};
}

at::Tensor plainHead(const PlainHybrid& hybrid, const FeatureMap& map, const AttentionInputs& inputs, std::int64_t head) {
    const at::NoGradGuard noGrad;
    const std::int64_t heads = inputs.q.size(1), kvHead = head / (heads / inputs.k.size(1));
    reference::HybridShape shape;
    shape.tokens = inputs.q.size(2);
    shape.headDim = inputs.q.size(3);
    shape.features = map.features();
    shape.shape = reference::WindowShape::None;
    if (hybrid.geometry != nullptr) {
        shape.window = hybrid.geometry->window;
        shape.sinks = hybrid.geometry->sinks;
        shape.shape = hybrid.geometry->terraced ? reference::WindowShape::Terraced : reference::WindowShape::Sliding;
    }
    shape.windowFactor = hybrid.windowFactor;
    shape.linearFactor = hybrid.linearFactor;
    shape.epsilon = hybrid.epsilon;
    const std::vector<double> phiQ = featuresOf(inputs.q, head, [&](const at::Tensor& x) { return map.queries(x); });
    const std::vector<double> phiK =
        featuresOf(inputs.k, head, [&](const at::Tensor& x) { return map.keys(repeatHeads(x, heads)); });
    const std::vector<double> y = reference::runningHybrid(shape, numbersOf(inputs.q[0][head]), numbersOf(inputs.k[0][kvHead]),
                                                           numbersOf(inputs.v[0][kvHead]), phiQ, phiK);
    return at::tensor(y, at::kDouble).view({shape.tokens, shape.headDim});
}

} // namespace lolcats
