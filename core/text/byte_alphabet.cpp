// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_alphabet.h"

#include "core/text/unicode.h"

#include <array>

namespace lolcats {

namespace {

struct Alphabet {
    std::array<char32_t, 256> characters{};
    std::array<int, 512> bytes{};
};

// Printable characters of Latin-1 are themselves, the other 68 follow from U+0100 upwards.
constexpr Alphabet kAlphabet = [] {
    Alphabet alphabet;
    alphabet.bytes.fill(-1);
    char32_t next = 256;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const bool printable = (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
        alphabet.characters[byte] = printable ? byte : next++;
        alphabet.bytes[alphabet.characters[byte]] = static_cast<int>(byte);
    }
    return alphabet;
}();

} // namespace

char32_t characterOfByte(unsigned char byte) {
    return kAlphabet.characters[byte];
}

std::string writtenInAlphabet(std::string_view bytes) {
    std::string written;
    written.reserve(bytes.size() * 2);
    for (const char byte : bytes)
        appendUtf8(written, characterOfByte(static_cast<unsigned char>(byte)));
    return written;
}

std::optional<std::string> bytesOfAlphabet(std::string_view written) {
    std::string bytes;
    for (std::size_t at = 0; at < written.size();) {
        const char32_t character = nextCodePoint(written, at);
        if (character >= kAlphabet.bytes.size() || kAlphabet.bytes[character] < 0)
            return std::nullopt;
        bytes += static_cast<char>(kAlphabet.bytes[character]);
    }
    return bytes;
}

} // namespace lolcats
