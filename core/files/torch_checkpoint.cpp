// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/torch_checkpoint.h"

#include "core/files/number_formats.h"
#include "core/files/pickle_reader.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cstring>

namespace lolcats {

namespace {

constexpr std::uint64_t kLargestPickle = 64ULL << 20U;
constexpr const char* kPickleName = "data.pkl";
constexpr const char* kState = "model_state_dict";

[[noreturn]] void refuse(const std::string& code, const std::string& path, const std::string& what) {
    throw Refusal(code, "The checkpoint " + path + " " + what + ".",
                  "It is damaged, or is no checkpoint of plain tensors: get it from its source again.");
}

std::uint64_t elementsOf(const std::vector<std::int64_t>& shape, std::uint64_t most) {
    std::uint64_t elements = 1;
    for (const std::int64_t size : shape) {
        if (size != 0 && elements > most / static_cast<std::uint64_t>(size))
            return most + 1;
        elements *= static_cast<std::uint64_t>(size);
    }
    return elements;
}

// The element that lies furthest back, from the first one; more than `most` where it is out of reach.
std::uint64_t reachOf(const PickleValue& tensor, std::uint64_t most) {
    std::uint64_t reach = 0;
    for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
        const auto steps = static_cast<std::uint64_t>(tensor.sizes[i] - 1);
        const auto stride = static_cast<std::uint64_t>(tensor.strides[i]);
        if (steps != 0 && stride > (most - reach) / steps)
            return most + 1;
        reach += steps * stride;
    }
    return reach;
}

bool isRowMajor(const TorchTensor& tensor) {
    std::int64_t expected = 1;
    for (std::size_t i = tensor.shape.size(); i > 0; --i) {
        if (tensor.shape[i - 1] != 1 && tensor.strides[i - 1] != expected)
            return false;
        expected *= tensor.shape[i - 1];
    }
    return true;
}

// Rows of another order, put into ours: the indices count up as a clock does.
std::vector<std::byte> gathered(const TorchTensor& tensor, const std::byte* from, std::uint64_t elements, std::uint64_t bytes) {
    std::vector<std::byte> out(elements * bytes);
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    std::int64_t place = 0;
    for (std::uint64_t i = 0; i < elements; ++i) {
        std::memcpy(out.data() + i * bytes, from + static_cast<std::uint64_t>(place) * bytes, bytes);
        for (std::size_t axis = index.size(); axis > 0; --axis) {
            place += tensor.strides[axis - 1];
            if (++index[axis - 1] < tensor.shape[axis - 1])
                break;
            place -= tensor.strides[axis - 1] * tensor.shape[axis - 1];
            index[axis - 1] = 0;
        }
    }
    return out;
}

} // namespace

bool TorchCheckpoint::isOne(const std::string& path) {
    const FileBytes file(path);
    std::string start(std::min<std::uint64_t>(file.size(), 4), '\0');
    file.read(0, std::as_writable_bytes(std::span(start)));
    return start == "PK\x03\x04";
}

TorchCheckpoint::TorchCheckpoint(const std::string& path) : m_archive(path) {
    const ZipEntry* description = nullptr;
    for (const ZipEntry& entry : m_archive.entries())
        if (entry.name == kPickleName || entry.name.ends_with(std::string("/") + kPickleName)) {
            if (description != nullptr)
                refuse("PT-KIND", path, "has two descriptions of its tensors (data.pkl)");
            description = &entry;
        }
    if (description == nullptr)
        refuse("PT-KIND", path, "is a zip archive without a description of tensors (data.pkl)");
    m_folder = description->name.substr(0, description->name.size() - std::strlen(kPickleName));
    if (m_archive.find(m_folder + "constants.pkl") != nullptr)
        refuse("SEC-PICKLE", path, "is a TorchScript archive: it holds a program, not tensors alone");
    if (const ZipEntry* order = m_archive.find(m_folder + "byteorder"); order != nullptr && order->bytes < 16) {
        const std::vector<std::byte> word = m_archive.read(*order);
        if (std::string(reinterpret_cast<const char*>(word.data()), word.size()) != "little")
            refuse("PT-KIND", path, "was written on a machine that writes numbers the other way round");
    }
    if (description->bytes > kLargestPickle)
        refuse("PT-KIND", path, "has a description of more than 64 MiB");
    const Pickle pickle = readPickle(m_archive.read(*description), path);
    addTensors(pickle, pickle.at(pickle.root));
}

void TorchCheckpoint::addTensors(const Pickle& pickle, const PickleValue& root) {
    const auto text = [&](std::uint32_t place) {
        if (pickle.at(place).kind != PickleKind::Text)
            refuse("PT-KIND", path(), "has a dictionary whose keys are no text");
        return pickle.at(place).text;
    };
    if (root.kind != PickleKind::Dictionary)
        refuse("PT-KIND", path(), "holds no dictionary of tensors");
    const PickleValue* state = nullptr;
    for (std::size_t i = 0; i < root.items.size(); i += 2)
        if (text(root.items[i]) == kState)
            state = &pickle.at(root.items[i + 1]);
    for (std::size_t i = 0; i < root.items.size(); i += 2) {
        const PickleValue& value = pickle.at(root.items[i + 1]);
        const std::string& name = text(root.items[i]);
        if (value.kind == PickleKind::Integer)
            m_numbers[name] = static_cast<double>(value.integer);
        else if (value.kind == PickleKind::Number)
            m_numbers[name] = value.number;
        else if (state == nullptr)
            addTensor(pickle, name, value);
    }
    if (state == nullptr)
        return;
    if (state->kind != PickleKind::Dictionary)
        refuse("PT-KIND", path(), std::string("has a “") + kState + "” that is no dictionary");
    for (std::size_t i = 0; i < state->items.size(); i += 2)
        addTensor(pickle, text(state->items[i]), pickle.at(state->items[i + 1]));
}

void TorchCheckpoint::addTensor(const Pickle& pickle, const std::string& name, const PickleValue& value) {
    if (value.kind != PickleKind::Tensor)
        refuse("PT-KIND", path(), "has something under “" + name.substr(0, 200) + "” that is no tensor");
    if (!m_names.insert(name).second)
        refuse("PT-KIND", path(), "has two tensors called “" + name.substr(0, 200) + "”");
    const PickleValue& storage = pickle.at(value.items.front());
    const std::string where = "has a tensor “" + name.substr(0, 200) + "” ";
    const ZipEntry* file = m_archive.find(m_folder + "data/" + storage.key);
    if (file == nullptr)
        refuse("PT-TENSOR", path(), where + "whose bytes are missing (data/" + storage.key.substr(0, 40) + ")");
    const auto stored = static_cast<std::uint64_t>(storage.integer);
    const std::uint64_t bytes = safetensorsElementBytes(storage.text);
    if (stored > file->bytes / bytes || stored * bytes != file->bytes)
        refuse("PT-TENSOR", path(), where + "whose bytes are not as many as its numbers");
    const std::uint64_t elements = elementsOf(value.sizes, stored);
    const auto first = static_cast<std::uint64_t>(value.integer);
    const bool fits = elements == 0 || (elements <= stored && first < stored && reachOf(value, stored) < stored - first);
    if (!fits)
        refuse("PT-TENSOR", path(), where + "that is larger than its bytes");
    m_tensors.push_back({name, storage.text, value.sizes, file->name, first, value.strides});
}

std::vector<std::byte> TorchCheckpoint::read(const TorchTensor& tensor) const {
    const std::uint64_t bytes = safetensorsElementBytes(tensor.dtype);
    const std::vector<std::byte> stored = m_archive.read(*m_archive.find(tensor.storage));
    const std::uint64_t elements = elementsOf(tensor.shape, stored.size());
    if (elements == 0)
        return {};
    const std::byte* from = stored.data() + tensor.first * bytes;
    if (!isRowMajor(tensor))
        return gathered(tensor, from, elements, bytes);
    return {from, from + elements * bytes};
}

std::vector<float> TorchCheckpoint::readFloats(const TorchTensor& tensor) const {
    const std::vector<std::byte> bytes = read(tensor);
    const auto converted = [&]<typename Stored>(Stored stored, auto toFloat) {
        std::vector<float> values(bytes.size() / sizeof(Stored));
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::memcpy(&stored, bytes.data() + i * sizeof(Stored), sizeof(Stored));
            values[i] = toFloat(stored);
        }
        return values;
    };
    if (tensor.dtype == "F32")
        return converted(0.0F, [](float value) { return value; });
    if (tensor.dtype == "F64")
        return converted(0.0, [](double value) { return static_cast<float>(value); });
    if (tensor.dtype == "BF16")
        return converted(std::uint16_t{}, floatFromBfloat16);
    if (tensor.dtype == "F16")
        return converted(std::uint16_t{}, floatFromHalf);
    refuse("PT-TENSOR", path(), "has a tensor “" + tensor.name.substr(0, 200) + "” of whole numbers where weights should be");
}

} // namespace lolcats
