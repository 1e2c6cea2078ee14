// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/cluster_map.h"

#include "core/attention/chunks.h"
#include "core/attention/key_clusters.h"

#include <torch/types.h>

#include <cmath>

namespace lolcats {

namespace {

constexpr double kSharpness = 16; // of the key features, in units of one over the mean distortion
constexpr double kCumulant = 0.4; // between 0.3 and 0.5 measured best
constexpr double kLargestExponent = 6;

at::Tensor zeros(const MixerShape& shape, std::int64_t rows, std::int64_t clusters) {
    return at::zeros({shape.kvHeads, rows, clusters}, shape.tensors).set_requires_grad(true);
}

} // namespace

ClusterMap::ClusterMap(const MixerShape& shape, std::int64_t clusters)
    : m_shape(shape), m_clusters(clusters), m_keys(zeros(shape, shape.headDim, clusters)), m_bias(zeros(shape, 1, clusters)),
      m_queries(zeros(shape, shape.headDim, clusters)), m_spread(zeros(shape, shape.headDim, clusters)) {}

at::Tensor ClusterMap::keys(const at::Tensor& k) const {
    const at::ScalarType type = computeType(k);
    return at::softmax(at::matmul(k.to(type), m_keys.to(type)) + m_bias.to(type), -1);
}

at::Tensor ClusterMap::queries(const at::Tensor& q, const at::Tensor& m) const {
    const at::ScalarType type = computeType(q);
    const at::Tensor wide = q.to(type);
    const at::Tensor exponents = at::matmul(wide, m_queries.to(type)) + at::matmul(wide.square(), m_spread.to(type)) - m;
    return at::exp(exponents.clamp_max(kLargestExponent));
}

void ClusterMap::start(const at::Tensor& q, const at::Tensor& k, const at::Tensor& spread, std::int64_t seed) {
    const at::NoGradGuard guard;
    const auto size = static_cast<double>(m_shape.headDim);
    const std::int64_t groups = m_shape.heads / m_shape.kvHeads;
    for (std::int64_t head = 0; head < m_shape.kvHeads; ++head) {
        const at::Tensor keys = k.select(1, head).reshape({-1, m_shape.headDim}).to(at::kCPU, at::kDouble);
        const at::Tensor queries = q.narrow(1, head * groups, groups).reshape({-1, m_shape.headDim}).to(at::kCPU, at::kDouble);
        at::Tensor metric = at::matmul(queries.transpose(0, 1), queries) / (static_cast<double>(queries.size(0)) * size);
        // A little of the identity, so that it has a root where queries leave directions out.
        metric = metric + at::eye(m_shape.headDim, metric.options()) * (1e-6 * metric.trace() / size + 1e-12);
        const at::Tensor points = at::matmul(keys, at::linalg_cholesky(metric));
        const KeyClusters found = clustersOf(points, m_clusters, seed * m_shape.kvHeads + head);

        const at::Tensor members = at::one_hot(found.members, m_clusters).to(at::kDouble); // [points, clusters]
        const at::Tensor sizes = members.sum(0).unsqueeze(1);
        const at::Tensor all = keys.mean(0, true);
        const at::Tensor centroids = at::where(sizes > 0, at::matmul(members.transpose(0, 1), keys) / sizes.clamp_min(1), all);
        const at::Tensor squares = at::matmul(members.transpose(0, 1), keys.square()) / sizes.clamp_min(1);
        const at::Tensor variance = (squares - centroids.square()).clamp_min(0) + spread[head].to(at::kCPU, at::kDouble);

        const at::Tensor weighted = at::matmul(centroids, metric); // M c, [clusters, head_dim]
        const double beta = kSharpness / std::max(found.distortion, 1e-12);
        m_keys[head].copy_(beta * weighted.transpose(0, 1));
        m_bias[head].copy_(-0.5 * beta * (weighted * centroids).sum(-1).unsqueeze(0));
        m_queries[head].copy_(centroids.transpose(0, 1) / std::sqrt(size));
        m_spread[head].copy_(kCumulant * variance.transpose(0, 1) / (2 * size));
    }
}

std::vector<NamedTensor> ClusterMap::parameters() const {
    return {{"cluster_keys", m_keys}, {"cluster_bias", m_bias}, {"cluster_queries", m_queries}, {"cluster_spread", m_spread}};
}

} // namespace lolcats
