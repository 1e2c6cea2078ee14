// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <new>
#include <vector>

namespace lolcats {

namespace {

struct Sequence {
    std::size_t bytes = 1; // of the longest well-formed beginning, at least one
    bool whole = false;
};

// Table 3-7 of the Unicode standard: the first continuation byte has a range of its own after E0, ED, F0 and F4.
Sequence sequenceAt(std::string_view bytes, std::size_t at) {
    const auto byte = [&](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
    const unsigned char lead = byte(at);
    if (lead < 0x80)
        return {1, true};
    if (lead < 0xC2 || lead > 0xF4)
        return {1, false};
    const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (std::size_t done = 1; done < length; ++done) {
        if (at + done >= bytes.size() || byte(at + done) < low || byte(at + done) > high)
            return {done, false};
        low = 0x80;
        high = 0xBF;
    }
    return {length, true};
}

// Below U+0300 nothing composes, reorders or decomposes into something else.
bool surelyNormal(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char byte) { return static_cast<unsigned char>(byte) >= 0xCC; });
}

void orderMarks(std::vector<utf8proc_int32_t>& points) {
    const auto markClass = [](utf8proc_int32_t point) { return utf8proc_get_property(point)->combining_class; };
    for (std::size_t begin = 0; begin < points.size();) {
        if (markClass(points[begin]) == 0) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < points.size() && markClass(points[end]) != 0)
            ++end;
        std::stable_sort(points.begin() + static_cast<std::ptrdiff_t>(begin), points.begin() + static_cast<std::ptrdiff_t>(end),
                         [&](auto left, auto right) { return markClass(left) < markClass(right); });
        begin = end;
    }
}

} // namespace

std::string lossyUtf8(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const Sequence sequence = sequenceAt(bytes, at);
        text += sequence.whole ? bytes.substr(at, sequence.bytes) : std::string_view("\xEF\xBF\xBD");
        at += sequence.bytes;
    }
    return text;
}

char32_t nextCodePoint(std::string_view text, std::size_t& at) {
    const auto lead = static_cast<unsigned char>(text[at++]);
    if (lead < 0x80)
        return lead;
    char32_t point = lead < 0xE0 ? lead & 0x1FU : lead < 0xF0 ? lead & 0x0FU : lead & 0x07U;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
        point = (point << 6U) | (static_cast<unsigned char>(text[at++]) & 0x3FU);
    return point;
}

char32_t previousCodePoint(std::string_view text, std::size_t& at) {
    do
        --at;
    while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
    std::size_t forward = at;
    return nextCodePoint(text, forward);
}

void appendUtf8(std::string& text, char32_t codePoint) {
    utf8proc_uint8_t bytes[4];
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(codePoint), bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
}

bool isWhiteSpace(char32_t point) {
    return (point >= 0x09 && point <= 0x0D) || point == 0x20 || point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F ||
           point == 0x3000;
}

bool isWordCharacter(char32_t point) {
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(point))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_PC:
        return true;
    default: // circled and squared letters are alphabetic without being letters
        return point == 0x200C || point == 0x200D || (point >= 0x24B6 && point <= 0x24E9) ||
               (point >= 0x1F130 && point <= 0x1F149) || (point >= 0x1F150 && point <= 0x1F169) ||
               (point >= 0x1F170 && point <= 0x1F189);
    }
}

// The library's own reordering is quadratic in the length of a run of marks, so it is done here.
std::string normalisedC(std::string_view text) {
    if (surelyNormal(text))
        return std::string(text);
    constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    std::vector<utf8proc_int32_t> points;
    points.reserve(text.size());
    int boundary = 0;
    for (std::size_t at = 0; at < text.size();) {
        utf8proc_int32_t parts[16];
        const auto count =
            utf8proc_decompose_char(static_cast<utf8proc_int32_t>(nextCodePoint(text, at)), parts, 16, options, &boundary);
        points.insert(points.end(), parts, parts + std::clamp<utf8proc_ssize_t>(count, 0, 16));
    }
    orderMarks(points);
    const auto length = utf8proc_normalize_utf32(points.data(), static_cast<utf8proc_ssize_t>(points.size()), options);
    std::string normal;
    normal.reserve(text.size());
    for (utf8proc_ssize_t index = 0; index < length; ++index)
        appendUtf8(normal, static_cast<char32_t>(points[static_cast<std::size_t>(index)]));
    return normal;
}

} // namespace lolcats
