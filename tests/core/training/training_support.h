// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A Progress that keeps what it hears, and small plans and rows for the tiny model.

#include "core/records/conversion_plan.h"
#include "core/records/job.h"
#include "core/text/packing.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lolcats::testing {

class KeepingProgress : public Progress {
public:
    void report(const JobEvent& event) override {
        if (const auto* metric = std::get_if<Metric>(&event))
            metrics.push_back(*metric);
        else if (const auto* taken = std::get_if<CheckpointTaken>(&event))
            checkpoints.push_back(taken->checkpoint);
        else if (const auto* line = std::get_if<LogLine>(&event))
            log.push_back(line->text);
        else if (const auto* news = std::get_if<StageProgress>(&event))
            last = *news;
    }
    JobRequests mayGoOn() override {
        const std::int64_t asked = ++questions;
        return answer ? answer(asked) : JobRequests{};
    }

    // Values of one metric in the order in which they came.
    std::vector<double> values(const std::string& name, int layer = -1) const {
        std::vector<double> found;
        for (const Metric& metric : metrics)
            if (metric.name == name && metric.layer == layer)
                found.push_back(metric.value);
        return found;
    }
    std::vector<std::string> reasons() const {
        std::vector<std::string> words;
        for (const auto& checkpoint : checkpoints)
            words.push_back(checkpoint->reason);
        return words;
    }

    std::function<JobRequests(std::int64_t)> answer; // to the question of this number, from 1
    std::int64_t questions = 0;
    std::vector<Metric> metrics;
    std::vector<std::shared_ptr<const Checkpoint>> checkpoints;
    std::vector<std::string> log;
    StageProgress last;
};

inline TokenRows someRows(std::int64_t rows, std::int64_t length, std::int32_t salt = 0) {
    TokenRows made;
    made.length = length;
    for (std::int32_t i = 0; i < rows * length; ++i)
        made.ids.push_back((i * i + 31 * i + 7 * salt) % 251 + 2);
    made.labels = made.ids;
    return made;
}

inline ConversionPlan smallPlan() {
    ConversionPlan plan;
    plan.length = 24;
    plan.transferSteps = plan.finetuneSteps = 6;
    plan.transferWarmup = plan.finetuneWarmup = 1;
    plan.evaluateEvery = 2;
    plan.checkpointEvery = 3;
    plan.rank = 4;
    plan.alpha = 8;
    plan.options = {{"window", std::int64_t{8}}, {"sinks", std::int64_t{2}}, {"feature_dim", std::int64_t{16}}};
    return plan;
}

} // namespace lolcats::testing
