// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/found_student.h"

#include "core/export/exported_student.h"
#include "core/export/published_names.h"
#include "core/files/hf_folder.h"
#include "core/files/model_source.h"
#include "core/files/safetensors.h"
#include "core/files/torch_checkpoint.h"
#include "core/records/failure.h"

#include <algorithm>
#include <filesystem>
#include <memory>

namespace lolcats {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestJson = 16ULL << 20U;

// The tensors of one file by its own names, told apart from those of other files.
struct TensorFile {
    std::string path;
    std::map<std::string, FoundTensor> tensors;
    bool isFinetuned = false; // holds adapters, or names that only a model with adapters has
};

TensorFile openPickled(const std::string& path, FoundStudent& found) {
    TensorFile file{path, {}, false};
    const auto checkpoint = std::make_shared<TorchCheckpoint>(path);
    for (const TorchTensor& tensor : checkpoint->tensors())
        file.tensors[tensor.name] = {tensor.shape, "", [checkpoint, &tensor] { return checkpoint->readFloats(tensor); }};
    std::string numbers;
    for (const auto& [name, value] : checkpoint->numbers())
        numbers += ", " + name.substr(0, 100) + " " + optionText(value);
    if (!numbers.empty())
        found.notices.push_back(fs::path(path).filename().string() + " says of itself: " + numbers.substr(2) + ".");
    return file;
}

TensorFile openSafetensors(const std::string& path) {
    TensorFile file{path, {}, false};
    const auto stored = std::make_shared<SafetensorsFile>(path);
    for (const SafetensorsEntry& entry : stored->entries())
        file.tensors[entry.name] = {entry.shape, "", [stored, name = entry.name] { return stored->readFloats(name); }};
    return file;
}

TensorFile openTensors(const std::string& path, FoundStudent& found) {
    TensorFile file = TorchCheckpoint::isOne(path) ? openPickled(path, found) : openSafetensors(path);
    for (auto& [name, tensor] : file.tensors) {
        tensor.place = "the tensor “" + name.substr(0, 200) + "” of " + path;
        file.isFinetuned = file.isFinetuned || name.starts_with("base_model.") || name.find(".lora_") != std::string::npos;
    }
    return file;
}

// Stage two's tensors go over those of stage one; two files of one stage may not say the same.
void addTensors(const TensorFile& file, std::int64_t firstLayer, FoundStudent& found,
                std::map<std::string, bool>& fromStageTwo) {
    for (const auto& [name, tensor] : file.tensors) {
        const std::optional<std::string> ours = ourTensorName(name, firstLayer);
        if (!ours)
            throw Refusal("IMP-TENSOR", "There is " + tensor.place + ", which is no part of a linear attention student.",
                          "Give files that hold feature maps, window factors and LoRA, and nothing else.");
        // The published code's own state lists the same numbers a second time under an older name.
        const std::string newer = name + "s";
        if (name.ends_with(".window_factor") && file.tensors.contains(newer))
            continue;
        const auto before = fromStageTwo.find(*ours);
        if (before != fromStageTwo.end() && before->second == file.isFinetuned)
            throw Refusal("IMP-TWICE",
                          "There is " + tensor.place + ", and " + found.tensors.at(*ours).place + " says the same.",
                          "Give each part of the student once.");
        found.tensors[*ours] = tensor;
        fromStageTwo[*ours] = file.isFinetuned;
    }
}

[[noreturn]] void refuseAdapter(const std::string& folder, const std::string& what) {
    throw Refusal("IMP-PEFT", "The adapters in " + folder + " " + what + ".",
                  "Give plain LoRA on q_proj, k_proj, v_proj or o_proj; other kinds of adapters cannot be imported.");
}

// What peft's description says that the tensors do not. What would change the numbers in a way unknown here is refused.
void readAdapterConfig(const HfFolder& folder, FoundStudent& found) {
    const std::string where = folder.path().string();
    const Json config = readJsonFile(folder.file("adapter_config.json"), kLargestJson, "IMP");
    if (!config.is_object() || config.value("peft_type", Json("LORA")) != "LORA")
        refuseAdapter(where, "are not of the kind LORA");
    for (const char* flag : {"use_rslora", "use_dora", "fan_in_fan_out"})
        if (const auto value = config.find(flag); value != config.end() && *value == true)
            refuseAdapter(where, std::string("say ") + flag);
    for (const char* list : {"rank_pattern", "alpha_pattern", "modules_to_save"})
        if (const auto value = config.find(list); value != config.end() && !value->is_null() && !value->empty())
            refuseAdapter(where, std::string("say ") + list);
    if (config.value("bias", Json("none")) != "none")
        refuseAdapter(where, "train biases");
    for (const auto& [key, field] : {std::pair{"lora_alpha", "alpha"}, std::pair{"lora_dropout", "dropout"}})
        if (const auto value = config.find(key); value != config.end() && value->is_number())
            found.settings.emplace_back(field, optionText(value->get<double>()));
}

void readAdapterFolder(const HfFolder& folder, FoundStudent& found, std::vector<TensorFile>& files) {
    const std::string tensors = folder.has("adapter_model.safetensors") ? "adapter_model.safetensors" : "adapter_model.bin";
    if (!folder.has(tensors))
        refuseAdapter(folder.path().string(), "have no adapter_model.safetensors beside adapter_config.json");
    readAdapterConfig(folder, found);
    files.push_back(openTensors(folder.file(tensors), found));
    if (!folder.has("linear_attention.json"))
        return;
    found.description = readJsonFile(folder.file("linear_attention.json"), kLargestJson, "IMP");
    files.push_back(openTensors(folder.file("feature_maps.safetensors"), found));
}

// The student's own tensors of a folder that holds a whole model. The adapters are in its weights.
void readExportedModel(const std::string& path, FoundStudent& found, std::vector<TensorFile>& files) {
    const std::shared_ptr<ModelSource> source = openModelSource(path);
    const auto type = source->config().find("model_type");
    if (type == source->config().end() || *type != kExportedModelType)
        throw Refusal("IMP-KIND", path + " is a model, but no student that this program exported.",
                      "Give a folder that `lolcats export` made, adapters of PEFT, or checkpoints of the published code.");
    found.description = source->config();
    found.merged = path;
    TensorFile file{path, {}, false};
    for (const StoredTensor& tensor : source->tensors()) {
        if (!ourTensorName(tensor.name, 0))
            continue;
        std::size_t elements = 1;
        for (const std::int64_t size : tensor.shape)
            elements *= static_cast<std::size_t>(size);
        file.tensors[tensor.name] = {tensor.shape, "the tensor “" + tensor.name + "” of " + path,
                                     [source, name = tensor.name, elements] {
                                         std::vector<float> values(elements);
                                         source->readFloats(name, values);
                                         return values;
                                     }};
    }
    files.push_back(std::move(file));
}

std::int64_t readSettings(const std::string& path, FoundStudent& found) {
    const NamedSettings named = settingsOfRunName(path);
    found.settings.insert(found.settings.end(), named.fields.begin(), named.fields.end());
    found.saysAttention = found.saysAttention || named.saysAttention;
    return named.firstLayer;
}

} // namespace

FoundStudent findStudent(const std::vector<std::string>& paths) {
    FoundStudent found;
    std::vector<TensorFile> files;
    std::map<std::string, std::int64_t> firstLayers; // by file
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::exists(path, error))
            throw Refusal("FILE-MISSING", "There is no file or folder " + path + ".", "Check the path.");
        if (!fs::is_directory(path, error)) {
            firstLayers[path] = readSettings(path, found);
            files.push_back(openTensors(path, found));
        } else if (const HfFolder folder(path); folder.has("adapter_config.json")) {
            readAdapterFolder(folder, found, files);
        } else {
            readExportedModel(path, found, files);
        }
    }
    std::stable_sort(files.begin(), files.end(),
                     [](const TensorFile& a, const TensorFile& b) { return !a.isFinetuned && b.isFinetuned; });
    std::map<std::string, bool> fromStageTwo;
    for (const TensorFile& file : files)
        addTensors(file, firstLayers[file.path], found, fromStageTwo);
    found.saysAttention = found.saysAttention || found.description.has_value();
    return found;
}

} // namespace lolcats
