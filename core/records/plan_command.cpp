// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/conversion_plan.h"

#include <algorithm>

namespace lolcats {

namespace {

std::string quoted(const std::string& text) {
    const bool plain = !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                               "._-+/,:=@%") == std::string::npos;
    if (plain)
        return text;
    std::string safe = "'";
    for (const char letter : text)
        safe += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return safe + "'";
}

} // namespace

std::string planCommand(const ConversionPlan& plan, const std::string& run, const Catalogue& catalogue) {
    std::string command = "lolcats convert " + quoted(plan.model);
    const auto add = [&command](const std::string& name, const std::string& value) {
        std::string option = name;
        std::replace(option.begin(), option.end(), '_', '-');
        command += " \\\n  --" + option + " " + quoted(value);
    };
    add("preset", plan.preset);
    for (const std::string& name : changedFromPreset(plan, catalogue))
        if (name != "model")
            add(name, optionText(planField(plan, name, catalogue)));
    add("run", run);
    return command;
}

} // namespace lolcats
