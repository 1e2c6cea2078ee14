// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/attention_map.h"

#include <bit>
#include <cmath>

namespace lolcats {

std::uint16_t halfFromFloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    if (magnitude > 0x7F800000U) // NaN stays one
        return sign | 0x7E00U;
    if (magnitude >= 0x477FF000U) // rounds to 65,536 or is infinite
        return sign | 0x7C00U;
    if (magnitude < 0x38800000U) { // below the smallest normal half: counted in units of 2^-24
        const float units = std::bit_cast<float>(magnitude) * 16777216.0F;
        return sign | static_cast<std::uint16_t>(std::nearbyint(units));
    }
    const std::uint32_t rounded = magnitude + 0xFFFU + ((magnitude >> 13U) & 1U);
    return sign | static_cast<std::uint16_t>((rounded - 0x38000000U) >> 13U);
}

float floatFromHalf(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16U;
    const std::uint32_t exponent = (half >> 10U) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0) {
        const float value = static_cast<float>(fraction) / 16777216.0F;
        return sign != 0 ? -value : value;
    }
    if (exponent == 31)
        return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13U));
    return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (fraction << 13U));
}

} // namespace lolcats
