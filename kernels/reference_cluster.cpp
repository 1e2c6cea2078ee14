// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference_cluster.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace lolcats::reference {

namespace {

std::size_t at(std::int64_t row, std::int64_t size, std::int64_t column) {
    return static_cast<std::size_t>(row * size + column);
}

// softmax over clusters of x.A + b.
std::vector<double> keyFeatures(const ClusterShape& shape, const double* x, const ClusterWeights& weights) {
    std::vector<double> features(static_cast<std::size_t>(shape.clusters));
    double maximum = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t f = 0; f < shape.clusters; ++f) {
        double z = weights.bias[at(0, 0, f)];
        for (std::int64_t d = 0; d < shape.headDim; ++d)
            z += x[d] * weights.keys[at(d, shape.clusters, f)];
        features[at(0, 0, f)] = z;
        maximum = std::max(maximum, z);
    }
    for (double& feature : features)
        sum += feature = std::exp(feature - maximum);
    for (double& feature : features)
        feature /= sum;
    return features;
}

std::vector<double> queryFeatures(const ClusterShape& shape, const double* x, double maximum, const ClusterWeights& weights) {
    std::vector<double> features(static_cast<std::size_t>(shape.clusters));
    for (std::int64_t f = 0; f < shape.clusters; ++f) {
        double z = -maximum;
        for (std::int64_t d = 0; d < shape.headDim; ++d)
            z += x[d] * weights.queries[at(d, shape.clusters, f)] + x[d] * x[d] * weights.spread[at(d, shape.clusters, f)];
        features[at(0, 0, f)] = std::exp(std::min(z, 6.0));
    }
    return features;
}

} // namespace

HybridResult clusterAttention(const ClusterShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                              const std::vector<double>& v, const std::vector<double>& mapQ, const std::vector<double>& mapK,
                              const ClusterWeights& weights) {
    const std::int64_t n = shape.tokens, size = shape.headDim;
    const HybridShape window{.tokens = n, .headDim = size, .window = shape.window, .sinks = shape.sinks};
    HybridResult result;
    result.softmaxWeights.assign(static_cast<std::size_t>(n * n), 0);
    result.linearWeights.assign(static_cast<std::size_t>(n * n), 0);
    result.y.assign(static_cast<std::size_t>(n * size), 0);
    const auto score = [&](std::int64_t i, std::int64_t j) {
        double sum = 0;
        for (std::int64_t d = 0; d < size; ++d)
            sum += q[at(i, size, d)] * k[at(j, size, d)];
        return sum / std::sqrt(static_cast<double>(size));
    };
    for (std::int64_t i = 0; i < n; ++i) {
        double maximum = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t j = 0; j <= i; ++j)
            if (inWindow(window, i, j))
                maximum = std::max(maximum, score(i, j));
        const std::vector<double> read = queryFeatures(shape, mapQ.data() + i * size, maximum, weights);
        for (std::int64_t j = 0; j <= i; ++j) {
            double& weight = inWindow(window, i, j) ? result.softmaxWeights[at(i, n, j)] : result.linearWeights[at(i, n, j)];
            if (inWindow(window, i, j)) {
                weight = std::exp(score(i, j) - maximum);
            } else {
                const std::vector<double> kept = keyFeatures(shape, mapK.data() + j * size, weights);
                for (std::int64_t f = 0; f < shape.clusters; ++f)
                    weight += read[at(0, 0, f)] * kept[at(0, 0, f)] *
                              std::exp(-weights.decay[at(0, 0, f)] * static_cast<double>(i - j));
            }
            sum += weight;
        }
        for (std::int64_t j = 0; j <= i; ++j) {
            result.softmaxWeights[at(i, n, j)] /= sum;
            result.linearWeights[at(i, n, j)] /= sum;
            for (std::int64_t d = 0; d < size; ++d)
                result.y[at(i, size, d)] +=
                    (result.softmaxWeights[at(i, n, j)] + result.linearWeights[at(i, n, j)]) * v[at(j, size, d)];
        }
    }
    return result;
}

std::vector<double> runningCluster(const ClusterShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                                   const std::vector<double>& v, const std::vector<double>& mapQ,
                                   const std::vector<double>& mapK, const ClusterWeights& weights) {
    const std::int64_t size = shape.headDim;
    std::vector<double> y(static_cast<std::size_t>(shape.tokens * size)),
        values(static_cast<std::size_t>(shape.clusters * size));
    std::vector<double> masses(static_cast<std::size_t>(shape.clusters));
    for (std::int64_t i = 0; i < shape.tokens; ++i) {
        const std::int64_t left = i - shape.window; // the key that has just left the window
        const bool leaves = left >= shape.sinks;
        const std::vector<double> kept = leaves ? keyFeatures(shape, mapK.data() + left * size, weights) : masses;
        for (std::int64_t f = 0; f < shape.clusters; ++f) {
            const double fades = std::exp(-weights.decay[at(0, 0, f)]);
            const double added =
                leaves ? kept[at(0, 0, f)] * std::exp(-weights.decay[at(0, 0, f)] * static_cast<double>(shape.window)) : 0;
            masses[at(0, 0, f)] = masses[at(0, 0, f)] * fades + added;
            for (std::int64_t d = 0; d < size; ++d)
                values[at(f, size, d)] = values[at(f, size, d)] * fades + (leaves ? added * v[at(left, size, d)] : 0);
        }
        std::vector<std::pair<std::int64_t, double>> scores;
        double maximum = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t j = shape.sinks > 0 ? 0 : std::max<std::int64_t>(0, left + 1); j <= i;
             j = j + 1 == shape.sinks ? std::max(shape.sinks, left + 1) : j + 1) { // over the gap behind the sinks
            double score = 0;
            for (std::int64_t d = 0; d < size; ++d)
                score += q[at(i, size, d)] * k[at(j, size, d)];
            scores.emplace_back(j, score / std::sqrt(static_cast<double>(size)));
            maximum = std::max(maximum, scores.back().second);
        }
        const auto add = [&](double weight, const double* value, double mass) {
            sum += weight * mass;
            for (std::int64_t d = 0; d < size; ++d)
                y[at(i, size, d)] += weight * value[d];
        };
        for (const auto& [j, score] : scores)
            add(std::exp(score - maximum), v.data() + j * size, 1);
        const std::vector<double> read = queryFeatures(shape, mapQ.data() + i * size, maximum, weights);
        for (std::int64_t f = 0; f < shape.clusters; ++f)
            add(read[at(0, 0, f)], values.data() + f * size, masses[at(0, 0, f)]);
        for (std::int64_t d = 0; d < size; ++d)
            y[at(i, size, d)] /= sum;
    }
    return y;
}

} // namespace lolcats::reference
