// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What stands in the way of a start: a list made from what the Plan page was told, with no widget in it.

#include "core/records/conversion_plan.h"
#include "core/records/failure.h"
#include "core/records/model_summary.h"

#include <QString>

#include <optional>
#include <vector>

namespace lolcats {

// All that the page was told so far. What is not there yet is pending, never good.
struct PlanFacts {
    QString engine; // the word while it is not ready
    bool engineReady = false;
    bool busy = false; // a run is going on
    ConversionPlan plan;
    std::optional<ModelSummary> model;
    std::optional<Failure> modelFailure;
    std::optional<DataPreview> data;
    std::optional<Failure> dataFailure;
    std::optional<Forecast> forecast;
    int unreadableFields = 0; // of the form
};

enum class Readiness { Good, Bad, Pending };

struct ReadinessItem {
    Readiness state = Readiness::Good;
    QString title;
    QString sentence;
    QString section; // "model" or the id of a plan section: where to mend it
};

// In the order of a person's work: engine, model, tokenizer, text, plan, memory.
std::vector<ReadinessItem> readinessList(const PlanFacts& facts, const Catalogue& catalogue);
// Why Start is grey; empty when it is not.
QString whyNotYet(const PlanFacts& facts, const std::vector<ReadinessItem>& items);

} // namespace lolcats
