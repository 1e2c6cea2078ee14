// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/run_comparison.h"

#include "ui/widgets/buttons.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

const Curves& noCurves() {
    static const Curves none;
    return none;
}

} // namespace

QColor runColor(const Theme& theme, int place) {
    constexpr Token colors[] = {Token::S3, Token::S4, Token::S5, Token::S6};
    return theme.color(colors[place % 4]);
}

RunComparison::RunComparison(const Theme& theme, QWidget* parent) : Plot(theme, noCurves(), parent) {
    setObjectName(QStringLiteral("runComparisonPlot"));
    setAccessibleName(tr("One metric across the selected runs"));
    setMargins(56, 22, 172, 30);
    setLogarithmic(false);
    m_showMarks = false;
    PlotSettings start;
    start.smoothing = 0;
    setSettings(start);
    connect(this, &Plot::crosshairMoved, this, [this](double x) { setCrosshair(x); });
    connect(this, &Plot::crosshairLeft, this, [this] { setCrosshair(std::nullopt); });
}

std::vector<QWidget*> RunComparison::makeTools(QWidget* parent) {
    auto* log = quietButton(tr("log"), QIcon(), QStringLiteral("runComparisonLog"), tr("Logarithmic axis"), parent);
    log->setCheckable(true);
    connect(log, &QToolButton::toggled, this, [this](bool on) {
        setLogarithmic(on);
        drawNow();
    });
    return {log};
}

void RunComparison::setRuns(std::vector<Run> runs) {
    for (Run& run : runs)
        for (Run& old : m_runs)
            if (run.points.empty() && old.path == run.path)
                run.points = std::move(old.points);
    m_runs = std::move(runs);
    touch();
}

void RunComparison::clearPoints() {
    for (Run& run : m_runs)
        run.points.clear();
    touch();
}

void RunComparison::setPoints(const QString& path, const std::vector<CurvePoint>& points) {
    for (Run& run : m_runs)
        if (run.path == path)
            run.points = points;
    touch();
}

bool RunComparison::hasPoints() const {
    return std::any_of(m_runs.begin(), m_runs.end(), [](const Run& run) { return !run.points.empty(); });
}

std::vector<double> RunComparison::values(const Run& run) const {
    std::vector<double> result;
    for (const CurvePoint& point : run.points)
        result.push_back(point.value);
    // A dense curve is one of single batches and is smoothed; held-out points are few and stay as they are.
    return run.points.size() > 200 ? smoothed(result, 0.9) : result;
}

void RunComparison::draw() {
    const bool logarithmic = yAxis->scaleType() == QCPAxis::stLogarithmic;
    m_axisTitle = m_title + (logarithmic ? tr(", log") : QString());
    std::vector<std::vector<PlotPoint>> lines;
    double low = std::numeric_limits<double>::max();
    double high = std::numeric_limits<double>::lowest();
    double last = 1;
    for (const Run& run : m_runs) {
        lines.push_back(places(run.points, values(run)));
        for (const PlotPoint& point : lines.back()) {
            low = std::min(low, point.y);
            high = std::max(high, point.y);
            last = std::max(last, point.x);
        }
    }
    if (high < low)
        return;
    const double spread = std::max(high - low, std::max(std::abs(high), 1e-9) * 0.05);
    if (logarithmic)
        fit(last, oneTwoFiveBelow(low * 0.98), high * 1.08);
    else
        fit(last, low >= 0 ? std::max(0.0, low - spread * 0.1) : low - spread * 0.1, high + spread * 0.1);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].empty())
            continue;
        const QColor color = runColor(theme(), static_cast<int>(i));
        QPen pen(color, 2);
        if (i >= 4)
            pen.setDashPattern({3, 2});
        addCurve(thin(lines[i]), pen);
        const PlotPoint& end = lines[i].back();
        const QFontMetrics metrics(theme().font(Role::Axis));
        m_labels.push_back(
            {color, metrics.elidedText(m_runs[i].name, Qt::ElideMiddle, 92), figureText(end.y), end.x, end.y, i >= 4});
    }
}

std::vector<Plot::ReadoutRow> RunComparison::readout(double x) const {
    std::vector<ReadoutRow> rows;
    for (std::size_t i = 0; i < m_runs.size(); ++i) {
        const Run& run = m_runs[i];
        const auto at = std::lower_bound(run.points.begin(), run.points.end(), x, [](const CurvePoint& point, double wanted) {
            return static_cast<double>(point.step) < wanted;
        });
        if (at == run.points.end())
            continue;
        const double value = values(run)[static_cast<std::size_t>(at - run.points.begin())];
        rows.push_back({runColor(theme(), static_cast<int>(i)), run.name, figureText(value), value});
    }
    return rows;
}

} // namespace lolcats
