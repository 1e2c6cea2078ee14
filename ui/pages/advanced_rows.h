// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which rows of a plan's form stand behind “Advanced”.

#include <string>

namespace lolcats {

bool isAdvanced(const std::string& option);

} // namespace lolcats
