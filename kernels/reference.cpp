// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace lolcats::reference {

namespace {

double dot(const std::vector<double>& a, std::int64_t row, const std::vector<double>& b, std::int64_t other,
           std::int64_t size) {
    double sum = 0;
    for (std::int64_t x = 0; x < size; ++x)
        sum += a[static_cast<std::size_t>(row * size + x)] * b[static_cast<std::size_t>(other * size + x)];
    return sum;
}

// Softmax over sign * z, each at least 1e-12.
void halfFeatures(const std::vector<double>& z, double sign, double* out) {
    double maximum = -std::numeric_limits<double>::infinity();
    for (const double value : z)
        maximum = std::max(maximum, sign * value);
    double sum = 0;
    for (const double value : z)
        sum += std::exp(sign * value - maximum);
    for (const double value : z)
        *out++ = std::max(std::exp(sign * value - maximum) / sum, 1e-12);
}

} // namespace

bool inWindow(const HybridShape& shape, std::int64_t i, std::int64_t j) {
    if (j > i)
        return false;
    if (j < shape.sinks)
        return true;
    switch (shape.shape) {
    case WindowShape::None:
        return false;
    case WindowShape::Sliding:
        return i - j < shape.window;
    case WindowShape::Terraced:
        return i / shape.window - j / shape.window <= 1;
    }
    return false;
}

HybridResult hybridAttention(const HybridShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                             const std::vector<double>& v, const std::vector<double>& phiQ, const std::vector<double>& phiK) {
    const std::int64_t n = shape.tokens;
    const double scale = 1 / std::sqrt(static_cast<double>(shape.headDim));
    HybridResult result;
    result.softmaxWeights.assign(static_cast<std::size_t>(n * n), 0);
    result.linearWeights.assign(static_cast<std::size_t>(n * n), 0);
    result.y.assign(static_cast<std::size_t>(n * shape.headDim), 0);
    for (std::int64_t i = 0; i < n; ++i) {
        // The paper's code shifts the softmax part by its own row maximum and leaves the linear part as it is. It looks like a
        // slip, but trained factors depend on it.
        double maximum = -std::numeric_limits<double>::infinity();
        for (std::int64_t j = 0; j <= i; ++j)
            if (inWindow(shape, i, j))
                maximum = std::max(maximum, scale * dot(q, i, k, j, shape.headDim));
        double* const softmax = result.softmaxWeights.data() + i * n;
        double* const linear = result.linearWeights.data() + i * n;
        double sum = 0;
        for (std::int64_t j = 0; j <= i; ++j) {
            if (inWindow(shape, i, j))
                softmax[j] = shape.windowFactor * std::exp(scale * dot(q, i, k, j, shape.headDim) - maximum);
            else
                linear[j] = shape.linearFactor * dot(phiQ, i, phiK, j, shape.features);
            sum += softmax[j] + linear[j];
        }
        for (std::int64_t j = 0; j <= i; ++j) {
            softmax[j] /= sum;
            linear[j] /= sum;
            for (std::int64_t x = 0; x < shape.headDim; ++x)
                result.y[static_cast<std::size_t>(i * shape.headDim + x)] +=
                    (softmax[j] + linear[j]) * v[static_cast<std::size_t>(j * shape.headDim + x)];
        }
    }
    return result;
}

HybridResult softmaxAttention(std::int64_t tokens, std::int64_t headDim, const std::vector<double>& q,
                              const std::vector<double>& k, const std::vector<double>& v) {
    HybridShape shape;
    shape.tokens = tokens;
    shape.headDim = headDim;
    shape.window = tokens; // no key is older, so the factor cancels
    return hybridAttention(shape, q, k, v, {}, {});
}

std::vector<double> hedgehogFeatures(std::int64_t tokens, std::int64_t headDim, std::int64_t size, const std::vector<double>& x,
                                     const std::vector<double>& w) {
    std::vector<double> features(static_cast<std::size_t>(tokens * 2 * size));
    std::vector<double> z(static_cast<std::size_t>(size));
    for (std::int64_t t = 0; t < tokens; ++t) {
        for (std::int64_t f = 0; f < size; ++f) {
            double sum = 0;
            for (std::int64_t d = 0; d < headDim; ++d)
                sum += x[static_cast<std::size_t>(t * headDim + d)] * w[static_cast<std::size_t>(d * size + f)];
            z[static_cast<std::size_t>(f)] = sum;
        }
        double* const row = features.data() + t * 2 * size;
        halfFeatures(z, 1, row);
        halfFeatures(z, -1, row + size);
    }
    return features;
}

} // namespace lolcats::reference
