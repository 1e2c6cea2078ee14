// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The 256 characters in which byte-level vocabularies write bytes.

#include <optional>
#include <string>
#include <string_view>

namespace lolcats {

char32_t characterOfByte(unsigned char byte);
std::string writtenInAlphabet(std::string_view bytes);
// The bytes that valid UTF-8 stands for, or nothing when a character is not of the alphabet.
std::optional<std::string> bytesOfAlphabet(std::string_view written);

} // namespace lolcats
