// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/plan_options.h"

#include "cli/inputs.h"
#include "core/records/failure.h"
#include "core/records/plan_json.h"

#include <algorithm>
#include <filesystem>

namespace lolcats {

namespace {

std::string fieldOf(const std::string& option) {
    std::string field = option.substr(option.find_first_not_of('-'));
    std::replace(field.begin(), field.end(), '-', '_');
    return field;
}

bool isOption(const std::string& word) {
    return word.size() > 2 && word.starts_with("--");
}

void makeAbsolute(ConversionPlan& plan) {
    plan.model = absolutePath(plan.model);
    plan.data = absolutePath(plan.data);
    plan.heldout = absolutePath(plan.heldout);
}

[[noreturn]] void refuseUnknown(const std::string& field, const ConversionPlan& plan, const Catalogue& catalogue) {
    std::string known;
    for (const OptionDescription& option : partOptions(plan, catalogue))
        known += (known.empty() ? "" : ", ") + optionOf(option.name);
    throw Refusal("ARG-OPTION",
                  "There is no option " + optionOf(field) + " for a plan with the chosen attention, feature map and data.",
                  "The chosen parts have " + (known.empty() ? "no options" : known) +
                      "; `lolcats convert --help` lists those of every plan.");
}

} // namespace

std::string optionOf(const std::string& field) {
    std::string option = "--" + field;
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

std::string optionSentence(const OptionDescription& option) {
    std::string sentence = option.sentence;
    if (!option.words.empty()) {
        sentence += " One of:";
        for (const std::string& word : option.words)
            sentence += " " + word;
        sentence += ".";
    }
    const std::string standard = optionText(option.standard);
    if (!standard.empty())
        sentence += " [" + standard + (option.unit.empty() ? "" : " " + option.unit) + "]";
    return sentence;
}

void PlanOptions::addTo(CLI::App& verb, const std::string& standardPreset) {
    verb.add_option("--preset", m_preset,
                    "Where the values that are not given come from; `lolcats list presets` [" + standardPreset + "]");
    for (const PlanSection& section : planSections())
        for (const OptionDescription& option : section.options) {
            if (option.name == "threads")
                continue; // every verb has it
            m_options[option.name] = verb.add_option(optionOf(option.name), m_values[option.name], optionSentence(option))
                                         ->type_name("")
                                         ->group(section.title);
        }
    verb.footer("Attentions, feature maps and kinds of data have options of their own, given the same way (--window 64):\n"
                "`lolcats list attentions`, `lolcats list feature-maps` and `lolcats list datasets` explain them.");
}

void takeUnknownOptions(const CLI::App& verb, std::vector<std::string>& words, GivenOptions& unknown) {
    std::vector<std::string> rest;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        const auto equals = word.find('=');
        const std::string name = word.substr(0, equals);
        if (!isOption(word) || verb.get_option_no_throw(name) != nullptr) {
            rest.push_back(word);
            // The value of a known option may look like an option itself.
            if (isOption(word) && equals == std::string::npos && verb.get_option_no_throw(name)->get_items_expected_min() > 0 &&
                i + 1 < words.size())
                rest.push_back(words[++i]);
            continue;
        }
        if (equals != std::string::npos)
            unknown.emplace_back(fieldOf(name), word.substr(equals + 1));
        else if (i + 1 < words.size() && !isOption(words[i + 1]))
            unknown.emplace_back(fieldOf(name), words[++i]);
        else
            unknown.emplace_back(fieldOf(name), "true");
    }
    words = std::move(rest);
}

GivenOptions PlanOptions::given() const {
    GivenOptions all;
    for (const PlanSection& section : planSections())
        for (const OptionDescription& option : section.options)
            if (const auto found = m_options.find(option.name); found != m_options.end() && found->second->count() > 0) {
                const bool isPath = option.name == "data" || option.name == "heldout";
                const std::string& text = m_values.at(option.name);
                all.emplace_back(option.name, isPath ? absolutePath(text) : text);
            }
    all.insert(all.end(), m_unknown.begin(), m_unknown.end());
    return all;
}

ConversionPlan PlanOptions::plan(const std::string& model, const Catalogue& catalogue, const Session& session) const {
    const bool isPlanFile = model.ends_with(".json");
    if (isPlanFile && !m_preset.empty())
        throw Refusal("ARG-PRESET", "A plan file and --preset were both given.",
                      "Leave one of them out: a plan file says every value.");
    ConversionPlan plan;
    if (isPlanFile) {
        const std::string folder = std::filesystem::absolute(model).parent_path().string();
        plan = planFromJson(textOfFile(model), folder, catalogue);
    } else {
        plan = planFromPreset(m_preset.empty() ? "default" : m_preset, catalogue);
        plan.model = model;
    }
    for (const PlanSection& section : planSections())
        for (const OptionDescription& option : section.options)
            if (const auto given = m_options.find(option.name); given != m_options.end() && given->second->count() > 0)
                setPlanFieldFromText(plan, option.name, m_values.at(option.name), catalogue);
    const auto parts = partOptions(plan, catalogue);
    for (const auto& [field, text] : m_unknown) {
        const auto isIt = [&name = field](const OptionDescription& option) { return option.name == name; };
        if (std::none_of(parts.begin(), parts.end(), isIt))
            refuseUnknown(field, plan, catalogue);
        setPlanFieldFromText(plan, field, text, catalogue);
    }
    if (session.threads != 0)
        plan.threads = session.threads;
    plan = completedPlan(plan, catalogue);
    makeAbsolute(plan);
    checkPlan(plan, catalogue);
    return plan;
}

} // namespace lolcats
