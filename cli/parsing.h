// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From words to the chosen verb's action; whatever does not fit is a Refusal with ARG-….

#include "cli/session.h"

#include <optional>
#include <string>
#include <vector>

namespace lolcats {

void addAllVerbs(CLI::App& app, Session& session);
// Sets session.action; a value is the exit code when a help text or the version was all that was asked for.
std::optional<int> parse(CLI::App& app, Session& session, std::vector<std::string> words);

} // namespace lolcats
