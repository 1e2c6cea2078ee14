// SPDX-License-Identifier: GPL-3.0-or-later
// The gradient's norm: of the whole model where it is reported so, else the mean over layers.
#include "ui/plots/scalar_curve.h"

namespace lolcats {

std::unique_ptr<Plot> makeGradient(const Theme& theme, const Curves& curves) {
    ScalarTraits traits;
    traits.objectName = QStringLiteral("gradientPlot");
    traits.accessibleName = ScalarCurve::tr("Norm of the gradient over steps");
    traits.axisTitle = ScalarCurve::tr("gradient norm");
    traits.logarithmic = true;
    traits.labels = false;
    traits.color = Token::LineStrong;
    traits.points = [](const Curves& all, const PlotSettings& settings) {
        const auto& whole = all.points(settings.stage, "gradient");
        return whole.empty() ? all.mean(settings.stage, "gradient") : whole;
    };
    return std::make_unique<ScalarCurve>(theme, curves, std::move(traits));
}

} // namespace lolcats
