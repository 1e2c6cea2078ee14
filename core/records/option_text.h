// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/records/choices.h"

namespace lolcats {

// What a person typed for an option; not checked yet: a text that is no number stays one, and `checkedOption` refuses it.
OptionValue optionFromText(const OptionDescription& option, const std::string& text);

} // namespace lolcats
