// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"

#include "core/files/json_file.h"
#include "core/files/safetensors_header.h"
#include "core/files/sha256.h"
#include "core/records/failure.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace lolcats {

namespace {

std::uint64_t bytesOf(const SafetensorsSource& tensor) {
    std::uint64_t bytes = safetensorsElementBytes(tensor.dtype);
    if (bytes == 0)
        throw std::invalid_argument("tensors of type " + tensor.dtype + " are not written");
    for (const std::int64_t dimension : tensor.shape)
        bytes *= static_cast<std::uint64_t>(dimension);
    return bytes;
}

std::string quoted(const std::string& text) {
    return Json(text).dump();
}

std::string headerText(const std::vector<SafetensorsSource>& tensors, const std::map<std::string, std::string>& metadata) {
    std::string text = "{";
    const auto separate = [&] { text += text.size() > 1 ? "," : ""; };
    if (!metadata.empty()) {
        text += "\"__metadata__\":{";
        bool first = true;
        for (const auto& [key, value] : metadata) {
            text += (first ? "" : ",") + quoted(key) + ":" + quoted(value);
            first = false;
        }
        text += "}";
    }
    std::uint64_t offset = 0;
    for (const SafetensorsSource& tensor : tensors) {
        separate();
        text += quoted(tensor.name) + ":{\"dtype\":\"" + tensor.dtype + "\",\"shape\":[";
        for (std::size_t i = 0; i < tensor.shape.size(); ++i)
            text += (i > 0 ? "," : "") + std::to_string(tensor.shape[i]);
        const std::uint64_t end = offset + bytesOf(tensor);
        text += "],\"data_offsets\":[" + std::to_string(offset) + "," + std::to_string(end) + "]}";
        offset = end;
    }
    text += "}";
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

void sortAsReference(std::vector<SafetensorsSource>& tensors) {
    const auto place = [](const SafetensorsSource& tensor) {
        std::size_t index = 0;
        findSafetensorsType(tensor.dtype, &index);
        return index;
    };
    std::sort(tensors.begin(), tensors.end(), [&](const SafetensorsSource& a, const SafetensorsSource& b) {
        const std::size_t left = place(a), right = place(b);
        return left != right ? left > right : a.name < b.name;
    });
}

} // namespace

std::uint64_t safetensorsElementBytes(const std::string& dtype) {
    const SafetensorsType* type = findSafetensorsType(dtype);
    return type == nullptr || type->bits % 8 != 0 ? 0 : type->bits / 8;
}

float floatFromBfloat16(std::uint16_t bits) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

std::uint16_t bfloat16FromFloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFU) > 0x7F800000U)
        return static_cast<std::uint16_t>((bits >> 16U) | 0x40U); // a NaN stays one
    return static_cast<std::uint16_t>((bits + 0x7FFFU + ((bits >> 16U) & 1U)) >> 16U);
}

void writeSafetensors(const std::string& path, std::vector<SafetensorsSource> tensors,
                      const std::map<std::string, std::string>& metadata) {
    sortAsReference(tensors);
    const std::string header = headerText(tensors, metadata);
    const std::uint64_t length = header.size();
    FileWriter writer(path);
    Sha256 written;
    const auto put = [&](std::span<const std::byte> bytes) {
        writer.write(bytes);
        written.add(bytes);
    };
    put(std::as_bytes(std::span(&length, 1)));
    put(std::as_bytes(std::span(header)));
    for (const SafetensorsSource& tensor : tensors) {
        const std::vector<std::byte> bytes = tensor.bytes();
        if (bytes.size() != bytesOf(tensor))
            throw std::invalid_argument("tensor " + tensor.name + " gave another number of bytes than its shape asks for");
        put(bytes);
    }
    // What was written is read back before it takes its name: as a file of this format, and byte for byte.
    const std::string& hidden = writer.sync();
    const SafetensorsFile check(hidden);
    if (sha256OfFile(hidden, {}) != written.hex())
        throw Refusal("FILE-WRITE", path + " reads back differently from what was written.",
                      "Check the disk; nothing was changed.");
    writer.commit();
}

} // namespace lolcats
