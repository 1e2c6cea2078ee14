// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Fields of a protobuf message, for tests that make one.

#include <cstdint>
#include <string>

namespace lolcats::testing {

inline std::string varint(std::uint64_t value) {
    std::string bytes;
    for (; value > 0x7F; value >>= 7U)
        bytes += static_cast<char>((value & 0x7FU) | 0x80U);
    return bytes + static_cast<char>(value);
}
inline std::string bytesField(std::uint64_t number, const std::string& bytes) {
    return varint(number << 3U | 2U) + varint(bytes.size()) + bytes;
}
inline std::string numberField(std::uint64_t number, std::uint64_t value) {
    return varint(number << 3U) + varint(value);
}
inline std::string floatField(std::uint64_t number, float value) {
    return varint(number << 3U | 5U) + std::string(reinterpret_cast<const char*>(&value), sizeof value);
}

} // namespace lolcats::testing
