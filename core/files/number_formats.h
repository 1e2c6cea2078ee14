// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Half precision to float, bit for bit. (bfloat16 is in safetensors.h.)

#include <bit>
#include <cstdint>

namespace lolcats {

inline float floatFromHalf(std::uint16_t half) {
    const std::uint32_t sign = (half & 0x8000U) << 16U;
    const std::uint32_t exponent = (half >> 10U) & 0x1FU;
    const std::uint32_t fraction = half & 0x3FFU;
    if (exponent == 0x1F)
        return std::bit_cast<float>(sign | 0x7F800000U | (fraction << 13U));
    if (exponent != 0)
        return std::bit_cast<float>(sign | ((exponent + 112U) << 23U) | (fraction << 13U));
    // Zero and subnormals: a float holds them as ordinary numbers.
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(std::bit_cast<std::uint32_t>(magnitude) | sign);
}

} // namespace lolcats
