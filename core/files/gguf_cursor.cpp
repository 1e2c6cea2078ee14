// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_cursor.h"

#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <algorithm>

namespace lolcats {

namespace {

constexpr std::uint64_t largestMetadata = 512ULL << 20U;
constexpr std::uint32_t typeCount = 13;

bool isWhole(GgufType type) {
    return type != GgufType::F32 && type != GgufType::F64 && type != GgufType::String;
}

} // namespace

void refuseGguf(const std::string& code, const std::string& summary) {
    throw Refusal(code, summary, "The file is damaged or was made by a faulty program: get it from its source again.");
}

std::uint64_t ggufLeastBytes(GgufType type) {
    switch (type) {
    case GgufType::U8:
    case GgufType::I8:
    case GgufType::Bool:
        return 1;
    case GgufType::U16:
    case GgufType::I16:
        return 2;
    case GgufType::U32:
    case GgufType::I32:
    case GgufType::F32:
        return 4;
    default:
        return 8;
    }
}

const std::byte* GgufCursor::take(std::size_t count) {
    if (count > left())
        refuseGguf("GG-SHORT",
                   path() + " is cut short: it ends inside its header, at byte " + std::to_string(m_file.size()) + ".");
    if (m_position + count > largestMetadata)
        refuseGguf("GG-LIMIT", "The header of " + path() + " is larger than 512 MiB.");
    const std::uint64_t bufferEnd = m_bufferStart + m_buffer.size();
    if (m_position < m_bufferStart || m_position + count > bufferEnd) {
        m_buffer.resize(std::min<std::uint64_t>(left(), std::max<std::uint64_t>(count, 1U << 20U)));
        m_bufferStart = m_position;
        m_file.read(m_bufferStart, m_buffer);
    }
    const std::byte* at = m_buffer.data() + (m_position - m_bufferStart);
    m_position += count;
    return at;
}

std::string GgufCursor::text(const std::string& what) {
    const auto length = number<std::uint64_t>();
    if (length > left())
        refuseGguf("GG-STRING",
                   what + " in " + path() + " says that it has " + std::to_string(length) + " bytes, which are not there.");
    std::string value(reinterpret_cast<const char*>(take(length)), length);
    if (!isValidUtf8(value))
        refuseGguf("GG-UTF8", what + " in " + path() + " is not valid UTF-8.");
    return value;
}

std::int64_t GgufCursor::integer(GgufType type, const std::string& key) {
    switch (type) {
    case GgufType::U8:
        return number<std::uint8_t>();
    case GgufType::I8:
        return number<std::int8_t>();
    case GgufType::U16:
        return number<std::uint16_t>();
    case GgufType::I16:
        return number<std::int16_t>();
    case GgufType::U32:
        return number<std::uint32_t>();
    case GgufType::I32:
        return number<std::int32_t>();
    case GgufType::Bool: {
        const auto byte = number<std::uint8_t>();
        if (byte > 1)
            refuseGguf("GG-BOOL",
                       "The truth value of " + key + " in " + path() + " is " + std::to_string(byte) + ", not 0 or 1.");
        return byte;
    }
    default:
        return number<std::int64_t>();
    }
}

GgufValue GgufCursor::value(std::uint32_t code, const std::string& key) {
    if (code >= typeCount)
        refuseGguf("GG-TYPE", "Key " + key + " of " + path() + " has the unknown type " + std::to_string(code) + ".");
    const auto type = static_cast<GgufType>(code);
    switch (type) {
    case GgufType::F32:
        return {type, static_cast<double>(number<float>())};
    case GgufType::F64:
        return {type, number<double>()};
    case GgufType::Bool:
        return {type, integer(type, key) != 0};
    case GgufType::String:
        return {type, text("The text of " + key)};
    case GgufType::Array:
        return array(key);
    case GgufType::U64:
        return {type, number<std::uint64_t>()};
    default:
        return {type, integer(type, key)};
    }
}

GgufValue GgufCursor::array(const std::string& key) {
    const auto code = number<std::uint32_t>();
    const auto count = number<std::uint64_t>();
    if (code == static_cast<std::uint32_t>(GgufType::Array))
        refuseGguf("GG-NEST", "Key " + key + " of " + path() + " is a list of lists.");
    if (code >= typeCount)
        refuseGguf("GG-TYPE",
                   "The list " + key + " of " + path() + " has elements of the unknown type " + std::to_string(code) + ".");
    GgufArray list;
    list.type = static_cast<GgufType>(code);
    // A list of texts may be cut later on, and then its own sentence says so.
    const std::uint64_t least = list.type == GgufType::String ? 1 : ggufLeastBytes(list.type);
    if (count > left() / least)
        refuseGguf("GG-ARRAY", "The list " + key + " of " + path() + " says that it has " + std::to_string(count) +
                                   " elements, which are not there.");
    if (list.type == GgufType::String)
        list.texts.reserve(std::min(count, left() / 8));
    else if (isWhole(list.type))
        list.integers.reserve(count);
    else
        list.numbers.reserve(count);
    const std::string what = "A text of the list " + key;
    for (std::uint64_t i = 0; i < count; ++i) {
        if (list.type == GgufType::String)
            list.texts.push_back(text(what));
        else if (list.type == GgufType::F32)
            list.numbers.push_back(number<float>());
        else if (list.type == GgufType::F64)
            list.numbers.push_back(number<double>());
        else
            list.integers.push_back(integer(list.type, key));
    }
    return {GgufType::Array, std::move(list)};
}

} // namespace lolcats
