// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/import_student.h"

#include "core/families/model_family.h"
#include "core/files/file_bytes.h"
#include "core/files/model_source.h"
#include "core/import/found_student.h"
#include "core/import/imported_plan.h"
#include "core/import/merged_adapters.h"
#include "core/model/lora.h"
#include "core/records/failure.h"
#include "core/training/checkpointing.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

namespace lolcats {

namespace {

struct Wanted {
    std::string name;
    std::vector<std::int64_t> shape;
    bool mayLack = false; // then it is nothing but zeros
};

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t size : shape)
        text += (text.empty() ? "" : " × ") + std::to_string(size);
    return text.empty() ? "one number" : text;
}

void say(Progress& progress, const std::string& doing, std::size_t step, std::size_t steps) {
    StageProgress news;
    news.doing = doing;
    news.step = static_cast<std::int64_t>(step);
    news.steps = static_cast<std::int64_t>(steps);
    progress.report(news);
    if (progress.mayGoOn().stop)
        throw Refusal("INT-STOPPED", "The import was stopped.", "Start it again.");
}

// A layer that stays softmax has adapters in our students, none in the published ones, and what was got back of merged ones
// lacks those that never learned: zeros do nothing.
void addAdapters(const FoundStudent& found, const ConversionPlan& plan, const DecoderShape& shape,
                 std::vector<Wanted>& wanted) {
    const std::int64_t queries = shape.heads * shape.headDim, keys = shape.kvHeads * shape.headDim;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const bool mayLack = !found.merged.empty() ||
                             std::find(plan.keepSoftmax.begin(), plan.keepSoftmax.end(), layer) != plan.keepSoftmax.end();
        for (const std::string& target : loraTargets(plan.targets)) {
            const std::int64_t in = target == "o" ? queries : shape.hidden;
            const std::int64_t out = target == "o" ? shape.hidden : target == "q" ? queries : keys;
            const std::string name = "lora." + std::to_string(layer) + "." + target;
            wanted.push_back({name + ".a", {plan.rank, in}, mayLack});
            wanted.push_back({name + ".b", {out, plan.rank}, mayLack});
        }
    }
}

bool hasAdapters(const FoundStudent& found) {
    const auto first = found.tensors.lower_bound("lora.");
    return first != found.tensors.end() && first->first.starts_with("lora.");
}

// What a student of this plan is made of; every one of these tensors must be there, and no other.
std::vector<Wanted> wantedTensors(const FoundStudent& found, const ConversionPlan& plan, const DecoderShape& shape) {
    std::vector<Wanted> wanted;
    for (const NamedTensor& named : studentTensors(makeStudents(plan, shape)))
        wanted.push_back({named.name, named.tensor.sizes().vec()});
    if (hasAdapters(found))
        addAdapters(found, plan, shape, wanted);
    return wanted;
}

[[noreturn]] void refuseMissing(const std::string& name, const FoundStudent& found, const ConversionPlan& plan) {
    if (hasAdapters(found) && found.tensors.begin()->first.starts_with("lora.") && name.starts_with("student."))
        throw Refusal("IMP-INCOMPLETE", "The files hold LoRA alone: the feature maps of the student are missing.",
                      "Give the checkpoint of its transfer too (…_distill.pt), or say --attention softmax for adapters on a "
                      "model that keeps its attention.");
    throw Refusal("IMP-INCOMPLETE",
                  "The files lack the tensor " + name + " of a student with the attention " + plan.attention +
                      " and the feature map " + plan.featureMap + ".",
                  "Give all files of the student, and its settings where their names do not say them (--attention, "
                  "--keep-softmax …).");
}

void check(const std::vector<Wanted>& wanted, const FoundStudent& found, const ConversionPlan& plan) {
    std::size_t used = 0;
    for (const Wanted& tensor : wanted) {
        const auto there = found.tensors.find(tensor.name);
        if (there == found.tensors.end() && tensor.mayLack)
            continue;
        if (there == found.tensors.end())
            refuseMissing(tensor.name, found, plan);
        if (there->second.shape != tensor.shape)
            throw Refusal("IMP-SHAPE",
                          "There is " + there->second.place + " of the size " + shapeText(there->second.shape) +
                              " where the model and the settings ask for " + shapeText(tensor.shape) + ".",
                          "Say with --model which model the student was made of, or correct its settings.");
        ++used;
    }
    if (used == found.tensors.size())
        return;
    for (const auto& [name, tensor] : found.tensors)
        if (std::none_of(wanted.begin(), wanted.end(), [&name = name](const Wanted& one) { return one.name == name; }))
            throw Refusal("IMP-TENSOR", "There is " + tensor.place + ", for which the model and the settings have no place.",
                          "Say with --model which model the student was made of, or correct its settings.");
}

TensorBytes floatsAsBytes(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    TensorBytes bytes{name, "F32", shape, std::vector<std::byte>(values.size() * sizeof(float))};
    if (!values.empty())
        std::memcpy(bytes.bytes.data(), values.data(), bytes.bytes.size());
    return bytes;
}

std::shared_ptr<const Checkpoint> readAll(const std::vector<Wanted>& wanted, const FoundStudent& found, Progress& progress) {
    auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->stage = hasAdapters(found) ? Stage::Finetune : Stage::Transfer;
    checkpoint->reason = "imported";
    checkpoint->stateJson = "{}";
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        say(progress, "reading the student", i, wanted.size());
        std::size_t elements = 1;
        for (const std::int64_t size : wanted[i].shape)
            elements *= static_cast<std::size_t>(size);
        const auto there = found.tensors.find(wanted[i].name);
        checkpoint->tensors.push_back(
            floatsAsBytes(wanted[i].name, wanted[i].shape,
                          there == found.tensors.end() ? std::vector<float>(elements) : there->second.read()));
    }
    return checkpoint;
}

// The adapters of an export that has them in its weights become tensors like those of any other file.
void addMerged(FoundStudent& found, const ModelSource& base, const DecoderShape& shape, Progress& progress) {
    const auto source = openModelSource(found.merged);
    const MergedAdapters adapters = recoverAdapters(*source, base, shape, progress);
    if (adapters.rank == 0)
        return;
    for (const NamedTensor& named : adapters.tensors) {
        const auto* values = named.tensor.const_data_ptr<float>();
        found.tensors[named.name] = {
            named.tensor.sizes().vec(), "an adapter in the weights of " + found.merged,
            [tensor = named.tensor, values] { return std::vector<float>(values, values + tensor.numel()); }};
    }
    found.settings.emplace_back("alpha", std::to_string(adapters.rank));
    found.notices.push_back("The export's adapters are merged into its weights; they were got back with rank " +
                            std::to_string(adapters.rank) + ".");
}

void checkSteps(const ConversionPlan& plan, const FoundStudent& found) {
    if (plan.transferSteps > 0 && hasAdapters(found))
        throw Refusal("PLAN-IMPORT", "The student was finetuned already, so a transfer cannot follow.",
                      "Leave --transfer-steps out; --finetune-steps go on with its adapters.");
}

} // namespace

ImportedStudent importStudent(const ImportRequest& request, const Catalogue& catalogue, Progress& progress) {
    const at::NoGradGuard noGrad;
    say(progress, "looking at the files", 0, 1);
    const auto base = openModelSource(request.model);
    const DecoderShape shape = checkModel(*base).shape;
    FoundStudent found = findStudent(request.paths);
    if (!found.merged.empty())
        addMerged(found, *base, shape, progress);
    ImportedStudent imported;
    imported.plan = importedPlan(request, found, shape.layers, catalogue);
    checkSteps(imported.plan, found);
    const std::vector<Wanted> wanted = wantedTensors(found, imported.plan, shape);
    check(wanted, found, imported.plan);
    imported.student = readAll(wanted, found, progress);
    for (const std::string& path : request.paths)
        imported.notices.push_back(
            "Imported from " + std::filesystem::path(path).filename().string() +
            (std::filesystem::is_directory(path) ? std::string(".") : ", SHA-256 " + sha256OfFile(path, {}) + "."));
    imported.notices.insert(imported.notices.end(), found.notices.begin(), found.notices.end());
    return imported;
}

} // namespace lolcats
