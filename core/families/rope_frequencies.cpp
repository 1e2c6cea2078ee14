// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/decoder_shape.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace lolcats {

namespace {

double llama3Scaled(double frequency, const RopeShape& rope) {
    const double wavelength = 2 * std::numbers::pi / frequency;
    if (wavelength < rope.original / rope.highFrequency)
        return frequency;
    if (wavelength > rope.original / rope.lowFrequency)
        return frequency / rope.factor;
    const double smooth = (rope.original / wavelength - rope.lowFrequency) / (rope.highFrequency - rope.lowFrequency);
    return (1 - smooth) * frequency / rope.factor + smooth * frequency;
}

// The base grows with a text that is longer than the model was made for.
double stretchedTheta(const RopeShape& rope, std::int64_t headDim, std::int64_t length) {
    const double ratio = std::max(static_cast<double>(length), rope.original) / rope.original;
    const auto dimensions = static_cast<double>(headDim);
    return rope.theta * std::pow(rope.factor * ratio - (rope.factor - 1), dimensions / (dimensions - 2));
}

// Which share of a frequency is divided by the factor: none below `first`, all from `last` on.
struct YarnRamp {
    double first = 0;
    double last = 0;
    double operator()(std::int64_t index) const {
        return std::clamp((static_cast<double>(index) - first) / (last - first), 0.0, 1.0);
    }
};

YarnRamp yarnRamp(const RopeShape& rope, std::int64_t headDim) {
    const auto dimensions = static_cast<double>(headDim);
    const auto dimensionOf = [&](double rotations) { // the one that turns so often over the original length
        return dimensions * std::log(rope.original / (rotations * 2 * std::numbers::pi)) / (2 * std::log(rope.theta));
    };
    const double fast = dimensionOf(rope.fastRotations), slow = dimensionOf(rope.slowRotations);
    YarnRamp ramp{std::max(rope.truncated ? std::floor(fast) : fast, 0.0),
                  std::min(rope.truncated ? std::ceil(slow) : slow, dimensions - 1)};
    if (ramp.last == ramp.first)
        ramp.last += 0.001; // a step instead of a ramp
    return ramp;
}

} // namespace

std::vector<double> inverseFrequencies(const RopeShape& rope, std::int64_t headDim, std::int64_t length) {
    const double theta = rope.type == "dynamic" ? stretchedTheta(rope, headDim, length) : rope.theta;
    const YarnRamp ramp = rope.type == "yarn" ? yarnRamp(rope, headDim) : YarnRamp();
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < headDim / 2; ++i) {
        double frequency = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(headDim));
        if (rope.type == "linear")
            frequency /= rope.factor;
        else if (rope.type == "llama3")
            frequency = llama3Scaled(frequency, rope);
        else if (rope.type == "yarn")
            frequency *= 1 - ramp(i) + ramp(i) / rope.factor;
        if (static_cast<std::size_t>(i) < rope.divisors.size())
            frequency /= static_cast<double>(rope.divisors[static_cast<std::size_t>(i)]);
        frequencies.push_back(frequency);
    }
    return frequencies;
}

} // namespace lolcats
