// SPDX-License-Identifier: GPL-3.0-or-later
// What was trained, alone: LoRA as a directory that peft reads, the maps and factors, and the description of the layers. The
// base model's weights stay where they are.
#include "core/export/exported_student.h"
#include "core/export/exporter.h"
#include "core/export/learned_files.h"
#include "core/export/model_card.h"
#include "core/export/python_files.h"
#include "core/files/safetensors.h"
#include "core/model/lora.h"
#include "core/records/failure.h"

#include <filesystem>

namespace lolcats {

ExporterPart adapters();

namespace {

constexpr const char* kAdapterFile = "adapter_model.safetensors";
constexpr const char* kMapFile = "feature_maps.safetensors";

// "lora.3.q.a" as peft calls it.
std::string peftName(const std::string& name) {
    const std::size_t layer = name.find('.') + 1;
    const std::size_t target = name.find('.', layer) + 1;
    const std::string projection = name.substr(target, name.find('.', target) - target);
    return "base_model.model.model.layers." + name.substr(layer, target - layer - 1) + ".self_attn." + projection +
           "_proj.lora_" + (name.ends_with("a") ? "A" : "B") + ".weight";
}

// "student.3.feature_map_q" as exports call it.
std::string mapName(const std::string& name) {
    const std::size_t layer = name.find('.') + 1;
    const std::size_t rest = name.find('.', layer) + 1;
    return exportedTensorName(std::stoll(name.substr(layer)), name.substr(rest));
}

void writeTensors(const std::string& folder, const std::string& file, const std::vector<NamedTensor>& tensors,
                  const Renaming& renamed, Progress& progress) {
    writeSafetensors(folder + "/" + file, floatSources(tensors, renamed), {{"format", "pt"}});
    progress.report(FileWritten{file, static_cast<std::int64_t>(std::filesystem::file_size(folder + "/" + file))});
}

Json peftConfig(const ExportSubject& subject) {
    const LoraSettings settings = loraSettings(*subject.plan);
    Json modules = Json::array();
    for (const std::string& target : settings.targets)
        modules.push_back(target + "_proj");
    return {{"peft_type", "LORA"},
            {"task_type", "CAUSAL_LM"},
            {"base_model_name_or_path", subject.source->name()},
            {"r", settings.rank},
            {"lora_alpha", settings.alpha},
            {"lora_dropout", settings.dropout},
            {"target_modules", modules},
            {"bias", "none"},
            {"fan_in_fan_out", false},
            {"inference_mode", true}};
}

void write(const ExportSubject& subject, const ExportRequest& request, const std::string& folder, Progress& progress) {
    const std::vector<NamedTensor> lora = loraTensors(*subject.student);
    if (lora.empty())
        throw Refusal("EXP-ADAPTERS", "The run has no adapters: it was not finetuned.",
                      "Export it in the format “huggingface”, or finetune it first.");
    writeTensors(folder, kAdapterFile, lora, peftName, progress);
    writeTensors(folder, kMapFile, studentTensors(*subject.students), mapName, progress);
    std::map<std::string, std::string> texts = pythonFiles();
    texts["adapter_config.json"] = peftConfig(subject).dump(2) + "\n";
    texts["linear_attention.json"] = studentConfig(subject, "float32").dump(2) + "\n";
    texts["README.md"] = adapterCard(subject, request);
    for (const auto& [name, text] : texts) {
        writeFile(folder + "/" + name, text);
        progress.report(FileWritten{name, static_cast<std::int64_t>(text.size())});
    }
}

DecoderModel readBack(const ExportSubject& subject, const std::string& folder) {
    const Students students = makeStudents(*subject.plan, subject.teacher->shape());
    readFloats(SafetensorsFile(folder + "/" + kMapFile), studentTensors(students), mapName);
    DecoderModel model = subject.teacher->shared();
    installStudents(model, students);
    attachLora(model, loraSettings(*subject.plan));
    readFloats(SafetensorsFile(folder + "/" + kAdapterFile), loraTensors(model), peftName);
    return model;
}

ExportForecast forecast(const ModelSource& source, const ConversionPlan& plan) {
    const LearnedBytes bytes = learnedBytes(source, plan);
    ExportForecast all;
    all.files = {{kAdapterFile, bytes.lora, "LoRA, for peft"},
                 {kMapFile, bytes.maps, "feature maps and factors (" + plan.attention + ")"},
                 {"adapter_config.json", 400, "what peft asks for"},
                 {"linear_attention.json", 2500, "what the linear layers are"},
                 {"README.md", 3000, "a model card with the conversion's figures"}};
    for (const auto& [name, text] : pythonFiles())
        all.files.push_back({name, static_cast<std::int64_t>(text.size()), "loads it in transformers"});
    for (const ExportForecast::File& file : all.files)
        all.bytes += file.bytes;
    return all;
}

} // namespace

ExporterPart adapters() {
    Choice choice;
    choice.id = "adapters";
    choice.title = "Adapters";
    choice.sentence =
        "What was trained and nothing else: LoRA for peft, feature maps, and the Python that puts them on the base "
        "model.";
    return {choice, write, readBack, forecast, [](const std::string& folder) {
                return ExporterPart::Next{"How to load it on the base model is written in " + folder + "/README.md.", {}};
            }};
}

} // namespace lolcats
