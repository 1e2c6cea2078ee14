// SPDX-License-Identifier: GPL-3.0-or-later
// The learning rate of the shown stage.
#include "ui/plots/scalar_curve.h"

namespace lolcats {

std::unique_ptr<Plot> makeLearningRate(const Theme& theme, const Curves& curves) {
    ScalarTraits traits;
    traits.objectName = QStringLiteral("learningRatePlot");
    traits.accessibleName = ScalarCurve::tr("Learning rate over steps");
    traits.axisTitle = ScalarCurve::tr("learning rate");
    traits.smooth = false;
    traits.labels = false;
    traits.color = Token::LineStrong;
    traits.points = [](const Curves& all, const PlotSettings& settings) {
        return all.points(settings.stage, settings.stage == Stage::Finetune ? "finetune.lr" : "transfer.lr");
    };
    return std::make_unique<ScalarCurve>(theme, curves, std::move(traits));
}

} // namespace lolcats
