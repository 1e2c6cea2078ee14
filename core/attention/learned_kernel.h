// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What feature maps learn: numbers z of a query or key, made per head and before the map's own activation. All maps share it,
// so a map is an activation and a sentence.

#include "core/attention/feature_map.h"

namespace lolcats {

constexpr double kSmallestFeature = 1e-12; // the floor under every feature in the published code

// feature_kernel, feature_dim, feature_start, feature_skip, feature_tied, feature_bias, feature_bias_start,
// feature_adapter_width and feature_gates.
std::vector<OptionDescription> kernelOptions(const std::string& standardKernel);
std::vector<OptionDescription> signedKernelOptions(); // of an affine kernel, and feature_signs: "both" or "one"

// z [batch, heads, tokens, size] from x [batch, heads, tokens, head_dim], in float32 (float64 for float64):
//   affine   z = x W_h + b_h, and with a skip connection x is added
//   adapter  z = x + relu(x A_h + a_h) W_h + b_h
//   none     z = x, nothing is learned
// x is added and the identity written as rectangles: as many columns as both have. Refuses a start that cannot learn.
class LearnedKernel {
public:
    LearnedKernel(const FeatureMapShape& shape, const OptionValues& options);
    std::int64_t size() const { return m_size; }
    at::Tensor queries(const at::Tensor& x) const { return apply(x, m_queries); }
    at::Tensor keys(const at::Tensor& x) const { return apply(x, m_keys); }
    // "feature_map_q" is W, behind it where they exist "…_bias", "…_in" (A) and "…_in_bias"; then those of "feature_map_k".
    std::vector<NamedTensor> parameters() const;

private:
    struct Weights {
        at::Tensor w;      // [heads, head_dim or width, size]; undefined: nothing is learned
        at::Tensor bias;   // [1, heads, 1, 1 or size]
        at::Tensor in;     // [heads, head_dim, width]
        at::Tensor inBias; // [1, heads, 1, width]
    };
    Weights started(const FeatureMapShape& shape, const OptionValues& options) const;
    static void append(std::vector<NamedTensor>& all, const std::string& name, const Weights& weights);
    at::Tensor apply(const at::Tensor& x, const Weights& weights) const;

    std::int64_t m_size;
    bool m_skip;
    bool m_tied;
    Weights m_queries;
    Weights m_keys; // the same tensors where tied
};

// phi(x) = activation(z); with feature_signs "both", [activation(z), activation(-z)].
std::unique_ptr<FeatureMap> makeKernelMap(const FeatureMapShape& shape, const OptionValues& options,
                                          at::Tensor (*activation)(const at::Tensor& z));
// The same features, each token's times a learned number between 0 and 2: a key's says how much of it the state takes, a
// query's how much the query reads. Both start at exactly 1. `which`: "keys", "queries" or "both".
std::unique_ptr<FeatureMap> withGates(const FeatureMapShape& shape, std::unique_ptr<FeatureMap> map, const std::string& which);

} // namespace lolcats
