// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The learning rate: warm-up and cosine as pure functions of the step, the plateau rule as a small state that a checkpoint
// keeps.

#include "core/records/conversion_plan.h"

#include <cstdint>
#include <string>

namespace lolcats {

struct ScheduleSettings {
    std::string kind = "cosine"; // constant, cosine, linear, plateau
    double rate = 1e-2;
    std::int64_t warmup = 0; // steps; the rate rises linearly over them
    std::int64_t steps = 0;
    double floorShare = 0.02;   // cosine falls to this share of `rate`
    double plateauFactor = 0.1; // ReduceLROnPlateau as published: factor 0.1,
    std::int64_t patience = 10; // patience 10 evaluations, threshold 1e-4 relative,
    double plateauFloor = 1e-5; // minimum 1e-5
};

// A stage's schedule, with the plateau rule as the plan has it.
ScheduleSettings scheduleOf(const ConversionPlan& plan, const std::string& kind, double rate, std::int64_t warmup,
                            std::int64_t steps);

class LearningRate {
public:
    explicit LearningRate(const ScheduleSettings& settings);
    double at(std::int64_t step) const; // step from 0
    void evaluated(double metric);      // plateau only; NaN counts as no improvement
    std::string state() const;          // JSON, for a checkpoint
    void restore(const std::string& state);

private:
    ScheduleSettings m_settings;
    double m_plateauRate;
    double m_best;
    std::int64_t m_bad = 0;
};

} // namespace lolcats
