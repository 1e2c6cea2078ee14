// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The operations of attention as plain loops in double: the definition of right. Slow on purpose; for tests and verification.

#include <cstdint>
#include <vector>

namespace lolcats::reference {

// Which keys of query i the softmax part sees, besides the sinks; every other causal key is linear.
enum class WindowShape {
    None,    // all keys are linear
    Sliding, // the query and the window - 1 keys before it
    Terraced // its own block and the whole block before it; blocks counted from the start
};

struct HybridShape {
    std::int64_t tokens = 0;
    std::int64_t headDim = 0;
    std::int64_t features = 0; // after the activation
    std::int64_t window = 64;
    std::int64_t sinks = 0;
    WindowShape shape = WindowShape::Sliding;
    double windowFactor = 1; // gamma, after the sigmoid
    double linearFactor = 1; // lambda
    double epsilon = 0;      // added to the denominator
};

// True where key j belongs to the softmax part of query i (both from 0, j <= i).
bool inWindow(const HybridShape& shape, std::int64_t i, std::int64_t j);

struct HybridResult {
    std::vector<double> softmaxWeights; // [tokens, tokens], rows of both sum to 1 together
    std::vector<double> linearWeights;
    std::vector<double> y; // [tokens, headDim]
};

// One head. q, k, v: [tokens, headDim] after rotation; phiQ, phiK: [tokens, features].
//   s_ij = q_i.k_j / sqrt(headDim), c_i = max over the softmax part, e_ij = gamma exp(s_ij - c_i),
//   l_ij = lambda phi_q(i).phi_k(j), y_i = sum (e_ij + l_ij) v_j / sum (e_ij + l_ij)
// (equation 7 of the LoLCATs paper: the row maximum is taken out of the softmax part only).
HybridResult hybridAttention(const HybridShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                             const std::vector<double>& v, const std::vector<double>& phiQ, const std::vector<double>& phiK);

// y alone, with running sums: a key's phi_k(j) [v_j, 1] is added to them when it leaves the window. Work and memory in
// proportion to the tokens, so that long texts have a definition too; the same numbers but for the order of additions.
std::vector<double> runningHybrid(const HybridShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                                  const std::vector<double>& v, const std::vector<double>& phiQ,
                                  const std::vector<double>& phiK);

// Causal softmax attention of one head; y [tokens, headDim], weights [tokens, tokens].
HybridResult softmaxAttention(std::int64_t tokens, std::int64_t headDim, const std::vector<double>& q,
                              const std::vector<double>& k, const std::vector<double>& v);

enum class Activation {
    Softmax, // over the columns (Hedgehog)
    Exp,     // of z less its largest column
    Relu,    // T2R
    Elu      // and 1
};

struct MapShape {
    std::int64_t headDim = 0;
    std::int64_t size = 0; // columns of z
    Activation activation = Activation::Softmax;
    bool bothSigns = true; // Softmax and Exp: features of z, then those of -z
    bool skip = false;     // x is added to z, as many columns as both have
};

// Features of one head, [tokens, size or 2 size]: z = x W + bias, W [headDim, size] (empty: z = x), bias [size] (empty: none);
// then the activation, each feature at least 1e-12.
std::vector<double> mapFeatures(const MapShape& shape, std::int64_t tokens, const std::vector<double>& x,
                                const std::vector<double>& w, const std::vector<double>& bias = {});

} // namespace lolcats::reference
