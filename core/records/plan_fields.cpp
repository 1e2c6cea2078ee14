// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/plan_fields.h"

#include "core/records/failure.h"

#include <algorithm>
#include <charconv>

namespace lolcats {

namespace {

constexpr double kMillion = 1e6;

PlanField text(const char* section, const char* name, const char* title, std::string ConversionPlan::*member,
               std::string standard, const char* sentence, bool isPath = false) {
    return {section, {name, title, OptionKind::Text, std::move(standard), 0, 0, {}, "", sentence}, member, isPath};
}
PlanField word(const char* section, const char* name, const char* title, std::string ConversionPlan::*member,
               std::string standard, std::vector<std::string> words, const char* sentence) {
    return {section, describedWord(name, title, std::move(words), sentence, std::move(standard)), member, false};
}
PlanField whole(const char* section, const char* name, const char* title, std::int64_t ConversionPlan::*member,
                std::int64_t standard, double minimum, double maximum, const char* unit, const char* sentence) {
    return {section, describedWhole(name, title, standard, minimum, maximum, unit, sentence), member, false};
}
PlanField number(const char* section, const char* name, const char* title, double ConversionPlan::*member, double standard,
                 double minimum, double maximum, const char* unit, const char* sentence) {
    return {section, describedNumber(name, title, standard, minimum, maximum, unit, sentence), member, false};
}
PlanField flag(const char* section, const char* name, const char* title, bool ConversionPlan::*member, bool standard,
               const char* sentence) {
    return {section, describedFlag(name, title, standard, sentence), member, false};
}

const std::vector<std::string> kSchedules = {"constant", "cosine", "linear", "plateau"};

void addModelAndData(std::vector<PlanField>& fields) {
    using P = ConversionPlan;
    fields.push_back(text("", "preset", "Preset", &P::preset, "default", "Where the values came from; it decides nothing."));
    fields.push_back(text("", "model", "Model", &P::model, "", "A GGUF file or a Hugging Face directory.", true));
    fields.push_back(text("data", "dataset", "Kind", &P::dataset, "text", "How the data is read."));
    fields.push_back(text("data", "data", "Text", &P::data, "", "A file or folder to learn from.", true));
    fields.push_back(text("data", "heldout", "Held-out text", &P::heldout, "",
                          "Text that is only measured on; without it a part of the data, chosen by the seed.", true));
    fields.push_back(
        whole("data", "length", "Packed to", &P::length, 512, 8, 1 << 20, "tokens", "Tokens in one training row."));
    fields.push_back(word("data", "documents", "Documents of a row", &P::documents, "joined", {"joined", "apart"},
                          "joined: the documents packed into a row read each other, as published; apart: each is learned by "
                          "itself, with positions, window and sums from its own start."));
    fields.push_back(whole("data", "heldout_rows", "Held out", &P::heldoutRows, 20, 1, kMillion, "rows",
                           "At most so many rows are kept out of training and measured on."));
    fields.push_back(
        whole("data", "batch", "Rows at once", &P::batch, 1, 1, 4096, "rows", "Rows that go through the model together."));
    fields.push_back(whole("data", "accumulation", "Accumulation", &P::accumulation, 1, 1, 65536, "batches",
                           "Batches whose gradients are added up before one step."));
    fields.push_back(
        word("data", "accumulation_rule", "Border of a pass", &P::accumulationRule, "whole", {"whole", "published"},
             "whole: every step adds up the same number of batches; published: batches of a step that began before "
             "the end of a pass are dropped, as the paper's code does."));
}

void addAttentionAndTransfer(std::vector<PlanField>& fields) {
    using P = ConversionPlan;
    fields.push_back(text("attention", "attention", "Kind", &P::attention, "hybrid", "What softmax attention is replaced by."));
    fields.push_back(text("attention", "feature_map", "Feature map", &P::featureMap, "hedgehog",
                          "How queries and keys become features of linear attention."));
    PlanField keep = text("attention", "keep_softmax", "Keep softmax in", &P::attention, "",
                          "Layers that stay as they are, for example 3,17; counted from 0.");
    keep.member = &P::keepSoftmax;
    fields.push_back(std::move(keep));
    fields.push_back(whole("transfer", "transfer_steps", "Steps", &P::transferSteps, 100, 0, kMillion, "steps",
                           "Steps in which each layer learns to imitate its own softmax attention; 0 leaves the stage out."));
    fields.push_back(
        number("transfer", "transfer_lr", "Learning rate", &P::transferLr, 1e-2, 0, 10, "", "Rate of the feature maps."));
    fields.push_back(word("transfer", "transfer_schedule", "Schedule", &P::transferSchedule, "cosine", kSchedules,
                          "How the rate goes: cosine falls to 2 %, linear to nothing, plateau divides by 10 when the held-out "
                          "error stops falling."));
    fields.push_back(whole("transfer", "transfer_warmup", "Warm-up", &P::transferWarmup, 5, 0, kMillion, "steps",
                           "Steps over which the rate rises from nothing."));
    fields.push_back(number("transfer", "transfer_factor_ratio", "Factors' rate", &P::transferFactorRatio, 5, 0, 1000, "times",
                            "Rate of the window and linear factors, as a multiple of the maps' rate."));
    fields.push_back(word("transfer", "transfer_loss", "Loss", &P::transferLoss, "mse", {"mse", "relative"},
                          "mse: the squared error of the output; relative: the same divided by the teacher's own power."));
    fields.push_back(number("transfer", "transfer_loss_factor", "Loss factor", &P::transferLossFactor, 1000, 1e-6, 1e9, "",
                            "The mean squared error is multiplied by this; the published code uses 1000."));
    fields.push_back(number("transfer", "transfer_xent_factor", "Weights' loss", &P::transferXentFactor, 0, 0, 1e9, "",
                            "Adds the cross-entropy of the attention weights, times this; 0 leaves it out."));
    fields.push_back(text("transfer", "transfer_layer_rates", "Layers' rates", &P::transferLayerRates, "",
                          "Multiples of the rate for single layers, for example 0-3:0.5,7:2; the others learn at 1."));
    fields.push_back(whole("transfer", "transfer_patience", "Patience", &P::transferPatience, 0, 0, kMillion, "evaluations",
                           "A layer whose held-out error has not fallen for so long is left alone; 0: never."));
    fields.push_back(flag("transfer", "transfer_lora", "Adapters too", &P::transferLora, false,
                          "The adapters of q, k and v learn already in this stage, beside the feature maps, and go on in the "
                          "finetune; o has none to learn from here."));
}

void addFinetune(std::vector<PlanField>& fields) {
    using P = ConversionPlan;
    fields.push_back(whole("finetune", "finetune_steps", "Steps", &P::finetuneSteps, 100, 0, kMillion, "steps",
                           "Steps in which low-rank adapters repair what is left; 0 leaves the stage out."));
    fields.push_back(
        number("finetune", "finetune_lr", "Learning rate", &P::finetuneLr, 1e-3, 0, 10, "", "Rate of the adapters."));
    fields.push_back(word("finetune", "finetune_loss", "Learns", &P::finetuneLoss, "kl", {"kl", "next-token"},
                          "kl: the teacher's whole distribution; next-token: the text itself, as published."));
    fields.push_back(word("finetune", "finetune_schedule", "Schedule", &P::finetuneSchedule, "cosine", kSchedules,
                          "How the rate goes, as in the transfer."));
    fields.push_back(whole("finetune", "finetune_warmup", "Warm-up", &P::finetuneWarmup, 5, 0, kMillion, "steps",
                           "Steps over which the rate rises from nothing."));
    fields.push_back(flag("finetune", "finetune_maps", "Maps too", &P::finetuneMaps, true,
                          "Feature maps and factors go on learning beside the adapters."));
    fields.push_back(number("finetune", "finetune_maps_ratio", "Maps' rate", &P::finetuneMapsRatio, 3, 0, 1000, "times",
                            "Rate of feature maps and factors, as a multiple of the adapters' rate."));
    fields.push_back(whole("finetune", "rank", "LoRA rank", &P::rank, 8, 1, 4096, "", "Width of the adapters."));
    fields.push_back(
        number("finetune", "alpha", "LoRA alpha", &P::alpha, 16, 0, 1e6, "", "Adapters count alpha / rank times."));
    fields.push_back(number("finetune", "dropout", "LoRA dropout", &P::dropout, 0, 0, 0.99, "",
                            "Share of an adapter's inputs that is left out at random in each step."));
    fields.push_back(
        text("finetune", "targets", "Adapters on", &P::targets, "q,k,v,o", "Projections that get an adapter, of q, k, v, o."));
}

void addOutput(std::vector<PlanField>& fields) {
    using P = ConversionPlan;
    fields.push_back(number("output", "plateau_factor", "Plateau factor", &P::plateauFactor, 0.1, 1e-6, 1, "",
                            "What the schedule “plateau” multiplies the rate by when the held-out figure stops falling."));
    fields.push_back(whole("output", "plateau_patience", "Plateau patience", &P::plateauPatience, 10, 0, kMillion,
                           "evaluations", "Evaluations without progress that the schedule “plateau” waits for."));
    fields.push_back(number("output", "plateau_floor", "Plateau floor", &P::plateauFloor, 1e-5, 0, 10, "",
                            "The schedule “plateau” never goes below this rate."));
    fields.push_back(word("output", "keep_best", "Best state by", &P::keepBest, "relative", {"relative", "published"},
                          "relative: the least held-out error, the state before the first step included; published: the least "
                          "held-out loss, that state left out."));
    fields.push_back(whole("output", "evaluate_every", "Measure every", &P::evaluateEvery, 25, 0, kMillion, "steps",
                           "Steps between looks at a few held-out rows; 0: only at the ends of stages."));
    fields.push_back(whole("output", "checkpoint_every", "Checkpoint every", &P::checkpointEvery, 25, 0, kMillion, "steps",
                           "Steps between checkpoints; 0: only at the ends of stages."));
    fields.push_back(text("output", "probe", "Probe text", &P::probe, "",
                          "Text whose attention maps are kept along the way; empty: a sentence of the program's own."));
    fields.push_back(whole("output", "seed", "Seed", &P::seed, 0, 0, 9e15, "", "All random draws of the run come from it."));
    fields.push_back(whole("output", "threads", "Threads", &P::threads, 0, 0, 1024, "", "Processor threads; 0: all cores."));
    fields.push_back(word("output", "device", "Device", &P::device, "cpu", {"cpu"}, "Where the numbers are worked out."));
    fields.push_back(word("output", "dtype", "Weights in", &P::dtype, "float32", {"float32", "bfloat16"},
                          "Type of the frozen weights; what is trained is always float32."));
    fields.push_back(word("output", "rope_frequencies", "Rotary frequencies", &P::ropeFrequencies, "float32",
                          {"float32", "bfloat16"},
                          "float32: as the model was made; bfloat16: rounded, as the published code has them from its "
                          "finetune on, here in teacher and student for the whole run. Only for repeating its numbers."));
}

std::vector<std::int64_t> layersFromText(const PlanField& field, const std::string& list) {
    std::vector<std::int64_t> layers;
    const char* at = list.data();
    const char* const end = at + list.size();
    while (at < end) {
        std::int64_t layer = 0;
        const auto [next, error] = std::from_chars(at, end, layer);
        if (error != std::errc() || layer < 0 || (next < end && *next != ','))
            throw Refusal("PLAN-VALUE", "The option " + field.option.name + " cannot be “" + list + "”.",
                          "Give layer numbers from 0, separated by commas, for example 3,17.");
        layers.push_back(layer);
        at = next < end ? next + 1 : next;
    }
    std::sort(layers.begin(), layers.end());
    if (std::adjacent_find(layers.begin(), layers.end()) != layers.end())
        throw Refusal("PLAN-VALUE", "The option " + field.option.name + " names a layer twice: “" + list + "”.",
                      "Name each layer once.");
    return layers;
}

std::string layersText(const std::vector<std::int64_t>& layers) {
    std::string list;
    for (const std::int64_t layer : layers)
        list += (list.empty() ? "" : ",") + std::to_string(layer);
    return list;
}

} // namespace

const std::vector<PlanField>& planFields() {
    static const std::vector<PlanField> fields = [] {
        std::vector<PlanField> all;
        addModelAndData(all);
        addAttentionAndTransfer(all);
        addFinetune(all);
        addOutput(all);
        return all;
    }();
    return fields;
}

const PlanField* findPlanField(const std::string& name) {
    for (const PlanField& field : planFields())
        if (field.option.name == name)
            return &field;
    return nullptr;
}

OptionValue readPlanField(const ConversionPlan& plan, const PlanField& field) {
    return std::visit(
        [&plan](auto member) -> OptionValue {
            if constexpr (std::is_same_v<decltype(member), std::vector<std::int64_t> ConversionPlan::*>)
                return layersText(plan.*member);
            else
                return plan.*member;
        },
        field.member);
}

void writePlanField(ConversionPlan& plan, const PlanField& field, const OptionValue& value) {
    const OptionValue checked = checkedOption(field.option, value);
    std::visit(
        [&](auto member) {
            using Member = decltype(member);
            if constexpr (std::is_same_v<Member, std::vector<std::int64_t> ConversionPlan::*>)
                plan.*member = layersFromText(field, std::get<std::string>(checked));
            else if constexpr (std::is_same_v<Member, std::string ConversionPlan::*>)
                plan.*member = std::get<std::string>(checked);
            else if constexpr (std::is_same_v<Member, std::int64_t ConversionPlan::*>)
                plan.*member = std::get<std::int64_t>(checked);
            else if constexpr (std::is_same_v<Member, double ConversionPlan::*>)
                plan.*member = std::get<double>(checked);
            else
                plan.*member = std::get<bool>(checked);
        },
        field.member);
}

} // namespace lolcats
