// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/decoder_block.h"

#include "core/records/failure.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorIndexing.h>

namespace lolcats {

at::Tensor rmsNorm(const at::Tensor& x, const at::Tensor& weight, double eps) {
    return x * (x.square().mean(-1, true) + eps).rsqrt() * weight.to(x.scalar_type());
}

at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
    return at::linear(x.to(weight.scalar_type()), weight, bias).to(x.scalar_type());
}

at::Tensor projected(const at::Tensor& x, const Projection& projection) {
    const at::Tensor y = product(x, projection.weight, projection.bias);
    if (!projection.loraA.defined())
        return y;
    at::Tensor input = x;
    // Entries are dropped only while gradients are wanted: an evaluation sees the whole adapter.
    if (projection.loraDropout > 0 && at::GradMode::is_enabled()) {
        const double kept = 1 - projection.loraDropout;
        at::Generator generator = at::detail::createCPUGenerator(projection.dropoutSeed);
        const at::Tensor mask = at::empty(x.sizes(), x.options().device(at::kCPU)).bernoulli_(kept, generator).to(x.device());
        input = x * mask / kept;
    }
    return y + at::linear(at::linear(input, projection.loraA), projection.loraB) * projection.loraScale;
}

at::Tensor activated(const at::Tensor& x, const std::string& activation) {
    if (activation == "silu" || activation == "swish")
        return at::silu(x);
    if (activation == "gelu")
        return at::gelu(x);
    if (activation == "gelu_pytorch_tanh" || activation == "gelu_new")
        return at::gelu(x, "tanh");
    if (activation == "relu")
        return at::relu(x);
    throw Refusal("CFG-ACTIVATION", "The model's activation \"" + activation + "\" is not known to this program.",
                  "Take a model with silu, gelu, gelu_pytorch_tanh or relu.");
}

namespace {

at::Tensor mixtureOfExperts(const at::Tensor& x, const DecoderBlock& block, const DecoderShape& shape) {
    const at::Tensor tokens = x.reshape({-1, x.size(-1)});
    const auto [scores, chosen] = product(tokens, block.router, {}).topk(shape.experts.used, -1);
    const at::Tensor shares = at::softmax(scores, -1);
    at::Tensor sum = at::zeros_like(tokens);
    for (std::size_t index = 0; index < block.experts.size(); ++index) {
        const std::vector<at::Tensor> places = at::where(chosen == static_cast<std::int64_t>(index));
        if (places[0].numel() == 0)
            continue;
        const Expert& expert = block.experts[index];
        const at::Tensor read = tokens.index_select(0, places[0]);
        const at::Tensor gate = activated(product(read, expert.gate, {}), shape.activation);
        const at::Tensor written = product(gate * product(read, expert.up, {}), expert.down, {});
        sum = sum.index_add(0, places[0], written * shares.index({places[0], places[1]}).unsqueeze(1));
    }
    return sum.reshape(x.sizes());
}

} // namespace

at::Tensor feedForward(const at::Tensor& x, const DecoderBlock& block, const DecoderShape& shape) {
    if (block.router.defined())
        return mixtureOfExperts(x, block, shape);
    const at::Tensor gate = activated(product(x, block.gate, block.gateBias), shape.activation);
    return product(gate * product(x, block.up, block.upBias), block.down, block.downBias);
}

} // namespace lolcats
