// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/conversion_plan.h"
#include "core/records/shell_word.h"

#include <algorithm>

namespace lolcats {

std::string planCommand(const ConversionPlan& plan, const std::string& run, const Catalogue& catalogue) {
    std::string command = "lolcats convert " + shellWord(plan.model);
    const auto add = [&command](const std::string& name, const std::string& value) {
        std::string option = name;
        std::replace(option.begin(), option.end(), '_', '-');
        command += " \\\n  --" + option + " " + shellWord(value);
    };
    add("preset", plan.preset);
    for (const std::string& name : changedFromPreset(plan, catalogue))
        if (name != "model")
            add(name, optionText(planField(plan, name, catalogue)));
    add("run", run);
    return command;
}

} // namespace lolcats
