// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/decoder_block.h"

#include "core/records/failure.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

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

at::Tensor feedForward(const at::Tensor& x, const DecoderBlock& block, const std::string& activation) {
    const at::Tensor gate = activated(product(x, block.gate, block.gateBias), activation);
    return product(gate * product(x, block.up, block.upBias), block.down, block.downBias);
}

} // namespace lolcats
