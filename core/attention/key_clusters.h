// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// k-means over the keys of one key-value head.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace lolcats {

struct KeyClusters {
    at::Tensor centroids;  // [count, size], in the space of the points
    at::Tensor members;    // [points], the nearest centroid of each, int64
    double distortion = 0; // mean squared distance of a point to its centroid
};

// Lloyd's rounds from a start that prefers points far from those already chosen (k-means++). points [points, size], float64,
// at least one; where there are fewer points than clusters, the rest of them stay on points already chosen. The seed decides
// the start.
KeyClusters clustersOf(const at::Tensor& points, std::int64_t count, std::int64_t seed);

} // namespace lolcats
