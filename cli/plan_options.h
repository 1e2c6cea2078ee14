// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The plan's fields as options of a verb, made from their own descriptions. Part options are known only to the engine: what the
// verb does not know is kept, and matched when the engine is open.

#include "cli/session.h"
#include "core/records/conversion_plan.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lolcats {

using GivenOptions = std::vector<std::pair<std::string, std::string>>; // by field name, as typed

// Takes `--name value` and `--name=value` that the verb does not know out of the words.
void takeUnknownOptions(const CLI::App& verb, std::vector<std::string>& words, GivenOptions& unknown);

class PlanOptions {
public:
    void addTo(CLI::App& verb, const std::string& standardPreset = "default");
    void takeUnknown(const CLI::App& verb, std::vector<std::string>& words) { takeUnknownOptions(verb, words, m_unknown); }
    // The plan of the preset with the values that were given; paths absolute. `model` is a model or a plan's JSON file.
    ConversionPlan plan(const std::string& model, const Catalogue& catalogue, const Session& session) const;

    // What was given, fields of the plan first, then what only the engine knows; paths absolute.
    GivenOptions given() const;
    const std::string& preset() const { return m_preset; } // empty: none was given

private:
    std::string m_preset;
    std::map<std::string, std::string> m_values; // by field name; only those given are used
    std::map<std::string, CLI::Option*> m_options;
    GivenOptions m_unknown;
};

// "--transfer-steps" of "transfer_steps".
std::string optionOf(const std::string& field);
// The sentence with unit, words and default, for --help and `list`.
std::string optionSentence(const OptionDescription& option);

} // namespace lolcats
