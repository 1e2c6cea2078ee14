// SPDX-License-Identifier: GPL-3.0-or-later
// Every layer's error over the steps as one map, and where each stands now as bars at the right.
#include "ui/plots/axis_tickers.h"
#include "ui/plots/colour_scale.h"
#include "ui/plots/plot.h"

#include <QPointer>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

// Every fifth layer, and the last when there is room for its number.
class LayerTicker : public QCPAxisTicker {
public:
    int m_layers = 1;
    int m_every = 5;
    int m_selected = -1;

protected:
    double getTickStep(const QCPRange&) override { return m_every; }
    int getSubTickCount(double) override { return 0; }
    QVector<double> createTickVector(double, const QCPRange&) override {
        QVector<double> ticks;
        const int last = m_layers - 1;
        const int end = m_selected >= 0 ? m_selected : last;
        const auto isFree = [&](int layer) { return 2 * std::abs(layer - end) > m_every; };
        for (int layer = 0; layer <= last; layer += m_every)
            if (layer == end || isFree(layer))
                ticks.append(layer);
        if (end % m_every != 0)
            ticks.append(end);
        if (last != end && last % m_every != 0 && isFree(last) && 2 * (last % m_every) > m_every)
            ticks.append(last);
        std::sort(ticks.begin(), ticks.end());
        return ticks;
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override { return countText(tick); }
};

class LayerByStep : public Plot {
    Q_OBJECT

public:
    LayerByStep(const Theme& theme, const Curves& curves) : Plot(theme, curves), m_ticker(new LayerTicker) {
        setObjectName(QStringLiteral("layerByStepPlot"));
        setAccessibleName(tr("Error of each layer over steps as a map"));
        setMargins(48, 8, 92, 30);
        yAxis->setScaleType(QCPAxis::stLinear);
        yAxis->setTicker(m_ticker);
        yAxis->setRangeReversed(true);
        yAxis->grid()->setVisible(false);
        m_showMarks = false;
        m_showFailureWords = false;
    }

    std::vector<QWidget*> makeTools(QWidget* parent) override {
        m_bar = new ColourBar(theme(), ColourBar::Kind::Sequential, parent);
        return {m_bar};
    }

protected:
    bool hasPoints() const override { return !layers().empty(); }

    void draw() override {
        const std::vector<int> there = layers();
        const int rows = there.back() + 1;
        const double lastPlace = lastX();
        const AxisScale where = scale();
        const double reached = std::max(where.at(static_cast<double>(curves().lastStep(Stage::Transfer))), 1e-9);
        // Rows are whole device pixels: what is left over goes under the axis.
        const int room = height() - 8 - 30;
        const int perRow = std::max(1, room / rows);
        setMargins(48, 8, 92, std::max(30, height() - 8 - perRow * rows));
        axisRect()->update(QCPLayoutElement::upLayout);
        fit(lastPlace, -0.5, rows - 0.5);
        m_ticker->m_layers = rows;
        m_ticker->m_every = perRow * 5 >= 16 ? 5 : perRow * 10 >= 16 ? 10 : 20;
        m_ticker->m_selected = settings().selectedLayer < rows ? settings().selectedLayer : -1;
        fillMap(there, rows, reached);
    }

    void fillMap(const std::vector<int>& there, int rows, double reached) {
        const int wide = std::max(1, axisRect()->width());
        // Blocks four pixels wide: narrower ones would show the noise of single batches.
        const int columns = std::clamp(static_cast<int>(wide * reached / std::max(xAxis->range().size(), 1e-9)) / 4, 1, wide);
        const double cell = reached / columns;
        auto* map = new QCPColorMap(xAxis, yAxis);
        QCPColorMapData* cells = map->data();
        cells->setSize(columns, rows);
        cells->setRange({cell / 2, reached - cell / 2}, {0, rows - 1.0});
        cells->fill(std::numeric_limits<double>::quiet_NaN());
        double low = std::numeric_limits<double>::max();
        double high = 0;
        m_now.assign(static_cast<std::size_t>(rows), -1);
        for (const int layer : there) {
            const std::vector<double> means = columnMeans(layer, columns, cell);
            for (int column = 0; column < columns; ++column) {
                const double value = means[static_cast<std::size_t>(column)];
                cells->setCell(column, layer, value);
                if (value > 0) {
                    low = std::min(low, value);
                    high = std::max(high, value);
                }
            }
            if (means.back() > 0)
                m_now[static_cast<std::size_t>(layer)] = means.back();
        }
        if (high <= 0)
            return;
        low = std::min(low, high / 1.01);
        map->setInterpolate(false);
        map->setTightBoundary(false);
        map->setDataScaleType(QCPAxis::stLogarithmic);
        QCPColorGradient gradient;
        gradient.clearColorStops();
        const QVector<QColor> stops = theme().sequential();
        for (int i = 0; i < stops.size(); ++i)
            gradient.setColorStopAt(i / static_cast<double>(stops.size() - 1), stops[i]);
        gradient.setNanHandling(QCPColorGradient::nhTransparent);
        map->setGradient(gradient);
        map->setDataRange({low, high});
        m_high = high;
        m_reached = reached;
        if (m_bar)
            m_bar->setEnds(figureText(low), figureText(high));
    }

    // Mean of what falls into each column; a column between two logged steps takes the one before it.
    std::vector<double> columnMeans(int layer, int columns, double cell) const {
        std::vector<double> sums(static_cast<std::size_t>(columns), 0);
        std::vector<int> counts(static_cast<std::size_t>(columns), 0);
        const AxisScale where = scale();
        for (const CurvePoint& point : curves().points(Stage::Transfer, "transfer.relative", layer)) {
            const auto column = static_cast<std::size_t>(
                std::clamp(static_cast<int>(where.at(static_cast<double>(point.step)) / cell), 0, columns - 1));
            if (point.value > 0 && std::isfinite(point.value)) {
                sums[column] += point.value;
                ++counts[column];
            }
        }
        std::vector<double> means(sums.size(), std::numeric_limits<double>::quiet_NaN());
        double before = std::numeric_limits<double>::quiet_NaN();
        for (std::size_t i = 0; i < sums.size(); ++i) {
            if (counts[i] > 0)
                before = sums[i] / counts[i];
            means[i] = before;
        }
        // Steps count from one: the columns before the first one show it too.
        const auto first = std::find_if(means.begin(), means.end(), [](double value) { return !std::isnan(value); });
        if (first != means.end())
            std::fill(means.begin(), first, *first);
        return means;
    }

    QColor crosshairColor() const override {
        QColor color = theme().color(Token::OnAccent, false);
        color.setAlphaF(0.88F);
        return color;
    }

    int layerAt(const QPointF& place) const override {
        const int layer = static_cast<int>(std::lround(yAxis->pixelToCoord(place.y())));
        const std::vector<int> there = layers();
        return std::find(there.begin(), there.end(), layer) == there.end() ? -1 : layer;
    }

    void paintMore(QCPPainter& painter) override {
        if (!m_there || m_high <= 0)
            return;
        paintBars(painter);
        const int selected = settings().selectedLayer;
        if (selected < 0 || selected >= static_cast<int>(m_now.size()) || m_now[static_cast<std::size_t>(selected)] < 0)
            return;
        const QRect area = axisRect()->rect();
        const double top = yAxis->coordToPixel(selected - 0.5);
        const double bottom = yAxis->coordToPixel(selected + 0.5);
        const double right = std::min(xAxis->coordToPixel(m_reached), area.right() + 1.0);
        painter.setAntialiasing(false);
        painter.setPen(QPen(theme().color(Token::Text), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(QRectF(area.left(), std::round(top), right - area.left() - 1, std::round(bottom - top) - 1));
    }

    void paintBars(QCPPainter& painter) {
        const QRect area = axisRect()->rect();
        const double left = area.right() + 12;
        const double room = width() - left - 24;
        const double perRow = static_cast<double>(area.height()) / static_cast<double>(m_now.size());
        const double thick = std::max(1.0, std::floor(perRow * 0.7));
        const double most = *std::max_element(m_now.begin(), m_now.end());
        painter.setAntialiasing(false);
        for (std::size_t layer = 0; layer < m_now.size(); ++layer) {
            if (m_now[layer] < 0)
                continue;
            const double top = area.top() + std::floor(static_cast<double>(layer) * perRow + (perRow - thick) / 2);
            const QColor color = layerColor(theme(), settings(), static_cast<int>(layer));
            painter.fillRect(QRectF(left, top, std::max(1.0, std::round(room * m_now[layer] / most)), thick), color);
        }
        painter.setFont(theme().font(Role::Axis));
        painter.setPen(theme().color(Token::Faint));
        painter.drawText(QRectF(left, area.bottom() + 5, room, 16), Qt::AlignRight | Qt::AlignVCenter, tr("now"));
    }

    std::vector<int> layers() const { return curves().layers(Stage::Transfer, "transfer.relative"); }

private:
    QSharedPointer<LayerTicker> m_ticker;
    QPointer<ColourBar> m_bar;
    std::vector<double> m_now; // a layer's error in the last column; −1: none
    double m_high = 0;
    double m_reached = 0;
};

} // namespace

std::unique_ptr<Plot> makeLayerByStep(const Theme& theme, const Curves& curves) {
    return std::make_unique<LayerByStep>(theme, curves);
}

} // namespace lolcats

#include "layer_by_step.moc"
