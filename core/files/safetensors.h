// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Reads and writes safetensors files. The header is checked against the file's length before any tensor is given.

#include "core/files/file_bytes.h"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lolcats {

struct SafetensorsEntry {
    std::string name;
    std::string dtype; // "F32", "BF16", …
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; // from the start of the file
    std::uint64_t bytes = 0;
};

class SafetensorsFile {
public:
    explicit SafetensorsFile(const std::string& path); // refuses with ST-…
    const std::string& path() const { return m_file.path(); }
    const std::vector<SafetensorsEntry>& entries() const { return m_entries; } // in file order
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    const SafetensorsEntry* find(const std::string& name) const; // null: not there
    std::vector<std::byte> read(const SafetensorsEntry& entry) const;
    // Float types converted to float32; refuses integer and packed types (ST-DTYPE).
    std::vector<float> readFloats(const std::string& name) const;
    // The same into memory that is there already; `out` is exactly as large as the tensor.
    void readFloats(const SafetensorsEntry& entry, std::span<float> out) const;
    // I32, I64 and smaller integer types, widened.
    std::vector<std::int64_t> readIntegers(const std::string& name) const;

private:
    const SafetensorsEntry& demand(const std::string& name) const;

    FileBytes m_file;
    std::vector<SafetensorsEntry> m_entries;
    std::vector<std::uint32_t> m_byName; // places in m_entries
    std::map<std::string, std::string> m_metadata;
};

// Number of bytes of one element; 0 for an unknown dtype or one smaller than a byte.
std::uint64_t safetensorsElementBytes(const std::string& dtype);
// bfloat16 bits to float and back (round to nearest even).
float floatFromBfloat16(std::uint16_t bits);
std::uint16_t bfloat16FromFloat(float value);

// Writes entries in the order of the reference (larger types first, then by name), so that equal content gives equal bytes.
// Bytes are asked for one tensor at a time, so a file larger than memory can be written.
struct SafetensorsSource {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::function<std::vector<std::byte>()> bytes;
};
void writeSafetensors(const std::string& path, std::vector<SafetensorsSource> tensors,
                      const std::map<std::string, std::string>& metadata);

} // namespace lolcats
