// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the tokenizer has to know of Unicode, beyond whether bytes are UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace lolcats {

// Each longest broken sequence becomes one U+FFFD.
std::string lossyUtf8(std::string_view bytes);

// The code point that begins at `at` of valid UTF-8; `at` moves behind it.
char32_t nextCodePoint(std::string_view text, std::size_t& at);
// The code point that ends just before `at`; `at` moves to its beginning.
char32_t previousCodePoint(std::string_view text, std::size_t& at);
void appendUtf8(std::string& text, char32_t codePoint);

bool isWhiteSpace(char32_t codePoint);    // Unicode's White_Space; U+180E is none
bool isWordCharacter(char32_t codePoint); // letters, marks, digits, connectors, joiners

// Valid UTF-8 in normal form C, in n log n time however many marks stand in a row.
std::string normalisedC(std::string_view text);

} // namespace lolcats
