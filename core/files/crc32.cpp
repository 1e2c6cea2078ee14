// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/crc32.h"

#include <array>

namespace lolcats {

namespace {

constexpr std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> all{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte;
        for (int bit = 0; bit < 8; ++bit)
            value = (value >> 1U) ^ ((value & 1U) != 0 ? 0xEDB88320U : 0U);
        all[byte] = value;
    }
    return all;
}();

} // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t before) {
    std::uint32_t value = ~before;
    for (const std::byte byte : bytes)
        value = (value >> 8U) ^ table[(value ^ static_cast<std::uint32_t>(byte)) & 0xFFU];
    return ~value;
}

} // namespace lolcats
