// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/conversion_plan.h"

#include "core/records/failure.h"
#include "core/records/plan_fields.h"

#include <algorithm>
#include <charconv>

namespace lolcats {

namespace {

std::vector<const Choice*> chosenParts(const ConversionPlan& plan, const Catalogue& catalogue) {
    const Choice& attention = findChoice(catalogue.attentions, plan.attention, "attention");
    const Choice& featureMap = findChoice(catalogue.featureMaps, plan.featureMap, "feature map");
    const Choice& dataset = findChoice(catalogue.datasets, plan.dataset, "dataset");
    return attention.takesFeatureMap ? std::vector{&attention, &featureMap, &dataset} : std::vector{&attention, &dataset};
}

std::string wordsOf(const std::vector<const Choice*>& parts) {
    std::string words;
    for (const Choice* part : parts)
        words += (words.empty() ? "" : ", ") + part->id;
    return words;
}

// The description of a part option by name; null where no chosen part has it.
const OptionDescription* findPartOption(const ConversionPlan& plan, const std::string& name, const Catalogue& catalogue) {
    for (const Choice* part : chosenParts(plan, catalogue))
        for (const OptionDescription& option : part->options)
            if (option.name == name)
                return &option;
    return nullptr;
}

[[noreturn]] void refuseName(const ConversionPlan& plan, const std::string& name, const Catalogue& catalogue) {
    for (const auto* parts : {&catalogue.attentions, &catalogue.featureMaps, &catalogue.datasets})
        for (const Choice& part : *parts)
            for (const OptionDescription& option : part.options)
                if (option.name == name)
                    throw Refusal("PLAN-PART",
                                  "The option " + name + " belongs to “" + part.id +
                                      "”, which this plan does not use (it uses " + wordsOf(chosenParts(plan, catalogue)) +
                                      ").",
                                  "Leave the option out, or choose " + part.id + ".");
    throw Refusal("PLAN-KEY", "A plan has no option called “" + name + "”.",
                  "Check the spelling; `lolcats plan MODEL` writes a plan with every option.");
}

} // namespace

const std::vector<PlanSection>& planSections() {
    static const std::vector<PlanSection> sections = [] {
        std::vector<PlanSection> all = {{"data", "Data", "what the copy learns from", {}},
                                        {"attention", "Attention", "what softmax is replaced by", {}},
                                        {"transfer", "Transfer", "each layer learns to imitate its own softmax attention", {}},
                                        {"finetune", "LoRA", "small adapters repair what is left", {}},
                                        {"output", "Output", "what is measured and kept", {}}};
        for (PlanSection& section : all)
            for (const PlanField& field : planFields())
                if (section.id == field.section)
                    section.options.push_back(field.option);
        return all;
    }();
    return sections;
}

OptionValue planField(const ConversionPlan& plan, const std::string& name, const Catalogue& catalogue) {
    if (const PlanField* field = findPlanField(name))
        return readPlanField(plan, *field);
    const OptionDescription* option = findPartOption(plan, name, catalogue);
    if (option == nullptr)
        refuseName(plan, name, catalogue);
    const auto given = plan.options.find(name);
    return given == plan.options.end() ? option->standard : given->second;
}

void setPlanField(ConversionPlan& plan, const std::string& name, const OptionValue& value, const Catalogue& catalogue) {
    if (const PlanField* field = findPlanField(name)) {
        writePlanField(plan, *field, value);
        return;
    }
    const OptionDescription* option = findPartOption(plan, name, catalogue);
    if (option == nullptr)
        refuseName(plan, name, catalogue);
    plan.options[name] = checkedOption(*option, value);
}

void setPlanFieldFromText(ConversionPlan& plan, const std::string& name, const std::string& text, const Catalogue& catalogue) {
    const PlanField* field = findPlanField(name);
    const OptionDescription* option = field != nullptr ? &field->option : findPartOption(plan, name, catalogue);
    if (option == nullptr)
        refuseName(plan, name, catalogue);
    setPlanField(plan, name, optionFromText(*option, text), catalogue);
}

std::vector<OptionDescription> partOptions(const ConversionPlan& plan, const Catalogue& catalogue) {
    std::vector<OptionDescription> options;
    for (const Choice* part : chosenParts(plan, catalogue))
        for (const OptionDescription& option : part->options)
            if (std::none_of(options.begin(), options.end(), [&](const auto& other) { return other.name == option.name; }))
                options.push_back(option);
    return options;
}

ConversionPlan completedPlan(const ConversionPlan& plan, const Catalogue& catalogue) {
    ConversionPlan complete = plan;
    complete.options.clear();
    for (const OptionDescription& option : partOptions(plan, catalogue)) {
        const auto given = plan.options.find(option.name);
        complete.options[option.name] = given == plan.options.end() ? option.standard : checkedOption(option, given->second);
    }
    return complete;
}

ConversionPlan planFromPreset(const std::string& preset, const Catalogue& catalogue) {
    std::string ids;
    for (const Preset& candidate : catalogue.presets) {
        ids += (ids.empty() ? "" : ", ") + candidate.id;
        if (candidate.id != preset)
            continue;
        ConversionPlan plan;
        plan.preset = preset;
        // Parts first: their options exist only once they are chosen.
        for (const bool parts : {true, false})
            for (const auto& [name, value] : candidate.values)
                if (parts == (name == "attention" || name == "feature_map" || name == "dataset"))
                    setPlanField(plan, name, value, catalogue);
        return completedPlan(plan, catalogue);
    }
    throw Refusal("PLAN-PRESET", "There is no preset called “" + preset + "”.", "Choose one of: " + ids + ".");
}

std::vector<std::string> changedFromPreset(const ConversionPlan& plan, const Catalogue& catalogue) {
    ConversionPlan start = planFromPreset(plan.preset, catalogue);
    std::vector<std::string> changed;
    for (const PlanField& field : planFields())
        if (field.option.name != "preset" && readPlanField(plan, field) != readPlanField(start, field))
            changed.push_back(field.option.name);
    for (const OptionDescription& option : partOptions(plan, catalogue)) {
        const auto before = start.options.find(option.name);
        if (planField(plan, option.name, catalogue) != (before == start.options.end() ? option.standard : before->second))
            changed.push_back(option.name);
    }
    return changed;
}

std::map<std::int64_t, double> layerRatesFromText(const std::string& text) {
    const auto refuse = [&text](const std::string& why) {
        throw Refusal("PLAN-VALUE", "The option transfer_layer_rates cannot be “" + text + "”: " + why + ".",
                      "Give layers, counted from 0, and a multiple of the rate, for example 0-3:0.5,7:2.");
    };
    constexpr std::int64_t kLayers = 100000; // more than any model has; a span is written out
    std::map<std::int64_t, double> rates;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto read = [&](auto& value) {
        const auto [next, error] = std::from_chars(at, end, value);
        if (error != std::errc())
            refuse("a number is missing at its character " + std::to_string(at - text.data() + 1));
        at = next;
    };
    while (at < end) {
        std::int64_t first = 0, last = 0;
        double rate = 0;
        read(first);
        last = first;
        if (at < end && *at == '-')
            ++at, read(last);
        if (at == end || *at++ != ':')
            refuse("a colon is missing after the layers");
        read(rate);
        if (!(rate >= 0 && rate <= 1000))
            refuse("a multiple lies between 0 and 1000");
        if (first < 0 || last < first || last > kLayers)
            refuse("layers go up, from 0");
        for (std::int64_t layer = first; layer <= last; ++layer)
            if (!rates.emplace(layer, rate).second)
                refuse("layer " + std::to_string(layer) + " comes twice");
        if (at < end && (*at++ != ',' || at == end))
            refuse("a comma and the next layers are missing");
    }
    return rates;
}

void checkPlan(const ConversionPlan& plan, const Catalogue& catalogue) {
    for (const PlanField& field : planFields())
        checkedOption(field.option, readPlanField(plan, field));
    for (const auto& [name, value] : plan.options) {
        const OptionDescription* option = findPartOption(plan, name, catalogue);
        if (option == nullptr)
            refuseName(plan, name, catalogue);
        checkedOption(*option, value);
    }
    chosenParts(plan, catalogue);
    layerRatesFromText(plan.transferLayerRates);
    if (plan.transferLora && plan.transferXentFactor > 0)
        throw Refusal("PLAN-VALUE", "Adapters in the transfer learn from the output alone, not from the attention weights.",
                      "Set transfer_xent_factor to 0, or leave transfer_lora out.");
    if (plan.transferSteps == 0 && plan.finetuneSteps == 0)
        throw Refusal("PLAN-NOTHING", "The plan has no steps: transfer_steps and finetune_steps are both 0.",
                      "Give at least one of the two stages some steps.");
    if (plan.model.empty())
        throw Refusal("PLAN-MODEL", "The plan names no model.", "Give a GGUF file or a Hugging Face directory.");
}

} // namespace lolcats
