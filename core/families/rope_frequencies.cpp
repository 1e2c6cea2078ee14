// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/decoder_shape.h"

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

} // namespace

std::vector<double> inverseFrequencies(const RopeShape& rope, std::int64_t headDim) {
    std::vector<double> frequencies;
    for (std::int64_t i = 0; i < headDim / 2; ++i) {
        double frequency = std::pow(rope.theta, -2.0 * static_cast<double>(i) / static_cast<double>(headDim));
        if (rope.type == "linear")
            frequency /= rope.factor;
        else if (rope.type == "llama3")
            frequency = llama3Scaled(frequency, rope);
        if (static_cast<std::size_t>(i) < rope.divisors.size())
            frequency /= static_cast<double>(rope.divisors[static_cast<std::size_t>(i)]);
        frequencies.push_back(frequency);
    }
    return frequencies;
}

} // namespace lolcats
