// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/layer_schedule.h"

#include "core/files/json_file.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cmath>

namespace lolcats {

LayerSchedule::LayerSchedule(const ConversionPlan& plan, std::int64_t layers)
    : m_rates(layerRatesFromText(plan.transferLayerRates)), m_patience(plan.transferPatience),
      m_layers(static_cast<std::size_t>(layers)) {
    if (!m_rates.empty() && m_rates.rbegin()->first >= layers)
        throw Refusal("PLAN-LAYERS",
                      "The plan gives layer " + std::to_string(m_rates.rbegin()->first) +
                          " a rate of its own, but the model has the layers 0 to " + std::to_string(layers - 1) + ".",
                      "Name only layers that the model has.");
}

double LayerSchedule::rateShare(std::int64_t layer) const {
    const auto found = m_rates.find(layer);
    return found == m_rates.end() ? 1 : found->second;
}

std::vector<std::int64_t> LayerSchedule::evaluated(const std::vector<double>& errors) {
    std::vector<std::int64_t> resting;
    for (std::size_t i = 0; i < m_layers.size(); ++i) {
        Layer& layer = m_layers[i];
        if (m_patience == 0 || layer.rests || std::isnan(errors[i]))
            continue;
        if (layer.best < 0 || errors[i] < layer.best) {
            layer.best = errors[i];
            layer.bad = 0;
        } else if (++layer.bad >= m_patience) {
            layer.rests = true;
            resting.push_back(static_cast<std::int64_t>(i));
        }
    }
    return resting;
}

bool LayerSchedule::allRest(const std::vector<std::int64_t>& layers) const {
    return std::none_of(layers.begin(), layers.end(), [this](std::int64_t layer) { return learns(layer); });
}

std::string LayerSchedule::state() const {
    Json json = Json::array();
    for (const Layer& layer : m_layers)
        json.push_back({layer.best, layer.bad, layer.rests});
    return json.dump();
}

void LayerSchedule::restore(const std::string& state) {
    const Json json = parseStrictJson(state, "the checkpoint's layers", "RUN");
    for (std::size_t i = 0; i < std::min(m_layers.size(), json.size()); ++i)
        m_layers[i] = {json[i].at(0).get<double>(), json[i].at(1).get<std::int64_t>(), json[i].at(2).get<bool>()};
}

} // namespace lolcats
