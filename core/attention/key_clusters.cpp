// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/key_clusters.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <vector>

namespace lolcats {

namespace {

constexpr int kRounds = 15;

at::Tensor squaredDistances(const at::Tensor& points, const at::Tensor& centroids) { // [points, centroids]
    const at::Tensor products = at::matmul(points, centroids.transpose(0, 1));
    return (points.square().sum(-1, true) + centroids.square().sum(-1) - 2 * products).clamp_min(0);
}

at::Tensor startOf(const at::Tensor& points, std::int64_t count, at::Generator& generator) {
    std::vector<at::Tensor> chosen = {points.narrow(0, at::randint(points.size(0), {1}, generator).item<std::int64_t>(), 1)};
    at::Tensor nearest = squaredDistances(points, chosen.back()).squeeze(1);
    while (static_cast<std::int64_t>(chosen.size()) < count) {
        const double all = nearest.sum().item<double>();
        const std::int64_t next = all > 0 ? at::multinomial(nearest, 1, false, generator).item<std::int64_t>()
                                          : nearest.argmax().item<std::int64_t>();
        chosen.push_back(points.narrow(0, next, 1));
        nearest = at::minimum(nearest, squaredDistances(points, chosen.back()).squeeze(1));
    }
    return at::cat(chosen);
}

} // namespace

KeyClusters clustersOf(const at::Tensor& points, std::int64_t count, std::int64_t seed) {
    const at::Tensor all = points.to(at::kCPU);
    at::Generator generator = at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed));
    KeyClusters clusters;
    clusters.centroids = startOf(all, count, generator);
    for (int round = 0; round <= kRounds; ++round) {
        const auto [distances, members] = squaredDistances(all, clusters.centroids).min(1);
        clusters.members = members;
        clusters.distortion = distances.mean().item<double>();
        if (round == kRounds)
            break;
        const at::Tensor sizes = at::bincount(members, {}, count).to(all.scalar_type()).unsqueeze(1);
        const at::Tensor sums = at::zeros_like(clusters.centroids).index_add(0, members, all);
        clusters.centroids = at::where(sizes > 0, sums / sizes.clamp_min(1), clusters.centroids); // an empty one stays
    }
    return clusters;
}

} // namespace lolcats
