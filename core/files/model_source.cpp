// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/model_source.h"

#include "core/files/file_bytes.h"
#include "core/files/foreign_kinds.h"
#include "core/files/sources.h"
#include "core/records/failure.h"

#include <algorithm>
#include <filesystem>

namespace lolcats {

const StoredTensor* ModelSource::find(const std::string& name) const {
    const std::vector<StoredTensor>& all = tensors();
    const auto found = std::find_if(all.begin(), all.end(), [&](const StoredTensor& tensor) { return tensor.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::unique_ptr<ModelSource> openModelSource(const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return openHfModelDirectory(path);
    const FileBytes file(path);
    if (isGguf(file))
        return openGgufModel(path);
    refuseForeignKinds(file, true);
    const std::string fileName = std::filesystem::path(path).filename().string();
    if (fileName.ends_with(".gguf"))
        return openGgufModel(path);
    if (fileName.ends_with(".safetensors") || fileName == "config.json")
        throw Refusal("FILE-KIND", path + " is one file of a model's folder.", "Open the folder that it lies in.");
    throw Refusal("FILE-KIND", path + " is no model: neither a folder nor a GGUF file.",
                  "Choose a folder with config.json and model.safetensors, or a .gguf file.");
}

std::string hashModelSource(const ModelSource& source, const std::function<bool(std::uint64_t)>& goOn) {
    const std::vector<std::string> files = source.weightFiles();
    std::string hashes;
    std::uint64_t before = 0;
    for (const std::string& file : files) {
        const auto all = [&](std::uint64_t done) { return !goOn || goOn(before + done); };
        const std::string hash = sha256OfFile(file, all);
        if (hash.empty())
            return {};
        if (files.size() == 1)
            return hash;
        hashes += hash + "\n";
        before += FileBytes(file).size();
    }
    return sha256OfBytes(std::as_bytes(std::span(hashes)));
}

} // namespace lolcats
