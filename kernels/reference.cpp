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

// Features of sign * z, each at least 1e-12.
void activate(Activation activation, const std::vector<double>& z, double sign, double* out) {
    double maximum = -std::numeric_limits<double>::infinity();
    for (const double value : z)
        maximum = std::max(maximum, sign * value);
    double sum = 0;
    for (const double value : z)
        sum += std::exp(sign * value - maximum);
    for (const double value : z) {
        double feature = 0;
        switch (activation) {
        case Activation::Softmax:
            feature = std::exp(sign * value - maximum) / sum;
            break;
        case Activation::Exp:
            feature = std::exp(sign * value - maximum);
            break;
        case Activation::Relu:
            feature = value;
            break;
        case Activation::Elu:
            feature = value > 0 ? value + 1 : std::exp(value);
            break;
        }
        *out++ = std::max(feature, 1e-12);
    }
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
        double sum = shape.epsilon;
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

namespace {

// What has left the window, [features, headDim + 1]: sums of phi_k(j) v_j, and of phi_k(j) in the last column.
class RunningSums {
public:
    RunningSums(const HybridShape& shape, const std::vector<double>& v, const std::vector<double>& phiK)
        : m_shape(shape), m_v(v), m_phiK(phiK), m_sums(static_cast<std::size_t>(shape.features * (shape.headDim + 1))) {}

    // Keys are added in their order, each as soon as it is not in the window of query i; sinks never are.
    void advanceTo(std::int64_t i) {
        m_next = std::max(m_next, m_shape.sinks);
        for (; m_next <= i && !inWindow(m_shape, i, m_next); ++m_next)
            for (std::int64_t f = 0; f < m_shape.features; ++f) {
                const double feature = m_phiK[static_cast<std::size_t>(m_next * m_shape.features + f)];
                double* const row = m_sums.data() + f * (m_shape.headDim + 1);
                for (std::int64_t x = 0; x < m_shape.headDim; ++x)
                    row[x] += feature * m_v[static_cast<std::size_t>(m_next * m_shape.headDim + x)];
                row[m_shape.headDim] += feature;
            }
    }
    void read(const double* phiQ, double factor, std::vector<double>& out) const {
        for (std::int64_t f = 0; f < m_shape.features; ++f)
            for (std::int64_t x = 0; x <= m_shape.headDim; ++x)
                out[static_cast<std::size_t>(x)] +=
                    factor * phiQ[f] * m_sums[static_cast<std::size_t>(f * (m_shape.headDim + 1) + x)];
    }
    std::int64_t next() const { return m_next; }

private:
    const HybridShape& m_shape;
    const std::vector<double>& m_v;
    const std::vector<double>& m_phiK;
    std::vector<double> m_sums;
    std::int64_t m_next = 0; // the first key that is neither a sink nor among them
};

} // namespace

std::vector<double> runningHybrid(const HybridShape& shape, const std::vector<double>& q, const std::vector<double>& k,
                                  const std::vector<double>& v, const std::vector<double>& phiQ,
                                  const std::vector<double>& phiK) {
    const std::int64_t d = shape.headDim;
    const double scale = 1 / std::sqrt(static_cast<double>(d));
    RunningSums sums(shape, v, phiK);
    std::vector<double> y(static_cast<std::size_t>(shape.tokens * d)), total(static_cast<std::size_t>(d + 1));
    for (std::int64_t i = 0; i < shape.tokens; ++i) {
        sums.advanceTo(i);
        std::vector<std::int64_t> near; // the sinks, then the window
        for (std::int64_t j = 0; j < std::min(shape.sinks, i + 1); ++j)
            near.push_back(j);
        for (std::int64_t j = sums.next(); j <= i; ++j)
            near.push_back(j);
        std::vector<double> scores;
        for (const std::int64_t j : near)
            scores.push_back(scale * dot(q, i, k, j, d));
        const double maximum = near.empty() ? 0 : *std::max_element(scores.begin(), scores.end());
        std::fill(total.begin(), total.end(), 0);
        sums.read(phiQ.data() + i * shape.features, shape.linearFactor, total);
        for (std::size_t n = 0; n < near.size(); ++n) {
            const double weight = shape.windowFactor * std::exp(scores[n] - maximum);
            for (std::int64_t x = 0; x < d; ++x)
                total[static_cast<std::size_t>(x)] += weight * v[static_cast<std::size_t>(near[n] * d + x)];
            total.back() += weight;
        }
        for (std::int64_t x = 0; x < d; ++x)
            y[static_cast<std::size_t>(i * d + x)] = total[static_cast<std::size_t>(x)] / (total.back() + shape.epsilon);
    }
    return y;
}

HybridResult softmaxAttention(std::int64_t tokens, std::int64_t headDim, const std::vector<double>& q,
                              const std::vector<double>& k, const std::vector<double>& v) {
    HybridShape shape;
    shape.tokens = tokens;
    shape.headDim = headDim;
    shape.window = tokens; // no key is older, so the factor cancels
    return hybridAttention(shape, q, k, v, {}, {});
}

std::vector<double> mapFeatures(const MapShape& shape, std::int64_t tokens, const std::vector<double>& x,
                                const std::vector<double>& w, const std::vector<double>& bias) {
    const bool both = shape.bothSigns && (shape.activation == Activation::Softmax || shape.activation == Activation::Exp);
    const std::int64_t features = (both ? 2 : 1) * shape.size;
    std::vector<double> all(static_cast<std::size_t>(tokens * features));
    std::vector<double> z(static_cast<std::size_t>(shape.size));
    for (std::int64_t t = 0; t < tokens; ++t) {
        const double* const row = x.data() + t * shape.headDim;
        for (std::int64_t f = 0; f < shape.size; ++f) {
            const bool has = f < shape.headDim;
            double sum = has && (shape.skip || w.empty()) ? row[f] : 0;
            for (std::int64_t d = 0; d < shape.headDim && !w.empty(); ++d)
                sum += row[d] * w[static_cast<std::size_t>(d * shape.size + f)];
            z[static_cast<std::size_t>(f)] = sum + (bias.empty() ? 0 : bias[static_cast<std::size_t>(f)]);
        }
        double* const out = all.data() + t * features;
        activate(shape.activation, z, 1, out);
        if (both)
            activate(shape.activation, z, -1, out + shape.size);
    }
    return all;
}

} // namespace lolcats::reference
