// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Says whether bytes of a stranger are UTF-8: shortest form only, no surrogates, nothing above U+10FFFF.

#include <cstddef>
#include <string_view>

namespace lolcats {

// Where the first byte is that does not belong to valid UTF-8; the size when all do.
std::size_t firstInvalidUtf8(std::string_view text);
inline bool isValidUtf8(std::string_view text) {
    return firstInvalidUtf8(text) == text.size();
}

} // namespace lolcats
