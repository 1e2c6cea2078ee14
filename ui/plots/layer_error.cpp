// SPDX-License-Identifier: GPL-3.0-or-later
// One thin line a layer: how far each student layer is from its own softmax attention. The chosen layers stand out, the rest
// is context.
#include "ui/plots/plot.h"
#include "ui/widgets/buttons.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

class LayerError : public Plot {
    Q_OBJECT

public:
    LayerError(const Theme& theme, const Curves& curves) : Plot(theme, curves) {
        setObjectName(QStringLiteral("layerErrorPlot"));
        setAccessibleName(tr("Error of each layer over steps"));
    }

    std::vector<QWidget*> makeTools(QWidget* parent) override {
        auto* log = quietButton(tr("log"), QIcon(), QStringLiteral("layerErrorLog"), tr("Logarithmic axis"), parent);
        log->setCheckable(true);
        log->setChecked(true);
        connect(log, &QToolButton::toggled, this, [this](bool on) {
            setLogarithmic(on);
            drawNow();
        });
        auto* kinds = new Segments({tr("Relative"), tr("Raw")}, QStringLiteral("layerErrorKind"), parent);
        kinds->setToolTip(tr("Relative: the squared error over the teacher's own mean square"));
        connect(kinds, &Segments::chosen, this, [this](int index) {
            m_raw = index == 1;
            drawNow();
        });
        return {kinds, log};
    }

protected:
    const std::string& metric() const {
        const auto& metrics = plotKind("layer_error").metrics;
        return metrics[m_raw ? 1 : 0];
    }
    bool hasPoints() const override { return !curves().layers(Stage::Transfer, metric()).empty(); }

    struct Line {
        int layer = 0;
        std::vector<PlotPoint> smooth;
    };

    void draw() override {
        m_axisTitle = (m_raw ? tr("mean squared error") : tr("relative error")) +
                      (yAxis->scaleType() == QCPAxis::stLogarithmic ? tr(", log") : QString());
        std::vector<Line> lines;
        double low = std::numeric_limits<double>::max();
        double high = 0;
        for (const int layer : curves().layers(Stage::Transfer, metric())) {
            Line line{layer, places(points(layer), smooth(layer))};
            for (const PlotPoint& point : line.smooth) {
                low = std::min(low, point.y);
                high = std::max(high, point.y);
            }
            lines.push_back(std::move(line));
        }
        if (high <= 0)
            return;
        const bool logarithmic = yAxis->scaleType() == QCPAxis::stLogarithmic;
        fit(lastX(), logarithmic ? oneTwoFiveBelow(low) : 0, high * 1.08);
        std::stable_sort(lines.begin(), lines.end(),
                         [&](const Line& a, const Line& b) { return rank(a.layer) < rank(b.layer); });
        const bool smoothContext = lines.size() <= 40;
        for (const Line& line : lines)
            if (!isFocused(settings(), line.layer))
                addCurve(thin(line.smooth, 2), QPen(theme().color(Token::Context), 1))->setAntialiased(smoothContext);
        for (const Line& line : lines)
            if (isFocused(settings(), line.layer))
                drawFocused(line);
    }

    void drawFocused(const Line& line) {
        const QColor color = layerColor(theme(), settings(), line.layer);
        QColor ghost = color;
        ghost.setAlphaF(0.24F);
        if (settings().smoothing > 0)
            addCurve(thin(rawPlaces(line.layer)), QPen(ghost, 1));
        addCurve(thin(line.smooth), QPen(color, 2));
        if (line.smooth.empty())
            return;
        const PlotPoint& last = line.smooth.back();
        m_labels.push_back({color, QStringLiteral("L%1").arg(line.layer), figureText(last.y), last.x, last.y});
    }

    std::vector<ReadoutRow> readout(double x) const override {
        std::vector<ReadoutRow> rows;
        const AxisScale where = scale();
        for (const int layer : curves().layers(Stage::Transfer, metric())) {
            if (!isFocused(settings(), layer))
                continue;
            const std::vector<double> values = smooth(layer);
            const std::ptrdiff_t at = nearest(points(layer), where, x);
            if (at >= 0 && values[static_cast<std::size_t>(at)] > 0) {
                const double value = values[static_cast<std::size_t>(at)];
                rows.push_back(
                    {layerColor(theme(), settings(), layer), QStringLiteral("L%1").arg(layer), figureText(value), value});
            }
        }
        std::sort(rows.begin(), rows.end(), [](const ReadoutRow& a, const ReadoutRow& b) { return a.y > b.y; });
        return rows;
    }

    int layerAt(const QPointF& place) const override {
        const AxisScale where = scale();
        int best = -1;
        double distance = 12;
        for (const int layer : curves().layers(Stage::Transfer, metric())) {
            const std::ptrdiff_t at = nearest(points(layer), where, xAxis->pixelToCoord(place.x()));
            if (at < 0)
                continue;
            const double away = std::abs(yAxis->coordToPixel(smooth(layer)[static_cast<std::size_t>(at)]) - place.y());
            if (away < distance) {
                distance = away;
                best = layer;
            }
        }
        return best;
    }

private:
    // Context below pinned below selected.
    int rank(int layer) const { return layer == settings().selectedLayer ? 2 : isFocused(settings(), layer) ? 1 : 0; }

    const std::vector<CurvePoint>& points(int layer) const { return curves().points(Stage::Transfer, metric(), layer); }

    std::vector<double> smooth(int layer) const {
        std::vector<double> values;
        values.reserve(points(layer).size());
        for (const CurvePoint& point : points(layer))
            values.push_back(point.value);
        return settings().smoothing > 0 ? smoothed(values, settings().smoothing) : values;
    }

    std::vector<PlotPoint> rawPlaces(int layer) const {
        const bool logarithmic = yAxis->scaleType() == QCPAxis::stLogarithmic;
        const AxisScale where = scale();
        std::vector<PlotPoint> raw;
        for (const CurvePoint& point : points(layer))
            if (std::isfinite(point.value) && (!logarithmic || point.value > 0))
                raw.push_back({where.at(static_cast<double>(point.step)), point.value});
        return raw;
    }

    static std::ptrdiff_t nearest(const std::vector<CurvePoint>& points, const AxisScale& where, double x) {
        const auto after = std::lower_bound(points.begin(), points.end(), x, [&](const CurvePoint& point, double wanted) {
            return where.at(static_cast<double>(point.step)) < wanted;
        });
        if (after == points.end())
            return -1;
        return after - points.begin();
    }

    bool m_raw = false;
};

} // namespace

std::unique_ptr<Plot> makeLayerError(const Theme& theme, const Curves& curves) {
    return std::make_unique<LayerError>(theme, curves);
}

} // namespace lolcats

#include "layer_error.moc"
