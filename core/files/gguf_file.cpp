// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_file.h"

#include "core/files/foreign_kinds.h"
#include "core/files/gguf_layout.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <unordered_set>

namespace lolcats {

namespace {

constexpr std::uint64_t leastTensorRecord = 24;
constexpr std::uint64_t leastKeyRecord = 13;
constexpr std::uint64_t mostTensors = 1000000;

void checkMagic(GgufCursor& cursor, const FileBytes& file) {
    if (cursor.left() < 4)
        refuseGguf("GG-SHORT", file.path() + " has " + std::to_string(file.size()) + " bytes: too short for a GGUF file.");
    if (!isGguf(file)) {
        refuseForeignKinds(file, true);
        refuseGguf("GG-MAGIC", file.path() + " does not begin with GGUF.");
    }
    cursor.number<std::uint32_t>();
    const auto version = cursor.number<std::uint32_t>();
    if (version == 2 || version == 3)
        return;
    const std::uint32_t swapped = __builtin_bswap32(version);
    if (swapped == 2 || swapped == 3)
        refuseGguf("GG-ENDIAN", file.path() + " is a big-endian GGUF file; little-endian ones are read.");
    refuseGguf("GG-VERSION", file.path() + " is GGUF version " + std::to_string(version) + "; versions 2 and 3 are read.");
}

std::string readKey(GgufCursor& cursor) {
    std::string key = cursor.text("A key");
    const bool readable = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    if (key.empty() || key.size() > 65535 || !readable)
        refuseGguf("GG-KEY", "A key of " + cursor.path() + " is empty, longer than 65,535 bytes or not plain ASCII.");
    return key;
}

std::uint64_t alignmentOf(const std::map<std::string, GgufValue>& keys, const std::string& path) {
    const auto found = keys.find("general.alignment");
    if (found == keys.end())
        return 32;
    if (found->second.type != GgufType::U32)
        refuseGguf("GG-ALIGN", "general.alignment of " + path + " is not a 32-bit number.");
    const auto alignment = static_cast<std::uint64_t>(std::get<std::int64_t>(found->second.value));
    if (alignment < 8 || alignment > 65536 || !std::has_single_bit(alignment))
        refuseGguf("GG-ALIGN", "general.alignment of " + path + " is " + std::to_string(alignment) +
                                   "; a power of two from 8 to 65,536 is allowed.");
    return alignment;
}

void refuseDuplicate(const GgufTensor& tensor, std::unordered_set<std::string>& names, const std::string& path) {
    const std::string upToNul = tensor.name.substr(0, tensor.name.find('\0'));
    if (!names.insert(upToNul).second)
        refuseGguf("GG-DUP", "The tensor \"" + upToNul + "\" is in the list of " + path + " twice.");
    if (upToNul.size() != tensor.name.size() || !isValidUtf8(tensor.name))
        refuseGguf("GG-NAME", "The name of tensor \"" + upToNul + "\" of " + path + " has a NUL byte in it or is not UTF-8.");
}

// 9.999999747e-06 is how a float writes 1e-5: the shortest decimal that gives the float back is what was meant.
double asWritten(float value) {
    if (!std::isfinite(value))
        return static_cast<double>(value);
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value);
    double meant = 0;
    std::from_chars(text, end.ptr, meant);
    return meant;
}

[[noreturn]] void refuseKeyType(const std::string& path, const std::string& key, const char* wanted) {
    refuseGguf("GG-TYPE", "Key " + key + " of " + path + " is not " + wanted + ".");
}

void refuseSplit(const GgufFile& file) {
    const auto count = file.integer("split.count");
    if (!count || *count <= 1)
        return;
    std::string others;
    const std::int64_t number = file.integer("split.no").value_or(0) + 1;
    for (std::int64_t i = 1; i <= std::min<std::int64_t>(*count, 20); ++i)
        if (i != number)
            others += (others.empty() ? "" : ", ") + std::to_string(i);
    throw Refusal("GG-SPLIT",
                  file.path() + " is part " + std::to_string(number) + " of a model in " + std::to_string(*count) +
                      " files; parts " + others + " are missing from it.",
                  "Join the parts into one file with the tool that split them (llama-gguf-split --merge), then open that.");
}

} // namespace

GgufFile::GgufFile(const std::string& path) : m_file(path) {
    GgufCursor cursor(m_file);
    checkMagic(cursor, m_file);
    const auto tensorCount = cursor.number<std::uint64_t>();
    const auto keyCount = cursor.number<std::uint64_t>();
    if (tensorCount > mostTensors || tensorCount > cursor.left() / leastTensorRecord)
        refuseGguf("GG-COUNT",
                   path + " says that it holds " + std::to_string(tensorCount) + " tensors, which do not fit into it.");
    if (keyCount > cursor.left() / leastKeyRecord)
        refuseGguf("GG-COUNT", path + " says that it holds " + std::to_string(keyCount) + " keys, which do not fit into it.");
    for (std::uint64_t i = 0; i < keyCount; ++i) {
        const std::string key = readKey(cursor);
        const auto type = cursor.number<std::uint32_t>();
        if (m_keys.count(key) > 0)
            refuseGguf("GG-DUP", "The key " + key + " is in " + path + " twice.");
        m_keys.emplace(key, cursor.value(type, key));
    }
    const std::uint64_t alignment = alignmentOf(m_keys, path);
    std::unordered_set<std::string> names;
    for (std::uint64_t i = 0; i < tensorCount; ++i) {
        m_tensors.push_back(readGgufTensor(cursor, alignment));
        refuseDuplicate(m_tensors.back(), names, path);
    }
    refuseSplit(*this);
    checkGgufLayout(m_file, m_tensors, cursor.position(), alignment);
    m_dataStart = roundedUp(cursor.position(), alignment);
}

void GgufFile::read(const GgufTensor& tensor, std::uint64_t offset, std::span<std::byte> out) const {
    m_file.read(m_dataStart + tensor.offset + offset, out);
}

const GgufValue* GgufFile::value(const std::string& key) const {
    const auto found = m_keys.find(key);
    return found == m_keys.end() ? nullptr : &found->second;
}

const std::string* GgufFile::text(const std::string& key) const {
    const GgufValue* found = value(key);
    if (found != nullptr && found->type != GgufType::String)
        refuseKeyType(path(), key, "a text");
    return found == nullptr ? nullptr : &std::get<std::string>(found->value);
}

std::optional<std::int64_t> GgufFile::integer(const std::string& key) const {
    const GgufValue* found = value(key);
    if (found == nullptr)
        return std::nullopt;
    if (const auto* whole = std::get_if<std::int64_t>(&found->value))
        return *whole;
    const auto* large = std::get_if<std::uint64_t>(&found->value);
    if (large == nullptr || *large > static_cast<std::uint64_t>(INT64_MAX))
        refuseKeyType(path(), key, "a whole number below 2^63");
    return static_cast<std::int64_t>(*large);
}

std::optional<double> GgufFile::number(const std::string& key) const {
    const GgufValue* found = value(key);
    if (found == nullptr)
        return std::nullopt;
    const auto* stored = std::get_if<double>(&found->value);
    if (stored == nullptr)
        refuseKeyType(path(), key, "a number with a fraction");
    return found->type == GgufType::F32 ? asWritten(static_cast<float>(*stored)) : *stored;
}

std::optional<bool> GgufFile::flag(const std::string& key) const {
    const GgufValue* found = value(key);
    if (found != nullptr && found->type != GgufType::Bool)
        refuseKeyType(path(), key, "a truth value");
    return found == nullptr ? std::nullopt : std::optional(std::get<bool>(found->value));
}

const GgufArray* GgufFile::array(const std::string& key) const {
    const GgufValue* found = value(key);
    if (found != nullptr && found->type != GgufType::Array)
        refuseKeyType(path(), key, "a list");
    return found == nullptr ? nullptr : &std::get<GgufArray>(found->value);
}

} // namespace lolcats
