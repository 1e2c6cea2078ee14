// SPDX-License-Identifier: GPL-3.0-or-later
// The student's loss while its adapters learn, held-out points, and what it is measured against as a dashed line.
#include "ui/plots/scalar_curve.h"

namespace lolcats {

namespace {

class FinetuneLoss : public ScalarCurve {
public:
    using ScalarCurve::ScalarCurve;

protected:
    QString axisTitle() const override {
        return settings().finetuneLoss == "kl" ? tr("KL to the teacher, nats") : tr("next-token loss, nats");
    }
};

} // namespace

std::unique_ptr<Plot> makeFinetuneLoss(const Theme& theme, const Curves& curves) {
    ScalarTraits traits;
    traits.objectName = QStringLiteral("finetuneLossPlot");
    traits.accessibleName = ScalarCurve::tr("LoRA loss over steps");
    traits.name = ScalarCurve::tr("student");
    traits.reference = true;
    traits.points = [](const Curves& all, const PlotSettings&) { return all.points(Stage::Finetune, "finetune.loss"); };
    traits.heldOut = [](const Curves& all, const PlotSettings& settings) {
        return all.points(Stage::Finetune, settings.finetuneLoss == "kl" ? "finetune.heldout.kl" : "finetune.heldout.loss");
    };
    return std::make_unique<FinetuneLoss>(theme, curves, std::move(traits));
}

} // namespace lolcats
