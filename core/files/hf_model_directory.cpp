// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/file_bytes.h"
#include "core/files/hf_folder.h"
#include "core/files/hf_shards.h"
#include "core/files/sentencepiece.h"
#include "core/files/sources.h"
#include "core/records/failure.h"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

namespace lolcats {

namespace {

constexpr std::uint64_t largestConfig = 4U << 20U;
constexpr std::uint64_t largestSideFile = 64U << 20U;

constexpr const char* sentencePieceName = "tokenizer.model";
constexpr std::array<const char*, 15> sideFileNames = {"tokenizer.json",
                                                       "tokenizer_config.json",
                                                       "special_tokens_map.json",
                                                       "generation_config.json",
                                                       "added_tokens.json",
                                                       "vocab.json",
                                                       "merges.txt",
                                                       "chat_template.jinja",
                                                       "chat_template.json",
                                                       "LICENSE",
                                                       "LICENSE.txt",
                                                       "LICENSE.md",
                                                       "NOTICE",
                                                       "NOTICE.txt",
                                                       "USE_POLICY.md"};

class HfModelDirectory : public ModelSource {
public:
    explicit HfModelDirectory(const std::string& path) : m_folder(path), m_path(path) {
        refuseWithoutConfig();
        m_config = readJsonFile(m_folder.file("config.json"), largestConfig, "CFG");
        if (!m_config.is_object())
            throw Refusal("CFG-JSON", m_folder.file("config.json") + " is not a JSON object.", "Download the model again.");
        m_shards = openHfShards(m_folder);
        for (std::size_t file = 0; file < m_shards.files.size(); ++file)
            for (const SafetensorsEntry& entry : m_shards.files[file].entries()) {
                m_tensors.push_back({entry.name, entry.shape, entry.dtype, entry.bytes});
                m_fileOf.emplace(entry.name, file);
            }
    }

    const std::string& path() const override { return m_path; }
    std::string format() const override { return "huggingface"; }
    std::string name() const override { return m_folder.name(); }
    const Json& config() const override { return m_config; }
    const std::vector<StoredTensor>& tensors() const override { return m_tensors; }
    std::vector<std::string> notices() const override { return m_shards.notices; }

    void readFloats(const std::string& name, std::span<float> out) const override {
        const auto found = m_fileOf.find(name);
        if (found == m_fileOf.end())
            throw Refusal("ST-MISSING", m_path + " holds no tensor \"" + name + "\".", "Check that it is the right model.");
        const SafetensorsFile& file = m_shards.files[found->second];
        const SafetensorsEntry& entry = *file.find(name);
        std::uint64_t elements = 1;
        for (const std::int64_t dimension : entry.shape)
            elements *= static_cast<std::uint64_t>(dimension);
        if (elements != out.size())
            throw std::invalid_argument("the room for tensor " + name + " has another size than the tensor");
        file.readFloats(entry, out);
    }

    std::string tokenizerJson() const override {
        if (m_folder.has("tokenizer.json"))
            return readTextFile(m_folder.file("tokenizer.json"), largestSideFile, "TK-FILE");
        if (m_folder.has(sentencePieceName))
            return sentencePieceTokenizerJson(m_folder.file(sentencePieceName), bytesOf(sentencePieceName),
                                              tokenizerSettings());
        throw Refusal("TK-MODEL", m_folder.path().string() + " holds no tokenizer.json and no tokenizer.model.",
                      "Download it into the model's folder.");
    }

    std::map<std::string, std::string> sideFiles() const override {
        std::map<std::string, std::string> files;
        for (const char* fileName : sideFileNames)
            if (m_folder.has(fileName))
                files[fileName] = readTextFile(m_folder.file(fileName), largestSideFile, "FILE-READ");
        if (m_folder.has(sentencePieceName))
            files[sentencePieceName] = bytesOf(sentencePieceName);
        return files;
    }

    std::vector<std::string> weightFiles() const override {
        std::vector<std::string> paths;
        for (const SafetensorsFile& file : m_shards.files)
            paths.push_back(file.path());
        return paths;
    }

private:
    std::string bytesOf(const char* name) const {
        const FileBytes file(m_folder.file(name), "TK-FILE");
        if (file.size() > largestSideFile)
            throw Refusal("TK-FILE", file.path() + " is larger than any tokenizer.", "Get it from its source again.");
        std::string bytes(file.size(), '\0');
        file.read(0, std::as_writable_bytes(std::span(bytes)));
        return bytes;
    }

    Json tokenizerSettings() const {
        return m_folder.has("tokenizer_config.json")
                   ? readJsonFile(m_folder.file("tokenizer_config.json"), largestSideFile, "TK")
                   : Json();
    }

    void refuseWithoutConfig() const {
        if (m_folder.has("config.json"))
            return;
        const auto names = m_folder.fileNames();
        const auto gguf = std::find_if(names.begin(), names.end(), [](const std::string& n) { return n.ends_with(".gguf"); });
        const std::string where = m_folder.path().string();
        if (gguf != names.end())
            throw Refusal("CFG-FILE", where + " holds no config.json, but the GGUF file " + *gguf + ".",
                          "Open that file itself.");
        throw Refusal("CFG-FILE", where + " holds no config.json: it is not a Hugging Face model.",
                      "Choose a folder with config.json and model.safetensors, or a .gguf file.");
    }

    HfFolder m_folder;
    std::string m_path;
    Json m_config;
    HfShards m_shards;
    std::vector<StoredTensor> m_tensors;
    std::map<std::string, std::size_t> m_fileOf;
};

} // namespace

std::unique_ptr<ModelSource> openHfModelDirectory(const std::string& path) {
    return std::make_unique<HfModelDirectory>(path);
}

} // namespace lolcats
