// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens a second, from the tokens seen and the seconds worked.
#include "ui/plots/scalar_curve.h"

#include <algorithm>

namespace lolcats {

namespace {

std::vector<CurvePoint> tokensPerSecond(const Curves& curves, Stage stage) {
    const auto& tokens = curves.points(stage, "tokens");
    const auto& seconds = curves.points(stage, "seconds");
    std::vector<CurvePoint> rates;
    std::size_t j = 0;
    double tokensBefore = 0;
    double secondsBefore = 0;
    for (const CurvePoint& point : tokens) {
        while (j < seconds.size() && seconds[j].step < point.step)
            ++j;
        if (j == seconds.size() || seconds[j].step != point.step)
            continue;
        const double time = seconds[j].value - secondsBefore;
        if (time > 0 && point.value > tokensBefore)
            rates.push_back({point.step, (point.value - tokensBefore) / time});
        tokensBefore = point.value;
        secondsBefore = seconds[j].value;
    }
    return rates;
}

} // namespace

std::unique_ptr<Plot> makeThroughput(const Theme& theme, const Curves& curves) {
    ScalarTraits traits;
    traits.objectName = QStringLiteral("throughputPlot");
    traits.accessibleName = ScalarCurve::tr("Tokens a second over steps");
    traits.axisTitle = ScalarCurve::tr("tokens a second");
    traits.name = ScalarCurve::tr("tok/s");
    traits.color = Token::LineStrong;
    traits.points = [](const Curves& all, const PlotSettings& settings) { return tokensPerSecond(all, settings.stage); };
    return std::make_unique<ScalarCurve>(theme, curves, std::move(traits));
}

} // namespace lolcats
