// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tensorboard.h"

#include "core/records/failure.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace lolcats {

namespace {

constexpr std::array<std::uint32_t, 256> crcTable() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < 256; ++index) {
        std::uint32_t rest = index;
        for (int bit = 0; bit < 8; ++bit)
            rest = (rest >> 1U) ^ ((rest & 1U) != 0 ? 0x82F63B78U : 0U);
        table[index] = rest;
    }
    return table;
}

std::uint32_t maskedCrc(std::string_view bytes) {
    static constexpr auto table = crcTable();
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes)
        crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFFU] ^ (crc >> 8U);
    crc = ~crc;
    return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

template <typename Number> std::string littleEndian(Number number) {
    std::string bytes(sizeof number, '\0');
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

std::string varint(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7U)
        bytes += static_cast<char>((number & 0x7fU) | 0x80U);
    return bytes + static_cast<char>(number);
}

std::string field(char key, const std::string& bytes) {
    return key + varint(bytes.size()) + bytes;
}

std::string record(const std::string& message) {
    const std::string length = littleEndian<std::uint64_t>(message.size());
    return length + littleEndian(maskedCrc(length)) + message + littleEndian(maskedCrc(message));
}

// Keys: field number * 8 + wire type, of tensorflow.Event { 1 wall_time, 2 step, 3 file_version, 5 summary },
// Summary { 1 value } and Summary.Value { 1 tag, 2 simple_value }.
std::string versionEvent(double time) {
    return "\x09" + littleEndian(time) + field('\x1a', "brain.Event:2");
}

std::string scalarEvent(double time, const Metric& metric) {
    std::string tag = std::string(stageName(metric.stage)) + "/" + metric.name;
    if (metric.layer >= 0)
        tag += "/layer_" + std::to_string(metric.layer);
    const std::string value = field('\x0a', tag) + "\x15" + littleEndian(static_cast<float>(metric.value));
    return "\x09" + littleEndian(time) + "\x10" + varint(static_cast<std::uint64_t>(metric.step)) +
           field('\x2a', field('\x0a', value));
}

} // namespace

std::string writeTensorboard(const std::string& folder, const RunRecord& run, const std::vector<Metric>& metrics) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    const std::string path =
        folder + "/events.out.tfevents." + std::to_string(static_cast<std::int64_t>(run.started)) + "." + run.name;
    if (std::filesystem::exists(path, error))
        throw Refusal("ARG-EXISTS", "The file " + path + " exists already.",
                      "Choose another folder for --out, or delete the file.");
    std::ofstream file(path, std::ios::binary);
    file << record(versionEvent(run.started));
    for (const Metric& metric : metrics)
        file << record(scalarEvent(run.started, metric));
    file.close();
    if (!file)
        throw Refusal("RES-DISK", "The file " + path + " could not be written.", "Check the folder and its free space.");
    return path;
}

} // namespace lolcats
