// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Numbers in sentences.

#include <cstdint>
#include <cstdio>
#include <string>

namespace lolcats {

// 49152 as "49,152".
inline std::string grouped(std::int64_t number) {
    std::string digits = std::to_string(number);
    const std::size_t first = number < 0 ? 1 : 0;
    for (std::size_t at = digits.size(); at > first + 3;)
        digits.insert(at -= 3, ",");
    return digits;
}

// 0.00012 as "1.2e-04".
inline std::string scientific(double value) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.1e", value);
    return text;
}

} // namespace lolcats
