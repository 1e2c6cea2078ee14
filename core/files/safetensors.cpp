// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"

#include "core/files/foreign_kinds.h"
#include "core/files/number_formats.h"
#include "core/files/safetensors_header.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cstring>

namespace lolcats {

namespace {

constexpr std::uint64_t largestHeader = 100000000;

std::uint64_t headerLength(const FileBytes& file) {
    const std::string damaged = "The file is damaged or is no safetensors file: get it from its source again.";
    if (file.size() < 8)
        throw Refusal("ST-SHORT",
                      file.path() + " has " + std::to_string(file.size()) + " bytes: too short for a safetensors file.",
                      damaged);
    std::uint64_t length = 0;
    file.read(0, std::as_writable_bytes(std::span(&length, 1)));
    if (length <= largestHeader && length <= file.size() - 8)
        return length;
    refuseForeignKinds(file, false);
    if (length > largestHeader)
        throw Refusal("ST-HDR-LIMIT",
                      file.path() + " says that its header has " + std::to_string(length) +
                          " bytes; at most 100,000,000 are read.",
                      damaged);
    throw Refusal("ST-HDR-BEYOND",
                  file.path() + " is cut short: its header of " + std::to_string(length) + " bytes does not fit into the file.",
                  damaged);
}

template <typename Integer> void widen(const std::vector<std::byte>& bytes, std::vector<std::int64_t>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        Integer value;
        std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
        out[i] = static_cast<std::int64_t>(value);
    }
}

std::size_t elementsOf(const SafetensorsEntry& entry) {
    const std::uint64_t width = safetensorsElementBytes(entry.dtype);
    return width == 0 ? 0 : entry.bytes / width;
}

[[noreturn]] void refuseType(const SafetensorsFile& file, const SafetensorsEntry& entry, const char* wanted) {
    throw Refusal("ST-DTYPE",
                  "Tensor \"" + entry.name + "\" of " + file.path() + " is of type " + entry.dtype + ", which is not read as " +
                      wanted + ".",
                  "Get the model in F32, F16 or BF16.");
}

} // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : m_file(path) {
    const std::uint64_t length = headerLength(m_file);
    std::string text(length, '\0');
    m_file.read(8, std::as_writable_bytes(std::span(text)));
    SafetensorsHeader header = parseSafetensorsHeader(text, m_file.size() - 8 - length, path);
    m_entries = std::move(header.entries);
    m_metadata = std::move(header.metadata);
    for (SafetensorsEntry& entry : m_entries)
        entry.begin += 8 + length;
    m_byName = orderByName(m_entries);
}

const SafetensorsEntry* SafetensorsFile::find(const std::string& name) const {
    const auto found =
        std::lower_bound(m_byName.begin(), m_byName.end(), name,
                         [&](std::uint32_t place, const std::string& wanted) { return m_entries[place].name < wanted; });
    return found == m_byName.end() || m_entries[*found].name != name ? nullptr : &m_entries[*found];
}

std::vector<std::byte> SafetensorsFile::read(const SafetensorsEntry& entry) const {
    std::vector<std::byte> bytes(entry.bytes);
    m_file.read(entry.begin, bytes);
    return bytes;
}

void SafetensorsFile::readFloats(const SafetensorsEntry& entry, std::span<float> out) const {
    if (entry.dtype == "F32") {
        m_file.read(entry.begin, std::as_writable_bytes(out));
        return;
    }
    if (entry.dtype != "F16" && entry.dtype != "BF16" && entry.dtype != "F64")
        refuseType(*this, entry, "a float");
    const std::uint64_t width = safetensorsElementBytes(entry.dtype);
    std::vector<std::byte> piece(std::min<std::uint64_t>(entry.bytes, 1U << 20U));
    for (std::size_t done = 0; done < out.size();) {
        const std::size_t count = std::min<std::size_t>(piece.size() / width, out.size() - done);
        const std::span<std::byte> part(piece.data(), count * width);
        m_file.read(entry.begin + done * width, part);
        for (std::size_t i = 0; i < count; ++i) {
            const std::byte* at = part.data() + i * width;
            if (width == 8) {
                double value = 0;
                std::memcpy(&value, at, sizeof value);
                out[done + i] = static_cast<float>(value);
            } else {
                std::uint16_t bits = 0;
                std::memcpy(&bits, at, sizeof bits);
                out[done + i] = entry.dtype == "F16" ? floatFromHalf(bits) : floatFromBfloat16(bits);
            }
        }
        done += count;
    }
}

std::vector<float> SafetensorsFile::readFloats(const std::string& name) const {
    const SafetensorsEntry& entry = demand(name);
    if (entry.dtype != "F32" && entry.dtype != "F16" && entry.dtype != "BF16" && entry.dtype != "F64")
        refuseType(*this, entry, "a float");
    std::vector<float> values(elementsOf(entry));
    readFloats(entry, values);
    return values;
}

std::vector<std::int64_t> SafetensorsFile::readIntegers(const std::string& name) const {
    const SafetensorsEntry& entry = demand(name);
    const std::vector<std::byte> bytes = read(entry);
    std::vector<std::int64_t> values(elementsOf(entry));
    if (entry.dtype == "I64")
        widen<std::int64_t>(bytes, values);
    else if (entry.dtype == "I32")
        widen<std::int32_t>(bytes, values);
    else if (entry.dtype == "U32")
        widen<std::uint32_t>(bytes, values);
    else if (entry.dtype == "I16")
        widen<std::int16_t>(bytes, values);
    else if (entry.dtype == "U16")
        widen<std::uint16_t>(bytes, values);
    else if (entry.dtype == "I8")
        widen<std::int8_t>(bytes, values);
    else if (entry.dtype == "U8" || entry.dtype == "BOOL")
        widen<std::uint8_t>(bytes, values);
    else
        refuseType(*this, entry, "a whole number");
    if (entry.dtype == "BOOL")
        for (std::int64_t& value : values)
            value = value != 0 ? 1 : 0;
    return values;
}

const SafetensorsEntry& SafetensorsFile::demand(const std::string& name) const {
    const SafetensorsEntry* entry = find(name);
    if (entry == nullptr)
        throw Refusal("ST-MISSING", path() + " holds no tensor \"" + name + "\".", "Check that it is the right file.");
    return *entry;
}

} // namespace lolcats
