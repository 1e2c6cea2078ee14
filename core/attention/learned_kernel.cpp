// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/learned_kernel.h"

#include "core/attention/chunks.h"
#include "core/records/failure.h"

#include <cmath>

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

namespace lolcats {

namespace {

// Uniform within sqrt(6 / fan), torch's Kaiming rule with its own reading of `fan`: all sizes but the first.
at::Tensor kaiming(at::IntArrayRef shape, const at::Generator& generator) {
    std::int64_t fan = 1;
    for (std::size_t i = 1; i < shape.size(); ++i)
        fan *= shape[i];
    const double bound = std::sqrt(6.0 / static_cast<double>(fan));
    return at::empty(shape).uniform_(-bound, bound, generator);
}

// With fewer columns than rows, only the first numbers of a head are read.
at::Tensor identity(std::int64_t heads, std::int64_t rows, std::int64_t columns) {
    return at::eye(rows, columns).expand({heads, rows, columns}).clone();
}

at::Tensor randomOrIdentity(const std::string& start, at::IntArrayRef shape, const at::Generator& generator) {
    if (start == "identity")
        return identity(shape[0], shape[1], shape[2]);
    if (start == "zero")
        return at::zeros(shape);
    if (start == "normal")
        return at::empty(shape).normal_(0, 1, generator);
    return kaiming(shape, generator);
}

at::Tensor withColumns(const at::Tensor& x, std::int64_t columns) {
    if (x.size(-1) >= columns)
        return x.narrow(-1, 0, columns);
    return at::constant_pad_nd(x, {0, columns - x.size(-1)});
}

void refuseDeadStart(const std::string& start, const std::string& kernel, bool skip) {
    if (start == "zero" && kernel == "affine" && !skip)
        throw Refusal("PLAN-VALUE",
                      "A feature map that starts at zero without a skip connection cannot learn: no gradient reaches it.",
                      "Set feature_skip to true, or start it as identity, kaiming or normal.");
}

class KernelMap final : public FeatureMap {
public:
    KernelMap(const FeatureMapShape& shape, const OptionValues& options, at::Tensor (*activation)(const at::Tensor&))
        : m_kernel(shape, options), m_activation(activation),
          m_bothSigns(options.contains("feature_signs") && textOption(options, "feature_signs") == "both") {}
    std::int64_t features() const override { return (m_bothSigns ? 2 : 1) * m_kernel.size(); }
    at::Tensor queries(const at::Tensor& x) const override { return activated(m_kernel.queries(x)); }
    at::Tensor keys(const at::Tensor& x) const override { return activated(m_kernel.keys(x)); }
    std::vector<NamedTensor> parameters() const override { return m_kernel.parameters(); }

private:
    at::Tensor activated(const at::Tensor& z) const {
        return m_bothSigns ? m_activation(at::stack({z, -z}, -2)).flatten(-2) : m_activation(z);
    }

    LearnedKernel m_kernel;
    at::Tensor (*m_activation)(const at::Tensor&);
    bool m_bothSigns;
};

class GatedMap final : public FeatureMap {
public:
    GatedMap(const FeatureMapShape& shape, std::unique_ptr<FeatureMap> map, bool queries, bool keys)
        : m_map(std::move(map)), m_queries(queries ? gate(shape) : Gate{}), m_keys(keys ? gate(shape) : Gate{}) {}
    std::int64_t features() const override { return m_map->features(); }
    at::Tensor queries(const at::Tensor& x) const override { return gated(m_map->queries(x), x, m_queries); }
    at::Tensor keys(const at::Tensor& x) const override { return gated(m_map->keys(x), x, m_keys); }
    std::vector<NamedTensor> parameters() const override {
        std::vector<NamedTensor> all = m_map->parameters();
        for (const auto& [name, gate] : {std::pair{"feature_map_q_gate", &m_queries}, std::pair{"feature_map_k_gate", &m_keys}})
            if (gate->w.defined()) {
                all.push_back({name, gate->w});
                all.push_back({name + std::string("_bias"), gate->bias});
            }
        return all;
    }

private:
    struct Gate {
        at::Tensor w;    // [heads, head_dim, 1]
        at::Tensor bias; // [1, heads, 1, 1]
    };
    static Gate gate(const FeatureMapShape& shape) {
        return {at::zeros({shape.heads, shape.headDim, 1}, shape.tensors).set_requires_grad(true),
                at::zeros({1, shape.heads, 1, 1}, shape.tensors).set_requires_grad(true)};
    }
    static at::Tensor gated(const at::Tensor& features, const at::Tensor& x, const Gate& gate) {
        if (!gate.w.defined())
            return features;
        const at::ScalarType type = computeType(x);
        return features * (2 * at::sigmoid(at::matmul(x.to(type), gate.w.to(type)) + gate.bias.to(type)));
    }

    std::unique_ptr<FeatureMap> m_map;
    Gate m_queries;
    Gate m_keys;
};

} // namespace

LearnedKernel::LearnedKernel(const FeatureMapShape& shape, const OptionValues& options)
    : m_size(textOption(options, "feature_kernel") == "none" ? shape.headDim : integerOption(options, "feature_dim")),
      m_skip(flagOption(options, "feature_skip") || textOption(options, "feature_kernel") == "adapter"),
      m_tied(flagOption(options, "feature_tied")), m_queries(started(shape, options)), m_keys(m_queries) {
    for (at::Tensor* tensor : {&m_keys.w, &m_keys.bias, &m_keys.in, &m_keys.inBias})
        if (tensor->defined() && !m_tied)
            *tensor = tensor->detach().clone().set_requires_grad(true);
}

LearnedKernel::Weights LearnedKernel::started(const FeatureMapShape& shape, const OptionValues& options) const {
    const std::string& kernel = textOption(options, "feature_kernel");
    const std::string& start = textOption(options, "feature_start");
    const std::string& bias = textOption(options, "feature_bias");
    const std::int64_t width = integerOption(options, "feature_adapter_width");
    Weights weights;
    if (kernel == "none")
        return weights;
    refuseDeadStart(start, kernel, m_skip);
    const at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(shape.seed));
    const auto biasOf = [&](std::int64_t columns) {
        const std::vector<std::int64_t> sizes = {1, shape.heads, 1, columns};
        return textOption(options, "feature_bias_start") == "kaiming" ? kaiming(sizes, generator) : at::zeros(sizes);
    };
    if (kernel == "adapter") {
        // The adapter alone starts at zero: with both matrices zero no gradient would reach either (Q13).
        const std::string alone = start == "identity" ? "zero" : start;
        weights.w = randomOrIdentity(alone, {shape.heads, width, m_size}, generator);
        weights.in = randomOrIdentity(alone == "zero" ? "kaiming" : alone, {shape.heads, shape.headDim, width}, generator);
        weights.inBias = biasOf(width);
        weights.bias = biasOf(m_size);
    } else {
        weights.w = randomOrIdentity(start, {shape.heads, shape.headDim, m_size}, generator);
        if (bias != "none")
            weights.bias = biasOf(bias == "column" ? m_size : 1);
    }
    for (at::Tensor* tensor : {&weights.w, &weights.bias, &weights.in, &weights.inBias})
        if (tensor->defined())
            *tensor = tensor->to(shape.tensors).set_requires_grad(true);
    return weights;
}

void LearnedKernel::append(std::vector<NamedTensor>& all, const std::string& name, const Weights& weights) {
    for (const auto& [ending, tensor] : {std::pair{"", &weights.w}, std::pair{"_bias", &weights.bias},
                                         std::pair{"_in", &weights.in}, std::pair{"_in_bias", &weights.inBias}})
        if (tensor->defined())
            all.push_back({name + ending, *tensor});
}

std::vector<NamedTensor> LearnedKernel::parameters() const {
    std::vector<NamedTensor> all;
    append(all, "feature_map_q", m_queries);
    if (!m_tied)
        append(all, "feature_map_k", m_keys);
    return all;
}

at::Tensor LearnedKernel::apply(const at::Tensor& input, const Weights& weights) const {
    const at::ScalarType type = computeType(input);
    const at::Tensor x = input.to(type);
    if (!weights.w.defined())
        return x;
    const at::Tensor read = weights.in.defined() ? at::relu(at::matmul(x, weights.in.to(type)) + weights.inBias.to(type)) : x;
    at::Tensor z = at::matmul(read, weights.w.to(type));
    if (weights.bias.defined())
        z = z + weights.bias.to(type);
    return m_skip ? z + withColumns(x, m_size) : z;
}

std::unique_ptr<FeatureMap> makeKernelMap(const FeatureMapShape& shape, const OptionValues& options,
                                          at::Tensor (*activation)(const at::Tensor&)) {
    return std::make_unique<KernelMap>(shape, options, activation);
}

std::unique_ptr<FeatureMap> withGates(const FeatureMapShape& shape, std::unique_ptr<FeatureMap> map, const std::string& which) {
    return std::make_unique<GatedMap>(shape, std::move(map), which != "keys", which != "queries");
}

} // namespace lolcats
