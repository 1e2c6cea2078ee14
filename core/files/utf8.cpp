// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/utf8.h"

#include <cstdint>
#include <cstring>

namespace lolcats {

namespace {

bool isContinuation(unsigned char byte) {
    return (byte & 0xC0U) == 0x80U;
}

// Bytes of the sequence that starts here; 0 when it is not one.
std::size_t sequenceLength(const unsigned char* at, std::size_t left) {
    const unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return left >= 2 && isContinuation(at[1]) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (left < 3 || !isContinuation(at[1]) || !isContinuation(at[2]))
            return 0;
        const bool tooLong = first == 0xE0 && at[1] < 0xA0;
        const bool surrogate = first == 0xED && at[1] > 0x9F;
        return tooLong || surrogate ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (left < 4 || !isContinuation(at[1]) || !isContinuation(at[2]) || !isContinuation(at[3]))
            return 0;
        const bool tooLong = first == 0xF0 && at[1] < 0x90;
        const bool tooLarge = first == 0xF4 && at[1] > 0x8F;
        return tooLong || tooLarge ? 0 : 4;
    }
    return 0;
}

} // namespace

std::size_t firstInvalidUtf8(std::string_view text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t at = 0;
    while (at < text.size()) {
        std::uint64_t eight = 0;
        if (text.size() - at >= sizeof eight) {
            std::memcpy(&eight, bytes + at, sizeof eight);
            if ((eight & 0x8080808080808080ULL) == 0) {
                at += sizeof eight;
                continue;
            }
        }
        const std::size_t length = sequenceLength(bytes + at, text.size() - at);
        if (length == 0)
            return at;
        at += length;
    }
    return at;
}

} // namespace lolcats
