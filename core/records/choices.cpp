// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/choices.h"

#include "core/records/failure.h"

#include <charconv>
#include <cmath>

namespace lolcats {

namespace {

std::string numberText(double value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
    return {buffer, end};
}

[[noreturn]] void refuseOption(const OptionDescription& option, const std::string& given, const std::string& accepted) {
    throw Refusal("PLAN-VALUE", "The option " + option.name + " cannot be " + given + ".",
                  "Give it " + accepted + (option.unit.empty() ? "" : " " + option.unit) + ".");
}

std::string rangeText(const OptionDescription& option) {
    const bool whole = option.kind == OptionKind::Integer;
    return std::string(whole ? "a whole number" : "a number") + " from " + numberText(option.minimum) + " to " +
           numberText(option.maximum);
}

std::string wordList(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words)
        list += (list.empty() ? "" : ", ") + word;
    return list;
}

} // namespace

OptionDescription describedFlag(std::string name, std::string title, bool standard, std::string sentence) {
    return {std::move(name), std::move(title), OptionKind::Flag, standard, 0, 0, {}, "", std::move(sentence)};
}

OptionDescription describedWhole(std::string name, std::string title, std::int64_t standard, double minimum, double maximum,
                                 std::string unit, std::string sentence) {
    return {std::move(name), std::move(title),   OptionKind::Integer, standard, minimum, maximum, {},
            std::move(unit), std::move(sentence)};
}

OptionDescription describedNumber(std::string name, std::string title, double standard, double minimum, double maximum,
                                  std::string unit, std::string sentence) {
    return {std::move(name), std::move(title),   OptionKind::Number, standard, minimum, maximum, {},
            std::move(unit), std::move(sentence)};
}

OptionDescription describedWord(std::string name, std::string title, std::vector<std::string> words, std::string sentence,
                                std::string standard) {
    if (standard.empty())
        standard = words.front();
    return {std::move(name),    std::move(title), OptionKind::Word, std::move(standard), 0, 0, std::move(words), "",
            std::move(sentence)};
}

const Choice& findChoice(const std::vector<Choice>& choices, const std::string& id, const std::string& kind) {
    std::vector<std::string> ids;
    for (const Choice& choice : choices) {
        if (choice.id == id)
            return choice;
        ids.push_back(choice.id);
    }
    throw Refusal("PLAN-CHOICE", "There is no " + kind + " called “" + id + "”.", "Choose one of: " + wordList(ids) + ".");
}

OptionValues completed(const Choice& choice, const OptionValues& values) {
    OptionValues all;
    for (const OptionDescription& option : choice.options) {
        const auto given = values.find(option.name);
        all[option.name] = given == values.end() ? option.standard : checkedOption(option, given->second);
    }
    return all;
}

OptionValue checkedOption(const OptionDescription& option, const OptionValue& value) {
    const std::string given = optionText(value).empty() ? "empty" : optionText(value);
    switch (option.kind) {
    case OptionKind::Flag:
        if (!std::holds_alternative<bool>(value))
            refuseOption(option, given, "true or false");
        return value;
    case OptionKind::Integer:
        if (const auto* whole = std::get_if<std::int64_t>(&value);
            whole != nullptr && static_cast<double>(*whole) >= option.minimum && static_cast<double>(*whole) <= option.maximum)
            return value;
        refuseOption(option, given, rangeText(option));
    case OptionKind::Number: {
        double number = std::nan("");
        if (const auto* real = std::get_if<double>(&value))
            number = *real;
        else if (const auto* whole = std::get_if<std::int64_t>(&value))
            number = static_cast<double>(*whole);
        if (!(number >= option.minimum && number <= option.maximum))
            refuseOption(option, given, rangeText(option));
        return number;
    }
    case OptionKind::Text:
        if (!std::holds_alternative<std::string>(value))
            refuseOption(option, given, "text");
        return value;
    case OptionKind::Word:
        if (const auto* text = std::get_if<std::string>(&value))
            for (const std::string& word : option.words)
                if (*text == word)
                    return value;
        refuseOption(option, given, "one of " + wordList(option.words));
    }
    return value;
}

std::string optionText(const OptionValue& value) {
    if (const auto* flag = std::get_if<bool>(&value))
        return *flag ? "true" : "false";
    if (const auto* whole = std::get_if<std::int64_t>(&value))
        return std::to_string(*whole);
    if (const auto* number = std::get_if<double>(&value))
        return numberText(*number);
    return std::get<std::string>(value);
}

OptionValue optionFromText(const OptionDescription& option, const std::string& text) {
    const char* const end = text.data() + text.size();
    if (option.kind == OptionKind::Flag && (text == "true" || text == "false"))
        return text == "true";
    if (option.kind == OptionKind::Integer || option.kind == OptionKind::Number) {
        std::int64_t whole = 0;
        if (const auto [at, error] = std::from_chars(text.data(), end, whole); error == std::errc() && at == end)
            return whole;
        double number = 0;
        if (const auto [at, error] = std::from_chars(text.data(), end, number); error == std::errc() && at == end)
            return number;
    }
    return text;
}

// Options that parts read were completed first, so a missing name or another kind is a slip of ours, not of a person.
bool flagOption(const OptionValues& values, const std::string& name) {
    return std::get<bool>(values.at(name));
}
std::int64_t integerOption(const OptionValues& values, const std::string& name) {
    return std::get<std::int64_t>(values.at(name));
}
double numberOption(const OptionValues& values, const std::string& name) {
    const OptionValue& value = values.at(name);
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}
const std::string& textOption(const OptionValues& values, const std::string& name) {
    return std::get<std::string>(values.at(name));
}

} // namespace lolcats
