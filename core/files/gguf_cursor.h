// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Reads the beginning of a GGUF file value by value. No length from the file is believed before the bytes are there.

#include "core/files/gguf_file.h"

#include <bit>
#include <cstring>

namespace lolcats {

[[noreturn]] void refuseGguf(const std::string& code, const std::string& summary);

class GgufCursor {
public:
    explicit GgufCursor(const FileBytes& file) : m_file(file) {}
    std::uint64_t position() const { return m_position; }
    std::uint64_t left() const { return m_file.size() - m_position; }
    const std::string& path() const { return m_file.path(); }

    template <typename Number> Number number() {
        Number value;
        std::memcpy(&value, take(sizeof value), sizeof value);
        return value;
    }
    // `what` names it in a sentence.
    std::string text(const std::string& what);
    GgufValue value(std::uint32_t type, const std::string& key);

private:
    const std::byte* take(std::size_t count);
    GgufValue array(const std::string& key);
    std::int64_t integer(GgufType type, const std::string& key);

    const FileBytes& m_file;
    std::uint64_t m_position = 0;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_bufferStart = 0;
};

// Bytes that one value takes at least; a text's is its length alone.
std::uint64_t ggufLeastBytes(GgufType type);

} // namespace lolcats
