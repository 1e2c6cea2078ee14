// SPDX-License-Identifier: GPL-3.0-or-later
// A checkpoint as torch.save writes it, in the fewest words that torch.load understands: no memory of values, no dates.
#include "core/files/crc32.h"
#include "core/files/pickle_opcodes.h"
#include "core/files/torch_checkpoint.h"
#include "core/records/failure.h"

#include <stdexcept>

namespace lolcats {

namespace {

constexpr std::uint64_t kAlignment = 64; // of tensors' bytes, as PyTorch has it

class Bytes {
public:
    Bytes& number(std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i)
            m_all.push_back(static_cast<std::byte>(value >> (8 * i)));
        return *this;
    }
    Bytes& text(std::string_view text) {
        const auto bytes = std::as_bytes(std::span(text));
        m_all.insert(m_all.end(), bytes.begin(), bytes.end());
        return *this;
    }
    const std::vector<std::byte>& all() const { return m_all; }

private:
    std::vector<std::byte> m_all;
};

class ZipWriter {
public:
    explicit ZipWriter(const std::string& path) : m_writer(path), m_path(path) {}

    void add(const std::string& name, std::span<const std::byte> content, std::uint64_t alignment) {
        constexpr std::uint64_t local = 30, field = 4;
        const std::uint64_t begin = m_at + local + name.size() + field;
        const std::uint64_t padding = (alignment - begin % alignment) % alignment;
        if (begin + padding + content.size() > 0xFFFFFFFFU)
            throw Refusal("EXP-SIZE", "The file " + m_path + " would be larger than 4 GiB.",
                          "Leave the .pt files out; the safetensors files hold the same tensors.");
        const std::uint32_t checksum = crc32(content);
        const std::uint64_t place = m_at;
        // "FB" is PyTorch's own word for padding.
        put(Bytes()
                .text("PK\x03\x04")
                .number(0, 2)
                .number(0, 2)
                .number(0, 2)
                .number(kNoDate, 4)
                .number(checksum, 4)
                .number(content.size(), 4)
                .number(content.size(), 4)
                .number(name.size(), 2)
                .number(field + padding, 2)
                .text(name)
                .text("FB")
                .number(padding, 2)
                .text(std::string(padding, 'Z'))
                .all());
        put(content);
        m_directory.text("PK\x01\x02")
            .number(0, 2)
            .number(0, 2)
            .number(0, 2)
            .number(0, 2)
            .number(kNoDate, 4)
            .number(checksum, 4)
            .number(content.size(), 4)
            .number(content.size(), 4)
            .number(name.size(), 2)
            .number(0, 2)
            .number(0, 2)
            .number(0, 2)
            .number(0, 2)
            .number(0, 4)
            .number(place, 4)
            .text(name);
        ++m_entries;
    }

    void finish() {
        const std::uint64_t begin = m_at, bytes = m_directory.all().size();
        if (m_entries >= 0xFFFF || begin + bytes > 0xFFFFFFFFU)
            throw Refusal("EXP-SIZE", "The file " + m_path + " would hold more than a plain zip archive can.",
                          "Leave the .pt files out; the safetensors files hold the same tensors.");
        put(m_directory.all());
        put(Bytes()
                .text("PK\x05\x06")
                .number(0, 4)
                .number(m_entries, 2)
                .number(m_entries, 2)
                .number(bytes, 4)
                .number(begin, 4)
                .number(0, 2)
                .all());
        m_writer.commit();
    }

private:
    static constexpr std::uint64_t kNoDate = 0x00210000; // the first of January 1980: equal content, equal bytes
    void put(std::span<const std::byte> bytes) {
        m_writer.write(bytes);
        m_at += bytes.size();
    }

    FileWriter m_writer;
    std::string m_path;
    Bytes m_directory;
    std::uint64_t m_at = 0;
    std::uint64_t m_entries = 0;
};

std::uint64_t elementsOf(const SafetensorsSource& tensor) {
    std::uint64_t elements = 1;
    for (const std::int64_t size : tensor.shape)
        elements *= static_cast<std::uint64_t>(size);
    if (elements == 0)
        throw std::invalid_argument("tensor " + tensor.name + " is empty");
    return elements;
}

const char* storageClass(const std::string& dtype) {
    if (dtype == "F32")
        return "FloatStorage";
    if (dtype == "BF16")
        return "BFloat16Storage";
    throw std::invalid_argument("tensors of type " + dtype + " are not written");
}

void writeInteger(Bytes& out, std::uint64_t value) {
    if (value < 0x80000000U)
        out.number(opcodes::BinInt, 1).number(value, 4);
    else
        out.number(opcodes::Long1, 1).number(8, 1).number(value, 8);
}

void writeText(Bytes& out, const std::string& text) {
    out.number(opcodes::BinUnicode, 1).number(text.size(), 4).text(text);
}

void writeName(Bytes& out, const std::string& module, const std::string& name) {
    out.number(opcodes::Global, 1).text(module + "\n" + name + "\n");
}

void writeDictionary(Bytes& out) {
    writeName(out, "collections", "OrderedDict");
    out.number(opcodes::EmptyTuple, 1).number(opcodes::Reduce, 1);
}

void writeTensor(Bytes& out, const SafetensorsSource& tensor, std::size_t storage) {
    writeName(out, "torch._utils", "_rebuild_tensor_v2");
    out.number(opcodes::Mark, 1).number(opcodes::Mark, 1);
    writeText(out, "storage");
    writeName(out, "torch", storageClass(tensor.dtype));
    writeText(out, std::to_string(storage));
    writeText(out, "cpu");
    writeInteger(out, elementsOf(tensor));
    out.number(opcodes::Tuple, 1).number(opcodes::BinPersId, 1);
    writeInteger(out, 0);
    out.number(opcodes::Mark, 1);
    for (const std::int64_t size : tensor.shape)
        writeInteger(out, static_cast<std::uint64_t>(size));
    out.number(opcodes::Tuple, 1).number(opcodes::Mark, 1);
    std::uint64_t stride = elementsOf(tensor);
    for (const std::int64_t size : tensor.shape)
        writeInteger(out, stride /= static_cast<std::uint64_t>(size));
    out.number(opcodes::Tuple, 1).number(opcodes::NewFalse, 1);
    writeDictionary(out); // hooks: none
    out.number(opcodes::Tuple, 1).number(opcodes::Reduce, 1);
}

Bytes description(const std::vector<SafetensorsSource>& tensors, const std::map<std::string, std::int64_t>& numbers) {
    Bytes out;
    out.number(opcodes::Proto, 1).number(2, 1).number(opcodes::EmptyDict, 1).number(opcodes::Mark, 1);
    writeText(out, "model_state_dict");
    writeDictionary(out);
    out.number(opcodes::Mark, 1);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        writeText(out, tensors[i].name);
        writeTensor(out, tensors[i], i);
    }
    out.number(opcodes::SetItems, 1);
    for (const auto& [name, value] : numbers) {
        writeText(out, name);
        writeInteger(out, static_cast<std::uint64_t>(value));
    }
    out.number(opcodes::SetItems, 1).number(opcodes::Stop, 1);
    return out;
}

} // namespace

void writeTorchCheckpoint(const std::string& path, const std::vector<SafetensorsSource>& tensors,
                          const std::map<std::string, std::int64_t>& numbers) {
    const std::string folder = "archive/";
    ZipWriter zip(path);
    zip.add(folder + "data.pkl", description(tensors, numbers).all(), kAlignment);
    zip.add(folder + "byteorder", Bytes().text("little").all(), kAlignment);
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const std::vector<std::byte> bytes = tensors[i].bytes();
        if (bytes.size() != elementsOf(tensors[i]) * safetensorsElementBytes(tensors[i].dtype))
            throw std::invalid_argument("tensor " + tensors[i].name + " gave another number of bytes than its shape asks for");
        zip.add(folder + "data/" + std::to_string(i), bytes, kAlignment);
    }
    zip.add(folder + "version", Bytes().text("3\n").all(), kAlignment);
    zip.finish();
}

} // namespace lolcats
