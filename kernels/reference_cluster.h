// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Attention over a window and clusters as plain loops in double: the definition of right for the mixer `cluster`.

#include "kernels/reference.h"

namespace lolcats::reference {

struct ClusterShape {
    std::int64_t tokens = 0;
    std::int64_t headDim = 0;
    std::int64_t clusters = 0;
    std::int64_t window = 64; // sliding
    std::int64_t sinks = 0;
};

// What one key-value head has learned.
struct ClusterWeights {
    std::vector<double> keys;    // A [headDim, clusters]
    std::vector<double> bias;    // b [clusters]
    std::vector<double> queries; // c [headDim, clusters]
    std::vector<double> spread;  // s [headDim, clusters]
    std::vector<double> decay;   // a [clusters], for each token of distance
};

// One head. q, k, v [tokens, headDim] after rotation; mapQ, mapK: queries and keys as the map sees them.
//   s_ij = q_i.k_j / sqrt(headDim), m_i = max over window and sinks, e_ij = exp(s_ij - m_i) there; every other key:
//   e_ij = sum_f exp(min(mapQ_i.c_f + sum_x mapQ_ix^2 s_xf - m_i, 6)) exp(-a_f (i - j)) softmax_f(mapK_j.A_f + b_f)
//   y_i = sum e_ij v_j / sum e_ij
HybridResult clusterAttention(const ClusterShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                              const std::vector<double>& v, const std::vector<double>& mapQ, const std::vector<double>& mapK,
                              const ClusterWeights& weights);

// y alone, with running sums: time and memory grow with tokens times window, so that long texts can be asked about.
std::vector<double> runningCluster(const ClusterShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                                   const std::vector<double>& v, const std::vector<double>& mapQ,
                                   const std::vector<double>& mapK, const ClusterWeights& weights);

} // namespace lolcats::reference
