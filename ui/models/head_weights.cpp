// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/head_weights.h"

#include <algorithm>
#include <cmath>

namespace lolcats {

WeightTriangle unpacked(const Triangle& triangle) {
    const std::size_t size = triangle.half.size();
    const auto tokens = static_cast<std::size_t>((std::sqrt(8.0 * static_cast<double>(size) + 1) - 1) / 2 + 0.5);
    if (size == 0 || tokens * (tokens + 1) / 2 != size)
        return {};
    WeightTriangle weights{static_cast<int>(tokens), {}};
    weights.values.reserve(size);
    for (const std::uint16_t half : triangle.half)
        weights.values.push_back(floatFromHalf(half));
    return weights;
}

WeightTriangle studentWeights(const HeadMap& map, StudentPart part) {
    WeightTriangle window = unpacked(map.studentSoftmax);
    WeightTriangle linear = unpacked(map.studentLinear);
    if (part == StudentPart::Window)
        return window;
    // A student without a window has its linear part alone, one without a linear part its window alone.
    if (part == StudentPart::Linear || window.empty())
        return linear;
    if (linear.values.size() == window.values.size())
        std::transform(window.values.begin(), window.values.end(), linear.values.begin(), window.values.begin(), std::plus<>());
    return window;
}

WeightTriangle difference(const WeightTriangle& student, const WeightTriangle& teacher) {
    if (student.tokens != teacher.tokens)
        return {};
    WeightTriangle result = student;
    std::transform(student.values.begin(), student.values.end(), teacher.values.begin(), result.values.begin(), std::minus<>());
    return result;
}

double meanEntropy(const WeightTriangle& weights, int fromRow) {
    if (weights.tokens <= fromRow)
        return 0;
    double sum = 0;
    for (int query = fromRow; query < weights.tokens; ++query)
        for (int key = 0; key <= query; ++key)
            if (const double weight = weights.at(query, key); weight > 0)
                sum -= weight * std::log(weight);
    return sum / (weights.tokens - fromRow);
}

double meanFirstMass(const WeightTriangle& weights, int fromRow) {
    if (weights.tokens <= fromRow)
        return 0;
    double sum = 0;
    for (int query = fromRow; query < weights.tokens; ++query)
        sum += weights.at(query, 0);
    return sum / (weights.tokens - fromRow);
}

double rowSum(const WeightTriangle& weights, int row) {
    double sum = 0;
    if (row >= 0 && row < weights.tokens)
        for (int key = 0; key <= row; ++key)
            sum += weights.at(row, key);
    return sum;
}

double highEnd(const WeightTriangle& teacher, const WeightTriangle& student) {
    std::vector<float> all = teacher.values;
    all.insert(all.end(), student.values.begin(), student.values.end());
    if (all.empty())
        return 1;
    const auto place = all.begin() + static_cast<std::ptrdiff_t>(all.size() - 1 - all.size() / 200);
    std::nth_element(all.begin(), place, all.end());
    return static_cast<double>(*place);
}

float greatest(const WeightTriangle& weights) {
    float most = 0;
    for (const float value : weights.values)
        most = std::max(most, std::abs(value));
    return most;
}

} // namespace lolcats
