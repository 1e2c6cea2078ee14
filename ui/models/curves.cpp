// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

bool stepBefore(const CurvePoint& point, std::int64_t step) {
    return point.step < step;
}

} // namespace

void Curves::add(const std::vector<Metric>& metrics) {
    for (const Metric& metric : metrics) {
        std::vector<CurvePoint>& points = m_curves[{metric.stage, metric.name, metric.layer}];
        if (points.empty() || points.back().step < metric.step) {
            points.push_back({metric.step, metric.value});
            continue;
        }
        const auto place = std::lower_bound(points.begin(), points.end(), metric.step, stepBefore);
        if (place->step == metric.step)
            place->value = metric.value;
        else
            points.insert(place, {metric.step, metric.value});
    }
}

const std::vector<CurvePoint>& Curves::points(Stage stage, const std::string& name, int layer) const {
    static const std::vector<CurvePoint> none;
    const auto found = m_curves.find({stage, name, layer});
    return found == m_curves.end() ? none : found->second;
}

std::vector<int> Curves::layers(Stage stage, const std::string& name) const {
    std::vector<int> layers;
    for (auto curve = m_curves.lower_bound({stage, name, 0}); curve != m_curves.end(); ++curve) {
        const auto& [curveStage, curveName, layer] = curve->first;
        if (curveStage != stage || curveName != name)
            break;
        layers.push_back(layer);
    }
    return layers;
}

std::vector<CurvePoint> Curves::mean(Stage stage, const std::string& name) const {
    std::vector<CurvePoint> sums;
    std::vector<int> counts;
    for (const int layer : layers(stage, name)) {
        // Layers nearly always have the same steps, so the place is nearly always the next one.
        std::size_t place = 0;
        for (const CurvePoint& point : points(stage, name, layer)) {
            if (!std::isfinite(point.value))
                continue;
            while (place < sums.size() && sums[place].step < point.step)
                ++place;
            if (place == sums.size() || sums[place].step != point.step) {
                sums.insert(sums.begin() + static_cast<std::ptrdiff_t>(place), {point.step, 0});
                counts.insert(counts.begin() + static_cast<std::ptrdiff_t>(place), 0);
            }
            sums[place].value += point.value;
            ++counts[place];
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
        sums[i].value /= counts[i];
    return sums;
}

std::int64_t Curves::lastStep(Stage stage) const {
    std::int64_t last = 0;
    for (auto curve = m_curves.lower_bound({stage, std::string(), std::numeric_limits<int>::min()});
         curve != m_curves.end() && std::get<0>(curve->first) == stage; ++curve)
        if (!curve->second.empty())
            last = std::max(last, curve->second.back().step);
    return last;
}

AxisScale::AxisScale(const Curves& curves, Stage stage, XAxis axis) : m_axis(axis) {
    if (axis != XAxis::Step)
        m_at = curves.points(stage, axis == XAxis::Tokens ? "tokens" : "seconds");
}

double AxisScale::at(double step) const {
    if (m_axis == XAxis::Step || m_at.size() < 2)
        return step;
    auto after = std::lower_bound(m_at.begin() + 1, m_at.end() - 1, step, [](const CurvePoint& point, double wanted) {
        return static_cast<double>(point.step) < wanted;
    });
    const CurvePoint& high = *after;
    const CurvePoint& low = *(after - 1);
    const double share = (step - static_cast<double>(low.step)) / static_cast<double>(high.step - low.step);
    return low.value + share * (high.value - low.value);
}

} // namespace lolcats
