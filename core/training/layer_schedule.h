// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the layers' independence in the transfer allows: rates of their own, and leaving a layer alone that gets no better.

#include "core/records/conversion_plan.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lolcats {

class LayerSchedule {
public:
    // Refuses a rate for a layer that the model does not have (PLAN-LAYERS).
    LayerSchedule(const ConversionPlan& plan, std::int64_t layers);

    double rateShare(std::int64_t layer) const; // a multiple of the step's rate; 1 where the plan names none
    bool learns(std::int64_t layer) const { return !m_layers[static_cast<std::size_t>(layer)].rests; }
    // One held-out error a layer; NaN where there is no student. Returns the layers that rest from now on: their error has not
    // fallen for as many evaluations as the plan's patience.
    std::vector<std::int64_t> evaluated(const std::vector<double>& errors);
    bool allRest(const std::vector<std::int64_t>& layers) const;

    std::string state() const; // JSON, for a checkpoint
    void restore(const std::string& state);

private:
    struct Layer {
        double best = -1; // below 0: not measured yet
        std::int64_t bad = 0;
        bool rests = false;
    };
    std::map<std::int64_t, double> m_rates;
    std::int64_t m_patience;
    std::vector<Layer> m_layers;
};

} // namespace lolcats
