// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot.h"

#include "ui/plots/axis_tickers.h"
#include "ui/plots/plot_readout.h"

#include <QElapsedTimer>

#include <algorithm>
#include <cmath>
#include <functional>

namespace lolcats {

std::unique_ptr<Plot> makeLayerError(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeLayerByStep(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeMeanError(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeFinetuneLoss(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeThroughput(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeLearningRate(const Theme& theme, const Curves& curves);
std::unique_ptr<Plot> makeGradient(const Theme& theme, const Curves& curves);

const std::vector<PlotKind>& plotKinds() {
    static const std::vector<PlotKind> kinds = {
        {"layer_error",
         QStringLiteral("Error of each layer"),
         QStringLiteral("each layer learns to imitate its own softmax attention"),
         {"transfer.relative", "transfer.mse"},
         makeLayerError},
        {"layer_by_step",
         QStringLiteral("Layer by step"),
         QStringLiteral("relative error, log colour"),
         {"transfer.relative"},
         makeLayerByStep},
        {"mean_error",
         QStringLiteral("Mean error"),
         QString(),
         {"transfer.relative", "transfer.heldout.relative"},
         makeMeanError},
        {"finetune_loss",
         QStringLiteral("LoRA loss"),
         QString(),
         {"finetune.loss", "finetune.heldout.kl", "finetune.heldout.loss"},
         makeFinetuneLoss},
        {"throughput", QStringLiteral("Throughput"), QString(), {"tokens", "seconds"}, makeThroughput},
        {"learning_rate", QStringLiteral("Learning rate"), QString(), {"transfer.lr", "finetune.lr"}, makeLearningRate},
        {"gradient", QStringLiteral("Gradient"), QString(), {"gradient"}, makeGradient},
    };
    return kinds;
}

const PlotKind& plotKind(const std::string& id) {
    const auto& kinds = plotKinds();
    const auto found = std::find_if(kinds.begin(), kinds.end(), [&](const PlotKind& kind) { return kind.id == id; });
    return found == kinds.end() ? kinds.front() : *found;
}

QColor layerColor(const Theme& theme, const PlotSettings& settings, int layer) {
    if (layer == settings.selectedLayer)
        return theme.color(Token::Student);
    constexpr Token colors[] = {Token::S3, Token::S4, Token::S5, Token::S6};
    const auto& pinned = settings.pinnedLayers;
    const auto place = std::find(pinned.begin(), pinned.end(), layer) - pinned.begin();
    if (place == static_cast<std::ptrdiff_t>(pinned.size()))
        return theme.color(Token::Context);
    return theme.color(colors[place % 4]);
}

bool isFocused(const PlotSettings& settings, int layer) {
    return layer == settings.selectedLayer ||
           std::find(settings.pinnedLayers.begin(), settings.pinnedLayers.end(), layer) != settings.pinnedLayers.end();
}

// Something painted by hand on one of QCustomPlot's layers.
class Plot::Paint : public QCPLayerable {
public:
    Paint(Plot* plot, const QString& layerName, std::function<void(QCPPainter&)> paint)
        : QCPLayerable(plot, layerName), m_paint(std::move(paint)) {}

protected:
    void applyDefaultAntialiasingHint(QCPPainter*) const override {}
    void draw(QCPPainter* painter) override {
        painter->save();
        m_paint(*painter);
        painter->restore();
    }

private:
    std::function<void(QCPPainter&)> m_paint;
};

Plot::Plot(const Theme& theme, const Curves& curves, QWidget* parent)
    : QCustomPlot(parent), m_theme(theme), m_curves(curves), m_readout(new PlotReadout(theme, this)) {
    setMouseTracking(true);
    setMargins(48, 22, 92, 30);
    axisRect()->setAutoMargins(QCP::msNone);
    xAxis->setTicker(QSharedPointer<QCPAxisTicker>(new CountTicker));
    xAxis->grid()->setVisible(false);
    xAxis->setTickLength(0, 4);
    yAxis->setBasePen(Qt::NoPen);
    yAxis->setTickPen(Qt::NoPen);
    yAxis->setTickLength(0);
    yAxis->setTickLabelPadding(8);
    yAxis->grid()->setZeroLinePen(Qt::NoPen);
    setLogarithmic(true);

    new Paint(this, QStringLiteral("background"), [this](QCPPainter& painter) { paintBand(painter); });
    new Paint(this, QStringLiteral("axes"), [this](QCPPainter& painter) {
        paintWords(painter);
        paintMore(painter);
        paintFailure(painter);
        paintLabels(painter);
        paintMarks(painter);
    });
    layer(QStringLiteral("overlay"))->setMode(QCPLayer::lmBuffered);
    new Paint(this, QStringLiteral("overlay"), [this](QCPPainter& painter) { paintCrosshair(painter); });

    m_beat.setSingleShot(true);
    m_beat.setInterval(100);
    connect(&m_beat, &QTimer::timeout, this, [this] {
        if (m_changed && isVisible())
            drawNow();
    });
    connect(&theme, &Theme::changed, this, [this] {
        applyTheme();
        touch();
    });
    applyTheme();
}

Plot::~Plot() = default;

void Plot::applyTheme() {
    setBackground(QBrush(m_theme.color(Token::Surface)));
    const QPen base(m_theme.color(Token::LineControl), 1);
    xAxis->setBasePen(base);
    xAxis->setTickPen(base);
    yAxis->grid()->setPen(QPen(m_theme.color(Token::LineSubtle), 1));
    for (QCPAxis* axis : {xAxis, yAxis}) {
        axis->setTickLabelFont(m_theme.font(Role::Axis));
        axis->setTickLabelColor(m_theme.color(Token::Faint));
    }
}

void Plot::setMargins(int left, int top, int right, int bottom) {
    axisRect()->setMargins({left, top, right, bottom});
}

void Plot::setLogarithmic(bool logarithmic) {
    yAxis->setScaleType(logarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    yAxis->setTicker(QSharedPointer<QCPAxisTicker>(logarithmic ? static_cast<QCPAxisTicker*>(new LogTicker) : new PlainTicker));
    m_zoomed = false;
}

void Plot::setSettings(const PlotSettings& settings) {
    if (settings.axis != m_settings.axis) {
        m_zoomed = false;
        QCPAxisTicker* ticker =
            settings.axis == XAxis::Time ? static_cast<QCPAxisTicker*>(new DurationTicker) : new CountTicker;
        xAxis->setTicker(QSharedPointer<QCPAxisTicker>(ticker));
    }
    m_settings = settings;
    touch();
}

void Plot::touch() {
    m_changed = true;
    if (!m_beat.isActive())
        m_beat.start();
}

void Plot::drawNow() {
    if (width() < 2 || height() < 2)
        return; // drawn when it has a size
    m_changed = false;
    m_labels.clear();
    m_notDrawn = 0;
    clearPlottables();
    QElapsedTimer clock;
    clock.start();
    m_there = hasPoints();
    yAxis->setTickLabels(m_there);
    xAxis->setTickLabels(m_there || m_settings.steps > 0);
    if (m_there) {
        draw();
    } else {
        m_zoomed = false;
        const bool logarithmic = yAxis->scaleType() == QCPAxis::stLogarithmic;
        fit(std::max(1.0, static_cast<double>(m_settings.steps)), logarithmic ? 0.01 : 0, 1);
    }
    updateReadout();
    replot();
    // A slow machine draws less often, so that drawing never takes more than a fifth of its time.
    m_beat.setInterval(std::max(100, static_cast<int>(5 * clock.elapsed())));
}

void Plot::fit(double highestX, double lowestY, double highestY) {
    if (m_zoomed)
        return;
    xAxis->setRange(0, std::max(highestX, 1e-9));
    if (highestY > lowestY)
        yAxis->setRange(lowestY, highestY);
}

AxisScale Plot::scale() const {
    return AxisScale(m_curves, m_settings.stage, m_settings.axis);
}

double Plot::lastX() const {
    const std::int64_t last = std::max(m_settings.steps, m_curves.lastStep(m_settings.stage));
    return scale().at(static_cast<double>(last));
}

std::vector<PlotPoint> Plot::places(const std::vector<CurvePoint>& points, const std::vector<double>& values) {
    const bool logarithmic = yAxis->scaleType() == QCPAxis::stLogarithmic;
    const AxisScale where = scale();
    std::vector<PlotPoint> places;
    places.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (std::isfinite(values[i]) && (!logarithmic || values[i] > 0))
            places.push_back({where.at(static_cast<double>(points[i].step)), values[i]});
        else
            ++m_notDrawn;
    }
    return places;
}

std::vector<PlotPoint> Plot::thin(const std::vector<PlotPoint>& points, int columnWidth) const {
    const QCPRange range = xAxis->range();
    return thinned(points, range.lower, range.upper, std::max(1, axisRect()->width() / columnWidth));
}

QCPGraph* Plot::addCurve(const std::vector<PlotPoint>& points, const QPen& pen) {
    QCPGraph* graph = addGraph();
    graph->setPen(pen);
    QVector<QCPGraphData> filled;
    filled.reserve(static_cast<qsizetype>(points.size()));
    for (const PlotPoint& point : points)
        filled.append(QCPGraphData(point.x, point.y));
    graph->data()->set(filled, true);
    return graph;
}

std::vector<QWidget*> Plot::makeTools(QWidget*) {
    return {};
}
std::vector<Plot::ReadoutRow> Plot::readout(double) const {
    return {};
}
int Plot::layerAt(const QPointF&) const {
    return -1;
}
QColor Plot::crosshairColor() const {
    return m_theme.color(Token::Crosshair);
}
void Plot::paintMore(QCPPainter&) {}

void Plot::mousePressEvent(QMouseEvent* event) {
    const int layer = axisRect()->rect().contains(event->pos()) ? layerAt(event->position()) : -1;
    if (layer >= 0)
        Q_EMIT layerPicked(layer);
}

void Plot::mouseMoveEvent(QMouseEvent* event) {
    if (m_there && axisRect()->rect().contains(event->pos()))
        Q_EMIT crosshairMoved(xAxis->pixelToCoord(event->position().x()));
    else
        Q_EMIT crosshairLeft();
}

void Plot::leaveEvent(QEvent*) {
    Q_EMIT crosshairLeft();
}

void Plot::mouseDoubleClickEvent(QMouseEvent*) {
    m_zoomed = false;
    drawNow();
}

void Plot::wheelEvent(QWheelEvent* event) {
    if (!m_there || !axisRect()->rect().contains(event->position().toPoint())) {
        event->ignore();
        return;
    }
    const int turned = event->angleDelta().y() != 0 ? event->angleDelta().y() : event->angleDelta().x();
    const double factor = std::pow(0.85, turned / 120.0);
    const bool vertical = event->modifiers().testFlag(Qt::ShiftModifier);
    QCPAxis* axis = vertical ? yAxis : xAxis;
    axis->scaleRange(factor, axis->pixelToCoord(vertical ? event->position().y() : event->position().x()));
    m_zoomed = true;
    drawNow();
    event->accept();
}

void Plot::showEvent(QShowEvent* event) {
    QCustomPlot::showEvent(event);
    if (m_changed)
        drawNow();
}

// QCustomPlot cannot paint into nothing, which is what a plot in a closed pane has.
void Plot::resizeEvent(QResizeEvent* event) {
    if (event->size().width() < 2 || event->size().height() < 2)
        return;
    QCustomPlot::resizeEvent(event);
    touch();
}

} // namespace lolcats
