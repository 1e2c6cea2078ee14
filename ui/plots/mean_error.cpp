// SPDX-License-Identifier: GPL-3.0-or-later
// The mean over layers of the relative error, in training and on held-out rows.
#include "ui/plots/scalar_curve.h"

namespace lolcats {

std::unique_ptr<Plot> makeMeanError(const Theme& theme, const Curves& curves) {
    ScalarTraits traits;
    traits.objectName = QStringLiteral("meanErrorPlot");
    traits.accessibleName = ScalarCurve::tr("Mean error over layers");
    traits.axisTitle = ScalarCurve::tr("mean over layers");
    traits.logarithmic = true;
    traits.ghost = false;
    traits.labels = false;
    traits.points = [](const Curves& all, const PlotSettings&) { return all.mean(Stage::Transfer, "transfer.relative"); };
    traits.heldOut = [](const Curves& all, const PlotSettings&) {
        const auto& whole = all.points(Stage::Transfer, "transfer.heldout.relative");
        return whole.empty() ? all.mean(Stage::Transfer, "transfer.heldout.relative") : whole;
    };
    return std::make_unique<ScalarCurve>(theme, curves, std::move(traits));
}

} // namespace lolcats
