// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/hf_shards.h"

#include "core/files/foreign_kinds.h"
#include "core/files/json_file.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace lolcats {

namespace {

const char* const singleName = "model.safetensors";
const char* const indexName = "model.safetensors.index.json";
constexpr std::uint64_t largestIndex = 64U << 20U;
constexpr std::size_t mostEntries = 1000000;

struct Index {
    std::string path;
    std::map<std::string, std::string> shardOf; // tensor to file name
    std::set<std::string> shards;
    std::optional<std::uint64_t> totalSize;
};

[[noreturn]] void refuseIndex(const std::string& code, const std::string& summary) {
    throw Refusal(code, summary, "Download the model again, whole, from its source.");
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void checkShardName(const std::string& name, const std::string& path) {
    const bool plain = std::none_of(name.begin(), name.end(),
                                    [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '/' || c == '\\' || c == ':'; });
    if (!plain || name.starts_with('.') || name.find("..") != std::string::npos || !name.ends_with(".safetensors") ||
        name.size() > 255 || !isValidUtf8(name))
        throw Refusal("IDX-PATH",
                      path + " names the weight file \"" + name.substr(0, 200) +
                          "\", which is not a plain file name ending in .safetensors.",
                      "Do not trust this folder; get the model from its source again.");
}

// "model-00002-of-00003.safetensors": the numbers of which there is none.
void refuseGaps(const std::set<std::string>& shards, const std::string& path) {
    std::set<long> numbers;
    long total = 0;
    for (const std::string& shard : shards) {
        const std::size_t of = shard.rfind("-of-");
        const std::size_t dash = of == std::string::npos || of == 0 ? std::string::npos : shard.rfind('-', of - 1);
        if (dash == std::string::npos || of - dash > 9 || shard.size() - of > 24)
            return;
        numbers.insert(std::strtol(shard.c_str() + dash + 1, nullptr, 10));
        total = std::max(total, std::strtol(shard.c_str() + of + 4, nullptr, 10));
    }
    std::string missing;
    for (long number = 1; number <= std::min(total, 100000L) && missing.size() < 200; ++number)
        if (numbers.count(number) == 0)
            missing += (missing.empty() ? "" : ", ") + std::to_string(number);
    if (!missing.empty())
        refuseIndex("IDX-GAP",
                    path + " lists weight files of " + std::to_string(total) + ", but none with the numbers " + missing + ".");
}

Index readIndex(const HfFolder& folder) {
    Index index;
    index.path = folder.file(indexName);
    const Json json = readJsonFile(index.path, largestIndex, "IDX");
    if (!json.is_object() || !json.contains("weight_map") || !json["weight_map"].is_object())
        refuseIndex("IDX-JSON", index.path + " has no weight_map that says which tensor is in which file.");
    if (json["weight_map"].size() > mostEntries)
        refuseIndex("IDX-LIMIT", index.path + " lists more than 1,000,000 tensors.");
    std::map<std::string, std::string> spelled;
    for (const auto& [tensor, shard] : json["weight_map"].items()) {
        if (!shard.is_string())
            refuseIndex("IDX-JSON", index.path + " does not name a file for tensor \"" + tensor.substr(0, 200) + "\".");
        const auto& name = shard.get_ref<const std::string&>();
        checkShardName(name, index.path);
        if (spelled.emplace(lower(name), name).first->second != name)
            refuseIndex("IDX-PATH", index.path + " names two weight files that differ only in capital letters: " + name + ".");
        index.shardOf.emplace(tensor, name);
        index.shards.insert(name);
    }
    if (index.shards.empty())
        refuseIndex("IDX-JSON", index.path + " lists no tensor.");
    if (json.contains("metadata") && json["metadata"].is_object() && json["metadata"].contains("total_size") &&
        json["metadata"]["total_size"].is_number_unsigned())
        index.totalSize = json["metadata"]["total_size"].get<std::uint64_t>();
    refuseGaps(index.shards, index.path);
    return index;
}

void checkTensors(const Index& index, const std::vector<SafetensorsFile>& files) {
    std::map<std::string, std::string> found;
    for (const SafetensorsFile& file : files) {
        const std::string name = std::filesystem::path(file.path()).filename().string();
        for (const SafetensorsEntry& entry : file.entries()) {
            const auto [other, isNew] = found.emplace(entry.name, name);
            if (!isNew)
                refuseIndex("IDX-DUP",
                            "Tensor \"" + entry.name + "\" is in two weight files: " + other->second + " and " + name + ".");
            const auto listed = index.shardOf.find(entry.name);
            if (listed == index.shardOf.end() || listed->second != name)
                refuseIndex("IDX-TENSOR", "Tensor \"" + entry.name + "\" is in " + name + ", but " + index.path +
                                              (listed == index.shardOf.end() ? " does not list it."
                                                                             : " says that it is in " + listed->second + "."));
        }
    }
    for (const auto& [tensor, shard] : index.shardOf)
        if (found.count(tensor) == 0)
            refuseIndex("IDX-TENSOR",
                        index.path + " says that tensor \"" + tensor + "\" is in " + shard + ", but it is not there.");
}

HfShards openIndexed(const HfFolder& folder) {
    const Index index = readIndex(folder);
    std::string missing;
    for (const std::string& shard : index.shards)
        if (!folder.has(shard))
            missing += (missing.empty() ? "" : ", ") + shard;
    if (!missing.empty())
        refuseIndex("IDX-MISSING", "Weight files of " + folder.path().string() + " are missing: " + missing + ".");
    HfShards shards;
    std::uint64_t total = 0;
    for (const std::string& shard : index.shards) {
        shards.files.emplace_back(folder.file(shard));
        for (const SafetensorsEntry& entry : shards.files.back().entries())
            total += entry.bytes;
    }
    checkTensors(index, shards.files);
    if (index.totalSize && *index.totalSize != total)
        shards.notices.push_back("The index says that the weights have " + std::to_string(*index.totalSize) +
                                 " bytes; they have " + std::to_string(total) + ".");
    return shards;
}

void refuseDisagreement(const HfFolder& folder, const SafetensorsFile& single) {
    const Index index = readIndex(folder);
    const bool same = index.shardOf.size() == single.entries().size() &&
                      std::all_of(index.shardOf.begin(), index.shardOf.end(),
                                  [&](const auto& entry) { return single.find(entry.first) != nullptr; });
    if (!same)
        throw Refusal("IDX-BOTH",
                      folder.path().string() + " holds both model.safetensors and an index, and they list different tensors.",
                      "Move away the one that does not belong to this model; a half-finished download often leaves both.");
}

[[noreturn]] void refuseWithoutWeights(const HfFolder& folder) {
    std::string pickle, other;
    for (const std::string& name : folder.fileNames()) {
        if (looksLikePickleName(name) && name != "training_args.bin")
            pickle = name;
        else if (name.ends_with(".safetensors"))
            other = name;
    }
    const std::string where = folder.path().string();
    if (!other.empty() && other.find("-of-") != std::string::npos)
        throw Refusal("IDX-MISSING", where + " holds weight files such as " + other + ", but no model.safetensors.index.json.",
                      "Download the index too.");
    if (!other.empty())
        throw Refusal("FILE-WEIGHTS", where + " holds " + other + ", but no model.safetensors.",
                      "If it is the whole model, rename it to model.safetensors.");
    if (!pickle.empty())
        throw Refusal("SEC-PICKLE",
                      where + " holds its weights only as a pickle (" + pickle +
                          "): opening one can run code that is hidden in it.",
                      "Get the model's safetensors version, or convert it to safetensors where you trust it.");
    throw Refusal("FILE-WEIGHTS", where + " holds a config.json, but no weights.",
                  "Download model.safetensors, or the index and all its shards, into this folder.");
}

} // namespace

HfShards openHfShards(const HfFolder& folder) {
    if (folder.has(singleName)) {
        HfShards shards;
        shards.files.emplace_back(folder.file(singleName));
        if (folder.has(indexName))
            refuseDisagreement(folder, shards.files.front());
        return shards;
    }
    if (folder.has(indexName))
        return openIndexed(folder);
    refuseWithoutWeights(folder);
}

} // namespace lolcats
