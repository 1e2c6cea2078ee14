// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one table that ties a plan's fields to their descriptions. For the sources of this room only.

#include "core/records/conversion_plan.h"

#include <variant>
#include <vector>

namespace lolcats {

using PlanMember = std::variant<std::string ConversionPlan::*, std::int64_t ConversionPlan::*, double ConversionPlan::*,
                                bool ConversionPlan::*, std::vector<std::int64_t> ConversionPlan::*>;

struct PlanField {
    const char* section; // empty: on no form
    OptionDescription option;
    PlanMember member;
    bool isPath = false; // counts from the plan's folder
};
const std::vector<PlanField>& planFields();
const PlanField* findPlanField(const std::string& name); // null: not a field of the plan itself

OptionValue readPlanField(const ConversionPlan& plan, const PlanField& field);
void writePlanField(ConversionPlan& plan, const PlanField& field, const OptionValue& value);

} // namespace lolcats
