// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files made by hand, byte by byte, to be refused or read.

#include "core/files/file_bytes.h"

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lolcats::testing {

template <typename Number> std::string rawBytes(Number value) {
    std::string text(sizeof value, '\0');
    std::memcpy(text.data(), &value, sizeof value);
    return text;
}

inline std::string craftedSafetensors(const std::string& header, std::size_t dataBytes) {
    return rawBytes(static_cast<std::uint64_t>(header.size())) + header + std::string(dataBytes, '\0');
}

// A GGUF file. Every part can be made wrong.
struct GgufCraft {
    std::string magic = "GGUF";
    std::uint32_t version = 3;
    std::uint64_t alignment = 32;
    std::vector<std::string> keys;    // whole records
    std::vector<std::string> tensors; // whole records
    std::string data;

    static std::string text(const std::string& value) { return rawBytes(static_cast<std::uint64_t>(value.size())) + value; }
    static std::string key(const std::string& name, std::uint32_t type, const std::string& value) {
        return text(name) + rawBytes(type) + value;
    }
    static std::string textKey(const std::string& name, const std::string& value) { return key(name, 8, text(value)); }
    static std::string numberKey(const std::string& name, std::uint32_t value) { return key(name, 4, rawBytes(value)); }
    static std::string textsKey(const std::string& name, const std::vector<std::string>& values) {
        std::string list = rawBytes(std::uint32_t{8}) + rawBytes(static_cast<std::uint64_t>(values.size()));
        for (const std::string& value : values)
            list += text(value);
        return key(name, 9, list);
    }
    static std::string numbersKey(const std::string& name, const std::vector<std::int32_t>& values) {
        std::string list = rawBytes(std::uint32_t{5}) + rawBytes(static_cast<std::uint64_t>(values.size()));
        for (const std::int32_t value : values)
            list += rawBytes(value);
        return key(name, 9, list);
    }
    static std::string tensor(const std::string& name, const std::vector<std::int64_t>& dimensions, std::uint32_t type,
                              std::uint64_t offset) {
        std::string record = text(name) + rawBytes(static_cast<std::uint32_t>(dimensions.size()));
        for (const std::int64_t dimension : dimensions)
            record += rawBytes(dimension);
        return record + rawBytes(type) + rawBytes(offset);
    }
    // A float tensor whose values are 0, 1, 2, …
    void addCounting(const std::string& name, const std::vector<std::int64_t>& dimensions) {
        tensors.push_back(tensor(name, dimensions, 0, data.size()));
        std::int64_t count = 1;
        for (const std::int64_t dimension : dimensions)
            count *= dimension;
        for (std::int64_t i = 0; i < count; ++i)
            data += rawBytes(static_cast<float>(i));
        data.append((alignment - data.size() % alignment) % alignment, '\0');
    }
    std::string bytes() const {
        std::string file = magic + rawBytes(version) + rawBytes(static_cast<std::uint64_t>(tensors.size())) +
                           rawBytes(static_cast<std::uint64_t>(keys.size()));
        for (const std::string& record : keys)
            file += record;
        for (const std::string& record : tensors)
            file += record;
        file.append((alignment - file.size() % alignment) % alignment, '\0');
        return file + data;
    }
};

} // namespace lolcats::testing
