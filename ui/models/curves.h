// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// All points of one run, by stage, name and layer, as plots and tables read them. Live points and points out of history come
// by the same call.

#include "core/records/run_record.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace lolcats {

enum class XAxis { Step, Tokens, Time };

class Curves {
public:
    void clear() { m_curves.clear(); }
    // A step that is there already takes the new value: a resumed run goes over some steps again.
    void add(const std::vector<Metric>& metrics);

    bool empty() const { return m_curves.empty(); }
    // No points where there is no such curve.
    const std::vector<CurvePoint>& points(Stage stage, const std::string& name, int layer = -1) const;
    // Layers that have points, ascending; −1 is not a layer.
    std::vector<int> layers(Stage stage, const std::string& name) const;
    // Mean over layers at each step at which any layer has a finite value.
    std::vector<CurvePoint> mean(Stage stage, const std::string& name) const;
    std::int64_t lastStep(Stage stage) const; // 0 when there is none

private:
    using Key = std::tuple<Stage, std::string, int>;
    std::map<Key, std::vector<CurvePoint>> m_curves;
};

// Where a step lies on an axis: itself, tokens seen, or seconds worked; between two known steps on the line between them.
class AxisScale {
public:
    AxisScale() = default;
    AxisScale(const Curves& curves, Stage stage, XAxis axis);

    bool usable() const { return m_axis == XAxis::Step || m_at.size() > 1; }
    double at(double step) const;

private:
    XAxis m_axis = XAxis::Step;
    std::vector<CurvePoint> m_at;
};

} // namespace lolcats
