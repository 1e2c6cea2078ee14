// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A GGUF file as a container: its keys, its tensor list, and the bytes of a tensor. Everything is checked against the file's
// length before it is believed; what the keys mean is not this file's business.

#include "core/files/file_bytes.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace lolcats {

enum class GgufType : std::uint32_t { U8, I8, U16, I16, U32, I32, F32, Bool, String, Array, U64, I64, F64 };

struct GgufArray {
    GgufType type = GgufType::U8; // of its elements
    std::vector<std::string> texts;
    std::vector<std::int64_t> integers; // of whole numbers and truth values
    std::vector<double> numbers;        // of F32 and F64
    std::size_t size() const { return texts.size() + integers.size() + numbers.size(); }
};

struct GgufValue {
    GgufType type = GgufType::U8;
    std::variant<std::int64_t, std::uint64_t, double, bool, std::string, GgufArray> value;
};

struct GgufTensorType {
    std::uint32_t id;
    const char* name;
    std::uint64_t blockElements;
    std::uint64_t blockBytes;
};

struct GgufTensor {
    std::string name;
    std::vector<std::int64_t> dimensions; // fastest first, as stored
    const GgufTensorType* type = nullptr;
    std::uint64_t offset = 0; // from the start of the data section
    std::uint64_t bytes = 0;
};

class GgufFile {
public:
    explicit GgufFile(const std::string& path); // refuses with GG-…
    const std::string& path() const { return m_file.path(); }
    const std::map<std::string, GgufValue>& keys() const { return m_keys; }
    const std::vector<GgufTensor>& tensors() const { return m_tensors; } // as listed in the file
    void read(const GgufTensor& tensor, std::uint64_t offset, std::span<std::byte> out) const;

    // Null or empty where the key is not there; refuse (GG-TYPE) one of another type.
    const std::string* text(const std::string& key) const;
    std::optional<std::int64_t> integer(const std::string& key) const;
    std::optional<double> number(const std::string& key) const; // an F32 as the shortest decimal that gives it back
    std::optional<bool> flag(const std::string& key) const;
    const GgufArray* array(const std::string& key) const;
    const GgufValue* value(const std::string& key) const;

private:
    FileBytes m_file;
    std::map<std::string, GgufValue> m_keys;
    std::vector<GgufTensor> m_tensors;
    std::uint64_t m_dataStart = 0;
};

} // namespace lolcats
