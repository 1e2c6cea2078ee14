// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A text as one word of a command line: as it is, or quoted where a shell would read something else.

#include <string>

namespace lolcats {

std::string shellWord(const std::string& text);

} // namespace lolcats
