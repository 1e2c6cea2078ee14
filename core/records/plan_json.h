// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A plan as one flat JSON object and back. Every field is written, so that a later change of a preset changes no stored plan.

#include "core/records/conversion_plan.h"

#include <string>

namespace lolcats {

std::string planToJson(const ConversionPlan& plan, const Catalogue& catalogue);
// Relative paths count from `folder`. Refuses unknown keys, options of a part not chosen, wrong kinds and newer versions.
ConversionPlan planFromJson(const std::string& json, const std::string& folder, const Catalogue& catalogue);
// As a run file stores it: no catalogue at hand, so part options are taken as they are. For showing, not for running.
ConversionPlan planFromStoredJson(const std::string& json);

} // namespace lolcats
