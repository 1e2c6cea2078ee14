// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The cluster map: old keys stand for the cluster that they fall into, in the scale of the softmax beside which they are read.
// For each key-value head, with F clusters of its keys,
//   phi_k(k)_f = softmax over f of (k.A_f + b_f)
//   phi_q(q)_f = exp(min(q.c_f + sum_e q_e^2 s_fe - m, 6)), m the largest score of the query's softmax part.
// Its start is softmax attention with each old key replaced by its cluster's mean: A = beta M c, b = -beta c.M c / 2 with
// M = E[q q^T] / head_dim and beta = 16 / mean distortion; c_f = centroid / sqrt(head_dim); s_fe = 0.4 variance_fe / (2
// head_dim), the second cumulant of the scores within the cluster.

#include "core/attention/attention.h"

#include <cstdint>
#include <vector>

namespace lolcats {

class ClusterMap {
public:
    ClusterMap(const MixerShape& shape, std::int64_t clusters);
    std::int64_t clusters() const { return m_clusters; }

    // keys [batch, kv_heads, tokens, head_dim] to [batch, kv_heads, tokens, clusters].
    at::Tensor keys(const at::Tensor& k) const;
    // queries [.., kv_heads, rows, head_dim] and m [.., kv_heads, rows, 1] to [.., kv_heads, rows, clusters].
    at::Tensor queries(const at::Tensor& q, const at::Tensor& m) const;

    // The start from data. k [batch, kv_heads, tokens, head_dim], q [batch, heads, tokens, head_dim]; on the way in `spread`
    // [kv_heads, head_dim], what the keys vary besides their clusters.
    void start(const at::Tensor& q, const at::Tensor& k, const at::Tensor& spread, std::int64_t seed);

    std::vector<NamedTensor> parameters() const;

private:
    MixerShape m_shape;
    std::int64_t m_clusters;
    at::Tensor m_keys;    // A [kv_heads, head_dim, clusters]
    at::Tensor m_bias;    // b [kv_heads, 1, clusters]
    at::Tensor m_queries; // c [kv_heads, head_dim, clusters]
    at::Tensor m_spread;  // s [kv_heads, head_dim, clusters]
};

} // namespace lolcats
