// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One number of the whole model over the steps, with held-out points and a dashed reference where there are any. The plots of
// single metrics are this with their names filled in.

#include "ui/plots/plot.h"

#include <functional>

namespace lolcats {

struct ScalarTraits {
    QString objectName;
    QString accessibleName;
    QString axisTitle;
    bool logarithmic = false;
    bool smooth = true;
    bool ghost = true;  // the raw values behind the smoothed ones
    bool labels = true; // at the curve's end; else the card's header names them
    Token color = Token::Student;
    QString name; // of the curve, at its end
    std::function<std::vector<CurvePoint>(const Curves&, const PlotSettings&)> points;
    std::function<std::vector<CurvePoint>(const Curves&, const PlotSettings&)> heldOut; // may be empty
    bool reference = false;                                                             // the settings' one is drawn
};

class ScalarCurve : public Plot {
    Q_OBJECT

public:
    ScalarCurve(const Theme& theme, const Curves& curves, ScalarTraits traits);

    std::vector<QWidget*> makeTools(QWidget* parent) override;

protected:
    void draw() override;
    bool hasPoints() const override;
    std::vector<ReadoutRow> readout(double x) const override;
    void paintMore(QCPPainter& painter) override;

    virtual QString axisTitle() const { return m_traits.axisTitle; }

private:
    std::vector<double> values(const std::vector<CurvePoint>& points) const;
    void drawHeldOut(const std::vector<PlotPoint>& held);
    bool showsReference() const;
    bool labelled() const; // there is room for names at the curves' ends

    ScalarTraits m_traits;
};

} // namespace lolcats
