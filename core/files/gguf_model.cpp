// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_blocks.h"
#include "core/files/gguf_cursor.h"
#include "core/files/gguf_file.h"
#include "core/files/gguf_metadata.h"
#include "core/files/sources.h"
#include "core/records/failure.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

namespace lolcats {

namespace {

constexpr std::int64_t largestExpertCount = 1024;

// Where a weight lies: all of a tensor, or the rows of one expert.
struct Place {
    std::size_t tensor = 0;
    std::size_t firstRow = 0;
};

// Files of architecture llama store the rows of q and k with the two halves of each head interleaved.
class RowOrder {
public:
    RowOrder() = default;
    RowOrder(std::int64_t rows, std::int64_t heads) : m_headRows(rows / heads) {}
    std::int64_t operator()(std::int64_t stored) const {
        if (m_headRows == 0)
            return stored;
        const std::int64_t head = stored / m_headRows, inside = stored % m_headRows;
        return head * m_headRows + inside % 2 * (m_headRows / 2) + inside / 2;
    }

private:
    std::int64_t m_headRows = 0; // 0: as stored
};

class GgufModel : public ModelSource {
public:
    explicit GgufModel(const std::string& path) : m_file(path), m_config(ggufConfig(m_file)) {
        for (std::size_t i = 0; i < m_file.tensors().size(); ++i) {
            const GgufTensor& tensor = m_file.tensors()[i];
            StoredTensor told{huggingFaceName(tensor.name), {}, tensor.type->name, tensor.bytes};
            told.shape.assign(tensor.dimensions.rbegin(), tensor.dimensions.rend());
            if (told.name.find(kExpertsMark) != std::string::npos && told.shape.size() == 3)
                addExperts(told, i);
            else
                add(told, {i, 0});
        }
    }

    const std::string& path() const override { return m_file.path(); }
    std::string format() const override { return "gguf"; }
    std::string name() const override {
        const std::string* given = m_file.text("general.name");
        return given != nullptr && !given->empty() ? *given : std::filesystem::path(path()).stem().string();
    }
    const Json& config() const override { return m_config; }
    const std::vector<StoredTensor>& tensors() const override { return m_tensors; }
    std::string tokenizerJson() const override { return ggufTokenizerJson(m_file); }
    std::map<std::string, std::string> sideFiles() const override { return ggufSideFiles(m_file); }
    std::vector<std::string> weightFiles() const override { return {path()}; }

    std::vector<std::string> notices() const override {
        std::map<std::string, int> counts;
        for (const StoredTensor& tensor : m_tensors)
            if (isQuantised(tensor.type))
                ++counts[tensor.type];
        if (counts.empty())
            return {};
        std::string types;
        for (const auto& [type, count] : counts)
            types +=
                (types.empty() ? "" : ", ") + type + " in " + std::to_string(count) + (count == 1 ? " tensor" : " tensors");
        return {"The weights are quantised (" + types + "): the teacher is less exact than the original model."};
    }

    void readFloats(const std::string& name, std::span<float> out) const override {
        const auto found = m_index.find(name);
        if (found == m_index.end())
            throw Refusal("GG-MISSING", path() + " holds no tensor \"" + name + "\".", "Check that it is the right file.");
        const GgufTensor& tensor = m_file.tensors()[found->second.place.tensor];
        const StoredTensor& told = m_tensors[found->second.told];
        std::int64_t elements = 1;
        for (const std::int64_t dimension : told.shape)
            elements *= dimension;
        if (static_cast<std::size_t>(elements) != out.size())
            throw std::invalid_argument("the room for tensor " + name + " has another size than the tensor");
        if (!canDequantise(told.type))
            throw Refusal("GG-DTYPE",
                          "Tensor \"" + name + "\" of " + path() + " is of type " + told.type + ", which is not read.",
                          "Get the model in F16, BF16, Q8_0 or one of Q4_0 to Q6_K.");
        const bool isVector = told.shape.size() == 1;
        const std::int64_t columns = isVector ? 1 : told.shape.back();
        const RowOrder order = rowOrder(name, elements / columns);
        if (isVector)
            readVector(tensor, order, out);
        else
            readRows(tensor, found->second.place.firstRow, static_cast<std::size_t>(columns), order, out);
    }

private:
    struct Entry {
        std::size_t told = 0; // in m_tensors
        Place place;
    };

    void add(const StoredTensor& told, Place place) {
        if (!m_index.emplace(told.name, Entry{m_tensors.size(), place}).second)
            refuseGguf("GG-DUP", path() + " holds " + told.name + " twice, under two names.");
        m_tensors.push_back(told);
    }

    // [experts, rows, columns] as that many tensors [rows, columns].
    void addExperts(const StoredTensor& all, std::size_t tensor) {
        const std::int64_t experts = all.shape[0];
        if (experts > largestExpertCount)
            refuseGguf("GG-DIM", path() + " holds a tensor for " + std::to_string(experts) + " experts.");
        for (std::int64_t expert = 0; expert < experts; ++expert)
            add({expertName(all.name, expert),
                 {all.shape[1], all.shape[2]},
                 all.type,
                 all.bytes / static_cast<std::uint64_t>(experts)},
                {tensor, static_cast<std::size_t>(expert * all.shape[1])});
    }

    RowOrder rowOrder(const std::string& name, std::int64_t rows) const {
        const bool isQuery = name.find(".self_attn.q_proj.") != std::string::npos;
        const bool isKey = name.find(".self_attn.k_proj.") != std::string::npos;
        const std::string* architecture = m_file.text("general.architecture");
        if ((!isQuery && !isKey) || architecture == nullptr || *architecture != "llama")
            return {};
        const char* heads =
            isQuery || m_config["num_key_value_heads"].is_null() ? "num_attention_heads" : "num_key_value_heads";
        const std::int64_t count = m_config.value(heads, std::int64_t{0});
        if (count < 1 || rows % (2 * count) != 0)
            throw Refusal("CFG-HEADS",
                          "The " + std::to_string(rows) + " rows of tensor \"" + name + "\" of " + path() +
                              " cannot be shared out to " + std::to_string(count) + " heads.",
                          "The file is damaged: get it from its source again.");
        return {rows, count};
    }

    // In pieces of about 1 MiB, so that one tensor costs no more memory than its floats.
    void readRows(const GgufTensor& tensor, std::size_t firstRow, std::size_t columns, const RowOrder& order,
                  std::span<float> out) const {
        const std::size_t rows = out.size() / columns;
        std::size_t allRows = 1;
        for (std::size_t i = 1; i < tensor.dimensions.size(); ++i)
            allRows *= static_cast<std::size_t>(tensor.dimensions[i]);
        const std::size_t rowBytes = tensor.bytes / allRows;
        const std::size_t step = std::max<std::size_t>(1, (1U << 20U) / rowBytes);
        std::vector<std::byte> piece(std::min(rows, step) * rowBytes);
        for (std::size_t first = 0; first < rows; first += step) {
            const std::size_t count = std::min(step, rows - first);
            const std::span<std::byte> part(piece.data(), count * rowBytes);
            m_file.read(tensor, (firstRow + first) * rowBytes, part);
            for (std::size_t i = 0; i < count; ++i) {
                const auto to = static_cast<std::size_t>(order(static_cast<std::int64_t>(first + i)));
                dequantise(tensor.type->name, part.subspan(i * rowBytes, rowBytes), out.subspan(to * columns, columns));
            }
        }
    }

    void readVector(const GgufTensor& tensor, const RowOrder& order, std::span<float> out) const {
        std::vector<std::byte> bytes(tensor.bytes);
        m_file.read(tensor, 0, bytes);
        std::vector<float> stored(out.size());
        dequantise(tensor.type->name, bytes, stored);
        for (std::size_t i = 0; i < stored.size(); ++i)
            out[static_cast<std::size_t>(order(static_cast<std::int64_t>(i)))] = stored[i];
    }

    GgufFile m_file;
    Json m_config;
    std::vector<StoredTensor> m_tensors;
    std::map<std::string, Entry> m_index;
};

} // namespace

std::unique_ptr<ModelSource> openGgufModel(const std::string& path) {
    return std::make_unique<GgufModel>(path);
}

} // namespace lolcats
