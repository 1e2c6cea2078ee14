// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints as the published LoLCATs code names and lays them out: maps and factors in one, LoRA in another. What its layers
// do not have is refused, since its code would compute something else.
#include "core/export/exporter.h"
#include "core/export/learned_files.h"
#include "core/export/published_names.h"
#include "core/families/model_family.h"
#include "core/files/safetensors.h"
#include "core/files/torch_checkpoint.h"
#include "core/model/lora.h"
#include "core/records/failure.h"

#include <filesystem>

namespace lolcats {

ExporterPart reference();

namespace {

constexpr const char* kTransferred = "_distill";
constexpr const char* kFinetuned = "_ft";

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
    throw Refusal("EXP-REFERENCE", "The published layout cannot express the option " + option + ": " + why + ".",
                  "Export it in the format “huggingface” or “adapters”, or make a run without it (the preset “paper” fits).");
}

void checkAttention(const ConversionPlan& plan) {
    const OptionValues& options = plan.options;
    if (plan.attention == "linear")
        return;
    if (plan.attention != "hybrid")
        refuse("attention", "it has no “" + plan.attention + "”");
    if (integerOption(options, "sinks") != 0)
        refuse("sinks", "its window keeps no first tokens");
    if (const std::int64_t window = integerOption(options, "decode_window");
        window != 0 && window != integerOption(options, "window"))
        refuse("decode_window", "it writes with the window that it trains with");
    if (!flagOption(options, "window_factor_learned"))
        refuse("window_factor_learned", "its checkpoints hold only learned factors");
    const bool affine = flagOption(options, "linear_factor_affine");
    if (!affine && flagOption(options, "linear_factor_learned"))
        refuse("linear_factor_learned", "its linear part counts once, or what the window factor leaves of one");
    if (!affine && numberOption(options, "linear_factor") != 1)
        refuse("linear_factor", "its linear part counts once, or what the window factor leaves of one");
}

void checkFeatureMap(const ConversionPlan& plan, std::int64_t headDim) {
    const OptionValues& options = plan.options;
    const std::string& kernel = textOption(options, "feature_kernel");
    if (textOption(options, "feature_gates") != "none")
        refuse("feature_gates", "it has no gates");
    if (kernel == "none")
        refuse("feature_kernel", "it cannot do without a learned part");
    if (kernel == "affine" && textOption(options, "feature_bias") == "column")
        refuse("feature_bias", "its bias is one number for each head");
    const bool skips = kernel == "adapter" || flagOption(options, "feature_skip");
    if (skips && integerOption(options, "feature_dim") != headDim)
        refuse("feature_dim",
               "with a skip connection it has as many columns as a head has dimensions, " + std::to_string(headDim));
}

void check(const ModelSource& source, const ConversionPlan& plan, std::int64_t headDim) {
    const std::string family = source.config().value("model_type", std::string());
    if (family != "llama" && family != "mistral")
        throw Refusal("EXP-REFERENCE", "The published code has no models of the family “" + family + "”.",
                      "Export it in the format “huggingface” or “adapters”.");
    checkAttention(plan);
    checkFeatureMap(plan, headDim);
}

struct File {
    const char* ending;
    std::vector<NamedTensor> tensors;
};

std::vector<File> filesOf(const Students& students, const DecoderModel& model) {
    std::vector<File> files = {{kTransferred, studentTensors(students)}, {kFinetuned, loraTensors(model)}};
    if (files.back().tensors.empty())
        files.pop_back();
    return files;
}

bool isAdapter(const ConversionPlan& plan) {
    return textOption(plan.options, "feature_kernel") == "adapter";
}

Renaming publishedNames(const ConversionPlan& plan) {
    return [adapter = isAdapter(plan)](const std::string& name) { return publishedTensorName(name, adapter); };
}

// The keys of the published YAML files that its code needs beside the checkpoints.
std::string attentionYaml(const ConversionPlan& plan) {
    const OptionValues& options = plan.options;
    const auto word = [&](const char* option) { return optionText(options.at(option)); };
    const bool hybrid = plan.attention == "hybrid";
    const bool sliding = hybrid && textOption(options, "window_shape") == "sliding";
    static const std::map<std::string, std::string> maps = {
        {"hedgehog", "softmax_dim"}, {"exp", "exp_dim"}, {"t2r", "relu"}, {"positive_elu", "pos_elu"}};
    std::string text = "attention:\n  attention_type: lolcats_llama";
    text += !hybrid ? "\n" : sliding ? "_window_sw\n" : "_window_tk\n";
    text += "  feature_map: " + maps.at(plan.featureMap) + "\n  feature_map_kwargs:\n    eps: 1e-12\n    fullspace: " +
            (options.contains("feature_signs") && word("feature_signs") == "one" ? "false" : "true") +
            "\n  learned_kernel: " + (isAdapter(plan) ? "untied_head_adapter" : "untied_head_einsum") +
            "\n  learned_kernel_kwargs:\n    feature_dim: " + word("feature_dim") +
            "\n    skip_connection: " + word("feature_skip") +
            "\n    bias: " + (word("feature_bias") == "head" ? "true" : "false") +
            "\n    zero_init: true\n  tie_qk_kernels: " + word("feature_tied") + "\n";
    if (hybrid)
        text += "  window_size: " + word("window") + "\n  affine_attention_factors: " + word("linear_factor_affine") +
                "\n  train_window_factor: true\n";
    if (!plan.keepSoftmax.empty()) {
        text += "  softmax_attentions: [";
        for (std::size_t i = 0; i < plan.keepSoftmax.size(); ++i)
            text += (i > 0 ? ", " : "") + std::to_string(plan.keepSoftmax[i]);
        text += "]\n";
    }
    return text;
}

std::string readme(const ExportSubject& subject, const std::string& run, bool finetuned) {
    const ConversionPlan& plan = *subject.plan;
    std::string text = "# A student in the published layout\n\nMade of " + subject.source->name() +
                       ". The LoLCATs code loads these checkpoints by key, after its layers were made with\n\n```yaml\n" +
                       attentionYaml(plan) + "```\n\n| file | holds |\n| --- | --- |\n| `" + run + kTransferred +
                       "` | feature maps and window factors |\n";
    if (finetuned)
        text += "| `" + run + kFinetuned + "` | LoRA, rank " + std::to_string(plan.rank) + ", alpha " + optionText(plan.alpha) +
                ", on " + plan.targets + " |\n";
    if (plan.attention == "hybrid" && textOption(plan.options, "window_shape") == "terraced")
        text +=
            "\nThis student counts its blocks from the beginning of a text; the published code counts them from the end, so "
            "its numbers differ where a text is no whole number of windows long.\n";
    return text;
}

void write(const ExportSubject& subject, const ExportRequest& request, const std::string& folder, Progress& progress) {
    check(*subject.source, *subject.plan, subject.teacher->shape().headDim);
    const std::string run = publishedRunName(*subject.plan, subject.source->name());
    const auto say = [&](const std::string& file) {
        progress.report(FileWritten{file, static_cast<std::int64_t>(std::filesystem::file_size(folder + "/" + file))});
    };
    const std::vector<File> files = filesOf(*subject.students, *subject.student);
    for (const File& file : files) {
        const std::vector<SafetensorsSource> sources = floatSources(file.tensors, publishedNames(*subject.plan));
        const std::string name = run + file.ending;
        writeSafetensors(folder + "/" + name + ".safetensors", sources, {{"format", "pt"}});
        say(name + ".safetensors");
        if (!flagOption(request.options, "pt"))
            continue;
        const bool finetuned = file.ending == std::string(kFinetuned);
        writeTorchCheckpoint(folder + "/" + name + ".pt", sources,
                             {{"step", finetuned ? subject.plan->finetuneSteps : subject.plan->transferSteps}});
        say(name + ".pt");
    }
    writeFile(folder + "/README.md", readme(subject, run, files.size() > 1));
    say("README.md");
}

// From the safetensors files; the .pt files beside them are compared byte by byte.
DecoderModel readBack(const ExportSubject& subject, const std::string& folder) {
    const Students students = makeStudents(*subject.plan, subject.teacher->shape());
    DecoderModel model = subject.teacher->shared();
    installStudents(model, students);
    if (!loraTensors(*subject.student).empty())
        attachLora(model, loraSettings(*subject.plan));
    const std::string run = folder + "/" + publishedRunName(*subject.plan, subject.source->name());
    for (const File& file : filesOf(students, model)) {
        const SafetensorsFile stored(run + file.ending + ".safetensors");
        readFloats(stored, file.tensors, publishedNames(*subject.plan));
        const std::string pickled = run + file.ending + ".pt";
        if (!std::filesystem::exists(pickled))
            continue;
        const TorchCheckpoint checkpoint(pickled);
        for (const TorchTensor& tensor : checkpoint.tensors()) {
            const SafetensorsEntry* same = stored.find(tensor.name);
            if (same == nullptr || checkpoint.tensors().size() != stored.entries().size() ||
                stored.read(*same) != checkpoint.read(tensor))
                throw Refusal("PAR-EXPORT", "The file " + pickled + " differs from the safetensors file beside it.",
                              "Nothing was kept. Report this: it is a fault of the program.");
        }
    }
    return model;
}

ExportForecast forecast(const ModelSource& source, const ConversionPlan& plan) {
    check(source, plan, checkModel(source).shape.headDim); // here, so that the window says it before anything is written
    const LearnedBytes bytes = learnedBytes(source, plan);
    ExportForecast all;
    all.files = {{"dl-d=…_distill.safetensors", bytes.maps, "feature maps and window factors, by the published names"}};
    if (plan.finetuneSteps > 0)
        all.files.push_back({"dl-d=…_ft.safetensors", bytes.lora, "LoRA, by the published names"});
    all.files.push_back({"README.md", 1500, "the settings that the published code needs beside them"});
    for (const ExportForecast::File& file : all.files)
        all.bytes += file.bytes;
    return all;
}

} // namespace

ExporterPart reference() {
    Choice choice;
    choice.id = "reference";
    choice.title = "Published layout";
    choice.sentence = "Feature maps, window factors and LoRA under the names that the LoLCATs code loads them by.";
    choice.options = {
        describedFlag("pt", "Also as .pt", false,
                      "Writes each file a second time as the published code saves it; torch.load reads it with weights_only.")};
    return {choice, write, readBack, forecast, [](const std::string& folder) {
                return ExporterPart::Next{
                    "What the published code needs beside the checkpoints is written in " + folder + "/README.md.", {}};
            }};
}

} // namespace lolcats
