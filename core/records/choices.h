// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A thing that can be chosen, and the options that it takes. Plan JSON, the window's forms, the command line's options and
// the documentation are all made from these descriptions.

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace lolcats {

using OptionValue = std::variant<bool, std::int64_t, double, std::string>;
using OptionValues = std::map<std::string, OptionValue>;

enum class OptionKind { Flag, Integer, Number, Text, Word }; // Word: one of `words`

struct OptionDescription {
    std::string name;  // as in the plan's JSON; the command line writes - for _
    std::string title; // as on a form
    OptionKind kind = OptionKind::Integer;
    OptionValue standard; // the default; its alternative fits `kind`
    double minimum = 0;   // of Integer and Number, both ends included
    double maximum = 0;
    std::vector<std::string> words; // of Word
    std::string unit;               // "tokens", "steps", may be empty
    std::string sentence;           // what it does, in plain words
};

// Descriptions by kind, for the lists of parts. The standard of a word is the first one unless another is said.
OptionDescription describedFlag(std::string name, std::string title, bool standard, std::string sentence);
OptionDescription describedWhole(std::string name, std::string title, std::int64_t standard, double minimum, double maximum,
                                 std::string unit, std::string sentence);
OptionDescription describedNumber(std::string name, std::string title, double standard, double minimum, double maximum,
                                  std::string unit, std::string sentence);
OptionDescription describedWord(std::string name, std::string title, std::vector<std::string> words, std::string sentence,
                                std::string standard = {});

struct Choice {
    std::string id;
    std::string title;
    std::string sentence;
    std::vector<OptionDescription> options;
    bool takesFeatureMap = true; // of an attention
};

// All that the engine can be asked for. `presets` set options of plan and parts: see Preset.
struct Preset {
    std::string id;
    std::string title;
    std::string sentence;
    OptionValues values; // plan fields and part options that differ from their standards
};

struct Catalogue {
    std::vector<Choice> attentions;
    std::vector<Choice> featureMaps;
    std::vector<Choice> families;
    std::vector<Choice> datasets;
    std::vector<Choice> exporters;
    std::vector<Choice> tasks;
    std::vector<Preset> presets;
};

// The entry with this id. Refuses an unknown id with the ids that exist; `kind` is the word used in the sentence.
const Choice& findChoice(const std::vector<Choice>& choices, const std::string& id, const std::string& kind);
// Each option of `choice`, taken from `values` where it is there, else its standard.
OptionValues completed(const Choice& choice, const OptionValues& values);
// Refuses a value of the wrong kind or outside its range, naming the option and what is accepted. A whole number is taken
// for a Number.
OptionValue checkedOption(const OptionDescription& option, const OptionValue& value);
std::string optionText(const OptionValue& value); // as typed on a command line
// The other way, by the option's kind; what does not read as that kind stays text, for checkedOption to refuse.
OptionValue optionFromText(const OptionDescription& option, const std::string& text);

bool flagOption(const OptionValues& values, const std::string& name);
std::int64_t integerOption(const OptionValues& values, const std::string& name);
double numberOption(const OptionValues& values, const std::string& name);
const std::string& textOption(const OptionValues& values, const std::string& name);

} // namespace lolcats
