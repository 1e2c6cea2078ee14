// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/learning_rate.h"

#include "core/files/json_file.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

constexpr double kThreshold = 1e-4;   // of ReduceLROnPlateau, relative
constexpr double kSmallestCut = 1e-8; // a smaller change of the rate is not made

} // namespace

ScheduleSettings scheduleOf(const ConversionPlan& plan, const std::string& kind, double rate, std::int64_t warmup,
                            std::int64_t steps) {
    ScheduleSettings settings;
    settings.kind = kind;
    settings.rate = rate;
    settings.warmup = warmup;
    settings.steps = steps;
    settings.plateauFactor = plan.plateauFactor;
    settings.patience = plan.plateauPatience;
    settings.plateauFloor = plan.plateauFloor;
    return settings;
}

LearningRate::LearningRate(const ScheduleSettings& settings)
    : m_settings(settings), m_plateauRate(settings.rate), m_best(std::numeric_limits<double>::infinity()) {
    if (settings.kind != "constant" && settings.kind != "cosine" && settings.kind != "linear" && settings.kind != "plateau")
        throw Refusal("PLAN-SCHEDULE", "There is no learning-rate schedule \"" + settings.kind + "\".",
                      "Take constant, cosine, linear or plateau.");
}

double LearningRate::at(std::int64_t step) const {
    const double peak = m_settings.kind == "plateau" ? m_plateauRate : m_settings.rate;
    if (step < m_settings.warmup)
        return peak * static_cast<double>(step) / static_cast<double>(m_settings.warmup);
    if (m_settings.kind != "cosine" && m_settings.kind != "linear")
        return peak;
    const auto span = static_cast<double>(std::max<std::int64_t>(1, m_settings.steps - m_settings.warmup));
    const double done = std::min(1.0, static_cast<double>(step - m_settings.warmup) / span);
    if (m_settings.kind == "linear") // as published: to nothing at the planned end
        return peak * (1 - done);
    const double share = 0.5 * (1 + std::cos(std::acos(-1.0) * done));
    return peak * (m_settings.floorShare + (1 - m_settings.floorShare) * share);
}

void LearningRate::evaluated(double metric) {
    if (m_settings.kind != "plateau")
        return;
    // The published rule compares with a share of the best, so a negative best asks for a metric that is worse; kept as it is.
    if (metric < m_best * (1 - kThreshold)) {
        m_best = metric;
        m_bad = 0;
    } else {
        ++m_bad;
    }
    if (m_bad <= m_settings.patience)
        return;
    m_bad = 0;
    const double lower = std::max(m_plateauRate * m_settings.plateauFactor, m_settings.plateauFloor);
    if (m_plateauRate - lower > kSmallestCut)
        m_plateauRate = lower;
}

std::string LearningRate::state() const {
    Json json = {{"rate", m_plateauRate}, {"bad", m_bad}};
    if (std::isfinite(m_best))
        json["best"] = m_best;
    return json.dump();
}

void LearningRate::restore(const std::string& state) {
    const Json json = parseStrictJson(state, "the checkpoint's learning rate", "RUN");
    m_plateauRate = json.value("rate", m_settings.rate);
    m_bad = json.value("bad", std::int64_t{0});
    m_best = json.value("best", std::numeric_limits<double>::infinity());
}

} // namespace lolcats
