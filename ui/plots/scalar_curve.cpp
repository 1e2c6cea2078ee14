// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/scalar_curve.h"

#include "ui/widgets/buttons.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

ScalarCurve::ScalarCurve(const Theme& theme, const Curves& curves, ScalarTraits traits)
    : Plot(theme, curves), m_traits(std::move(traits)) {
    setObjectName(m_traits.objectName);
    setAccessibleName(m_traits.accessibleName);
    setLogarithmic(m_traits.logarithmic);
    setMargins(m_traits.labels ? 48 : 56, 22, m_traits.labels ? 140 : 24, 30);
}

std::vector<QWidget*> ScalarCurve::makeTools(QWidget* parent) {
    if (!m_traits.labels)
        return {};
    auto* log = quietButton(tr("log"), QIcon(), objectName() + QStringLiteral("Log"), tr("Logarithmic axis"), parent);
    log->setCheckable(true);
    log->setChecked(m_traits.logarithmic);
    connect(log, &QToolButton::toggled, this, [this](bool on) {
        m_traits.logarithmic = on;
        setLogarithmic(on);
        drawNow();
    });
    return {log};
}

bool ScalarCurve::hasPoints() const {
    return !m_traits.points(curves(), settings()).empty();
}

bool ScalarCurve::showsReference() const {
    return m_traits.reference && settings().reference && std::isfinite(*settings().reference) &&
           (!m_traits.logarithmic || *settings().reference > 0);
}

std::vector<double> ScalarCurve::values(const std::vector<CurvePoint>& points) const {
    std::vector<double> values;
    values.reserve(points.size());
    for (const CurvePoint& point : points)
        values.push_back(point.value);
    return values;
}

bool ScalarCurve::labelled() const {
    return m_traits.labels && width() >= 480;
}

void ScalarCurve::draw() {
    m_showMarks = labelled();
    m_showFailureWords = labelled();
    setMargins(labelled() ? 48 : 56, 22, labelled() ? 140 : 24, 30);
    axisRect()->update(QCPLayoutElement::upLayout);
    m_axisTitle = axisTitle() + (m_traits.logarithmic ? tr(", log") : QString());
    const std::vector<CurvePoint> points = m_traits.points(curves(), settings());
    const std::vector<double> raw = values(points);
    const bool smooth = m_traits.smooth && settings().smoothing > 0;
    const std::vector<PlotPoint> rawPlaces = places(points, raw);
    const std::vector<PlotPoint> line = smooth ? places(points, smoothed(raw, settings().smoothing)) : rawPlaces;
    const std::vector<CurvePoint> heldPoints =
        m_traits.heldOut ? m_traits.heldOut(curves(), settings()) : std::vector<CurvePoint>();
    const std::vector<PlotPoint> held = places(heldPoints, values(heldPoints));

    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    const auto widen = [&](double value) {
        low = std::min(low, value);
        high = std::max(high, value);
    };
    for (const auto* curve : {&line, &held})
        for (const PlotPoint& point : *curve)
            widen(point.y);
    if (showsReference())
        widen(*settings().reference);
    if (high < low)
        return;
    if (m_traits.logarithmic) {
        fit(lastX(), oneTwoFiveBelow(low * 0.98), std::max(high * 1.08, oneTwoFiveBelow(low * 0.98) * 2));
    } else {
        const double spread = std::max(high - low, std::max(std::abs(high), 1e-9) * 0.05);
        fit(lastX(), std::max(low - spread * 0.08, low >= 0 ? 0.0 : low * 2), high + spread * 0.08);
    }

    const QColor color = theme().color(m_traits.color);
    if (showsReference()) {
        const double reference = *settings().reference;
        const QColor blue = theme().color(settings().finetuneLoss == "kl" ? Token::LineStrong : Token::Teacher);
        QPen pen(blue, 1.75);
        pen.setDashPattern({3.4, 2.3});
        addCurve({{0, reference}, {xAxis->range().upper, reference}}, pen);
        if (labelled())
            m_labels.push_back(
                {blue, settings().referenceName, figureText(reference), xAxis->range().upper, reference, true, false});
    }
    if (smooth && m_traits.ghost) {
        QColor ghost = color;
        ghost.setAlphaF(0.24F);
        addCurve(thin(rawPlaces), QPen(ghost, 1));
    }
    addCurve(thin(line), QPen(color, 2));
    drawHeldOut(held);
    if (labelled() && !line.empty())
        m_labels.push_back({color, m_traits.name, figureText(line.back().y), line.back().x, line.back().y});
}

void ScalarCurve::drawHeldOut(const std::vector<PlotPoint>& held) {
    if (held.empty())
        return;
    QCPGraph* graph = addCurve(held, Qt::NoPen);
    graph->setLineStyle(QCPGraph::lsNone);
    graph->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(theme().color(Token::Text), 1.3), theme().color(Token::Surface), 5));
}

std::vector<Plot::ReadoutRow> ScalarCurve::readout(double x) const {
    if (!labelled())
        return {};
    const std::vector<CurvePoint> points = m_traits.points(curves(), settings());
    const AxisScale where = scale();
    const auto at = std::lower_bound(points.begin(), points.end(), x, [&](const CurvePoint& point, double wanted) {
        return where.at(static_cast<double>(point.step)) < wanted;
    });
    if (at == points.end())
        return {};
    const double raw = at->value;
    std::vector<ReadoutRow> rows{{theme().color(m_traits.color), m_traits.name, figureText(raw), raw}};
    if (m_traits.smooth && settings().smoothing > 0) {
        const double mean = smoothed(values(points), settings().smoothing)[static_cast<std::size_t>(at - points.begin())];
        rows.front() = {theme().color(m_traits.color), tr("smoothed"), figureText(mean), mean};
        rows.push_back({theme().color(Token::Context), tr("raw"), figureText(raw), raw});
    }
    return rows;
}

void ScalarCurve::paintMore(QCPPainter& painter) {
    if (labelled() || !m_traits.heldOut || !m_there)
        return;
    // A small plot says what its lines are above the axes, as there is no room at their ends.
    const double y = axisRect()->rect().top() - 13;
    painter.setFont(theme().font(Role::Axis));
    const QString training =
        settings().smoothing > 0 ? tr("training, EMA %1").arg(decimalNumber(settings().smoothing, 2)) : tr("training");
    const double left = axisRect()->rect().left() + QFontMetricsF(painter.font()).horizontalAdvance(m_axisTitle) + 12;
    painter.fillRect(QRectF(left, y - 1, 10, 2), theme().color(m_traits.color));
    painter.setPen(theme().color(Token::Muted));
    painter.drawText(QRectF(left + 16, y - 7, 200, 14), Qt::AlignVCenter, training);
    const double next = left + 16 + QFontMetricsF(painter.font()).horizontalAdvance(training) + 12;
    painter.setAntialiasing(true);
    painter.setPen(QPen(theme().color(Token::Text), 1.3));
    painter.setBrush(theme().color(Token::Surface));
    painter.drawEllipse(QPointF(next + 3, y), 2.5, 2.5);
    painter.setPen(theme().color(Token::Muted));
    painter.drawText(QRectF(next + 12, y - 7, 80, 14), Qt::AlignVCenter, tr("held out"));
}

} // namespace lolcats
