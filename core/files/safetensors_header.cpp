// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors_header.h"

#include "core/files/json_file.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <algorithm>
#include <numeric>

namespace lolcats {

namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t mostTensors = 1000000;
constexpr std::size_t mostDimensions = 8;
constexpr std::size_t longestName = 1024;

[[noreturn]] void refuse(const std::string& code, const std::string& summary, const std::string& detail = {}) {
    throw Refusal(code, summary,
                  "The file is damaged or was not written by a safetensors writer: get it from its source again.", detail);
}

// The reader below knows no depth of its own for what it refuses anyway, so this comes first.
void refuseDeepNesting(const std::string& text, const std::string& path) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '\\')
            ++i;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            ++depth;
        else if (!quoted && (c == '}' || c == ']'))
            depth -= depth > 0 ? 1 : 0;
        if (depth > deepest)
            refuse("ST-DEPTH", "The header of " + path + " is nested more than 64 levels deep.");
    }
}

class HeaderReader : public nlohmann::json_sax<Json> {
public:
    explicit HeaderReader(const std::string& path) : m_path(path) {}
    SafetensorsHeader take() { return std::move(m_header); }

    bool null() override {
        if (m_place == Place::MetadataValue) {
            m_place = Place::Names; // "__metadata__": null is as good as none
            return true;
        }
        return misplaced("null");
    }
    bool boolean(bool) override { return misplaced("a truth value"); }
    bool number_integer(std::int64_t value) override { return misplaced("the number " + std::to_string(value)); }
    bool number_float(double, const std::string& text) override { return misplaced("the number " + text); }
    bool binary(Json::binary_t&) override { return false; }

    bool number_unsigned(std::uint64_t value) override {
        if (m_place == Place::Shape) {
            if (m_shape.size() == mostDimensions)
                refuse("ST-SHAPE", tensor() + " has more than 8 dimensions.");
            m_shape.push_back(value);
            return true;
        }
        if (m_place == Place::Offsets) {
            m_offsets.push_back(value);
            return true;
        }
        return misplaced("the number " + std::to_string(value));
    }

    bool string(std::string& value) override {
        if (m_place == Place::Metadata) {
            m_header.metadata.emplace(std::move(m_key), std::move(value));
            return true;
        }
        if (m_place != Place::Dtype)
            return misplaced("a text");
        if (findSafetensorsType(value) == nullptr)
            refuse("ST-DTYPE", tensor() + " has the unknown element type \"" + value.substr(0, 40) + "\".");
        m_entry.dtype = value;
        m_place = Place::Tensor;
        return true;
    }

    bool start_object(std::size_t) override {
        if (m_place == Place::Root)
            m_place = Place::Names;
        else if (m_place == Place::MetadataValue)
            m_place = Place::Metadata;
        else if (m_place == Place::TensorValue)
            m_place = Place::Tensor;
        else
            return misplaced("an object");
        return true;
    }

    bool start_array(std::size_t) override {
        if (m_place == Place::ShapeValue)
            m_place = Place::Shape;
        else if (m_place == Place::OffsetsValue)
            m_place = Place::Offsets;
        else
            return misplaced("a list");
        return true;
    }

    bool key(std::string& name) override {
        if (m_place == Place::Names)
            beginName(name);
        else if (m_place == Place::Metadata)
            beginMetadata(name);
        else
            beginField(name);
        return true;
    }

    bool end_object() override {
        if (m_place == Place::Tensor)
            finishTensor();
        m_place = m_place == Place::Names ? Place::End : Place::Names;
        return true;
    }

    bool end_array() override {
        if (m_place == Place::Offsets && m_offsets.size() != 2)
            refuse("ST-FIELD",
                   "data_offsets of " + tensor() + " has " + std::to_string(m_offsets.size()) + " items instead of 2.");
        m_place = Place::Tensor;
        return true;
    }

    bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) override {
        refuse("ST-JSON", "The header of " + m_path + " is not valid JSON at its byte " + std::to_string(byte) + ".",
               error.what());
    }

private:
    enum class Place {
        Root,
        Names,
        MetadataValue,
        Metadata,
        TensorValue,
        Tensor,
        Dtype,
        ShapeValue,
        Shape,
        OffsetsValue,
        Offsets,
        End
    };

    std::string tensor() const { return "Tensor \"" + m_entry.name.substr(0, 200) + "\" of " + m_path; }

    void beginName(const std::string& name) {
        if (name == "__metadata__") {
            if (m_sawMetadata)
                refuse("ST-DUP", "The header of " + m_path + " has __metadata__ twice.");
            m_sawMetadata = true;
            m_place = Place::MetadataValue;
            return;
        }
        if (name.empty() || name.size() > longestName ||
            std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
            refuse("ST-NAME", "A tensor of " + m_path +
                                  " has a name that is empty, longer than 1,024 bytes or has control characters in it.");
        if (m_header.entries.size() == mostTensors)
            refuse("ST-LIMIT", m_path + " holds more than 1,000,000 tensors.");
        m_entry = {};
        m_entry.name = name;
        m_shape.clear();
        m_offsets.clear();
        m_sawDtype = m_sawShape = m_sawOffsets = false;
        m_place = Place::TensorValue;
    }

    void beginMetadata(const std::string& name) {
        if (m_header.metadata.count(name) > 0)
            refuse("ST-DUP", "__metadata__ of " + m_path + " has the key \"" + name.substr(0, 200) + "\" twice.");
        m_key = name;
    }

    void beginField(const std::string& name) {
        bool* seen = name == "dtype"          ? &m_sawDtype
                     : name == "shape"        ? &m_sawShape
                     : name == "data_offsets" ? &m_sawOffsets
                                              : nullptr;
        if (seen == nullptr)
            refuse("ST-FIELD", tensor() + " has the unknown field \"" + name.substr(0, 200) + "\".");
        if (*seen)
            refuse("ST-DUP", tensor() + " has the field " + name + " twice.");
        *seen = true;
        m_place = seen == &m_sawDtype ? Place::Dtype : seen == &m_sawShape ? Place::ShapeValue : Place::OffsetsValue;
    }

    void finishTensor() {
        if (!m_sawDtype || !m_sawShape || !m_sawOffsets)
            refuse("ST-FIELD", tensor() + " lacks the field " +
                                   (!m_sawDtype   ? "dtype"
                                    : !m_sawShape ? "shape"
                                                  : "data_offsets") +
                                   ".");
        constexpr auto largest = static_cast<std::uint64_t>(INT64_MAX);
        for (const std::uint64_t dimension : m_shape) {
            if (dimension > largest)
                refuse("ST-OVERFLOW", tensor() + " has a dimension of " + std::to_string(dimension) + ".");
            m_entry.shape.push_back(static_cast<std::int64_t>(dimension));
        }
        if (m_offsets[1] < m_offsets[0])
            refuse("ST-OFFSET", tensor() + " ends before it begins.");
        if (m_offsets[1] > largest)
            refuse("ST-OVERFLOW", tensor() + " ends at byte " + std::to_string(m_offsets[1]) + ".");
        m_entry.begin = m_offsets[0];
        m_entry.bytes = m_offsets[1] - m_offsets[0];
        m_header.entries.push_back(std::move(m_entry));
    }

    bool misplaced(const std::string& what) {
        switch (m_place) {
        case Place::Metadata:
        case Place::MetadataValue:
            refuse("ST-META", "__metadata__ of " + m_path + " may hold texts only, but holds " + what + ".");
        case Place::TensorValue:
            refuse("ST-FIELD", tensor() + " is described by " + what + " instead of an object.");
        case Place::Dtype:
            refuse("ST-DTYPE", tensor() + " has " + what + " for its element type.");
        case Place::ShapeValue:
        case Place::Shape:
            refuse("ST-SHAPE", tensor() + " has " + what + " in its shape, which takes whole numbers from 0.");
        case Place::OffsetsValue:
            refuse("ST-FIELD", tensor() + " has " + what + " for its offsets.");
        case Place::Offsets:
            refuse("ST-OFFSET", tensor() + " has " + what + " for an offset, which takes whole numbers from 0.");
        default:
            refuse("ST-JSON", "The header of " + m_path + " is not a JSON object but " + what + ".");
        }
    }

    const std::string& m_path;
    SafetensorsHeader m_header;
    Place m_place = Place::Root;
    SafetensorsEntry m_entry;
    std::vector<std::uint64_t> m_shape;
    std::vector<std::uint64_t> m_offsets;
    std::string m_key;
    bool m_sawMetadata = false, m_sawDtype = false, m_sawShape = false, m_sawOffsets = false;
};

// Bits that shape and dtype ask for. Zero dimensions do not excuse absurd others.
std::uint64_t checkedBits(const SafetensorsEntry& entry, const std::string& path) {
    std::uint64_t bits = findSafetensorsType(entry.dtype)->bits;
    bool empty = false;
    for (const std::int64_t dimension : entry.shape) {
        empty = empty || dimension == 0;
        if (dimension != 0 && (__builtin_mul_overflow(bits, static_cast<std::uint64_t>(dimension), &bits) ||
                               bits > static_cast<std::uint64_t>(INT64_MAX)))
            refuse("ST-OVERFLOW", "The size of tensor \"" + entry.name + "\" of " + path + " does not fit into 63 bits.");
    }
    return empty ? 0 : bits;
}

void checkLayout(const std::vector<SafetensorsEntry>& entries, std::uint64_t dataBytes, const std::string& path) {
    std::uint64_t end = 0;
    for (const SafetensorsEntry& entry : entries) {
        const std::string tensor = "Tensor \"" + entry.name + "\" of " + path;
        if (entry.begin > end)
            refuse("ST-HOLE", "Bytes " + std::to_string(end) + " to " + std::to_string(entry.begin) + " before tensor \"" +
                                  entry.name + "\" of " + path + " belong to no tensor.");
        if (entry.begin < end)
            refuse("ST-OVERLAP", tensor + " overlaps the one before it.");
        const std::uint64_t bits = checkedBits(entry, path);
        if (bits % 8 != 0)
            refuse("ST-SUBBYTE", tensor + " does not end at a whole byte.");
        if (entry.bytes != bits / 8)
            refuse("ST-SIZE",
                   tensor + " needs " + std::to_string(bits / 8) + " bytes, but has " + std::to_string(entry.bytes) + ".");
        end = entry.begin + entry.bytes; // both below 2^63
    }
    if (end > dataBytes)
        refuse("ST-TRUNC", path + " is cut short: its tensors need " + std::to_string(end) + " bytes, " +
                               std::to_string(dataBytes) + " are there.");
    if (end < dataBytes)
        refuse("ST-TRAIL",
               path + " has " + std::to_string(dataBytes - end) + " bytes after its last tensor that belong to nothing.");
}

} // namespace

const SafetensorsType* findSafetensorsType(const std::string& name, std::size_t* place) {
    static const std::vector<SafetensorsType> types = {
        {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
        {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
        {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
        {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64},
    };
    for (std::size_t i = 0; i < types.size(); ++i)
        if (name == types[i].name) {
            if (place != nullptr)
                *place = i;
            return &types[i];
        }
    return nullptr;
}

std::vector<std::uint32_t> orderByName(const std::vector<SafetensorsEntry>& entries) {
    std::vector<std::uint32_t> order(entries.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](auto a, auto b) { return entries[a].name < entries[b].name; });
    return order;
}

SafetensorsHeader parseSafetensorsHeader(const std::string& text, std::uint64_t dataBytes, const std::string& path) {
    const std::size_t invalid = firstInvalidUtf8(text);
    if (invalid != text.size())
        refuse("ST-UTF8", "The header of " + path + " is not valid UTF-8 at its byte " + std::to_string(invalid) + ".");
    // The library would skip a byte-order mark and take a NUL for the end.
    if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != std::string::npos)
        refuse("ST-JSON", "The header of " + path + " is not valid JSON: it has a byte-order mark or a NUL byte in it.");
    refuseDeepNesting(text, path);
    HeaderReader reader(path);
    Json::sax_parse(text.begin(), text.end(), &reader);
    SafetensorsHeader header = reader.take();
    // Names are compared all at once: a set of a million of them would cost more than the rest.
    const std::vector<std::uint32_t> order = orderByName(header.entries);
    for (std::size_t i = 1; i < order.size(); ++i)
        if (header.entries[order[i]].name == header.entries[order[i - 1]].name)
            refuse("ST-DUP", "The tensor \"" + header.entries[order[i]].name + "\" is in the header of " + path + " twice.");
    std::stable_sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.bytes < b.bytes;
    });
    checkLayout(header.entries, dataBytes, path);
    return header;
}

} // namespace lolcats
