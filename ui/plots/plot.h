// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a plot promises, and the list of them. A plot says which metrics it wants and reads them from the page's Curves, live
// or out of history alike. However often it is touched it draws at most ten times a second, and only while it is in view.

#include "core/records/run_record.h"
#include "ui/models/curves.h"
#include "ui/plots/numbers.h"
#include "ui/qcp.h"
#include "ui/theme.h"

#include <memory>
#include <optional>
#include <vector>

namespace lolcats {

class PlotReadout;

// What a page knows and all its plots show.
struct PlotSettings {
    Stage stage = Stage::Transfer;
    XAxis axis = XAxis::Step;
    double smoothing = 0.9;
    std::int64_t steps = 0; // planned
    int selectedLayer = -1;
    std::vector<int> pinnedLayers; // take the run colours in this order
    std::vector<std::int64_t> checkpoints;
    std::optional<std::int64_t> failedAt;
    QString failureWords;
    std::string finetuneLoss = "kl";
    std::optional<double> reference; // of the LoRA loss: the teacher's own, or the untrained window's KL
    QString referenceName;
};

QColor layerColor(const Theme& theme, const PlotSettings& settings, int layer);
bool isFocused(const PlotSettings& settings, int layer);

class Plot : public QCustomPlot {
    Q_OBJECT

public:
    Plot(const Theme& theme, const Curves& curves, QWidget* parent = nullptr);
    ~Plot() override;

    void setSettings(const PlotSettings& settings); // touches
    void touch();                                   // something changed: drawn at the next beat
    void drawNow();
    // Shown by every plot of a page at the same place; none: no crosshair.
    void setCrosshair(std::optional<double> x);
    // Widgets that stand in the header of the plot's card, made for whoever asks.
    virtual std::vector<QWidget*> makeTools(QWidget* parent);

    QSize minimumSizeHint() const override { return {200, 120}; }

Q_SIGNALS:
    void layerPicked(int layer);
    void crosshairMoved(double x);
    void crosshairLeft();

protected:
    struct EndLabel {
        QColor color;
        QString name;
        QString value;
        double x = 0; // the curve's last point, in the axes' numbers
        double y = 0;
        bool dashed = false;
        bool dot = true;
    };
    struct ReadoutRow {
        QColor color;
        QString name;
        QString value;
        double y = 0; // where the curve is at the crosshair
    };

    // Fills the plot anew: plottables, ranges, m_labels, m_axisTitle. Called with none of the old ones left.
    virtual void draw() = 0;
    virtual bool hasPoints() const = 0;
    virtual std::vector<ReadoutRow> readout(double x) const;
    virtual int layerAt(const QPointF& place) const; // −1: none
    virtual QColor crosshairColor() const;
    virtual void paintMore(QCPPainter& painter); // above the curves, not clipped to the axes

    void setMargins(int left, int top, int right, int bottom);
    void setLogarithmic(bool logarithmic);
    // The whole of x in view, and y as given, unless the person has zoomed.
    void fit(double highestX, double lowestY, double highestY);
    QCPGraph* addCurve(const std::vector<PlotPoint>& points, const QPen& pen);
    // Places of a curve on the axes; what cannot be drawn on a logarithmic axis is counted and left out.
    std::vector<PlotPoint> places(const std::vector<CurvePoint>& points, const std::vector<double>& values);
    // For the visible part, `columnWidth` pixels to a column.
    std::vector<PlotPoint> thin(const std::vector<PlotPoint>& points, int columnWidth = 1) const;
    AxisScale scale() const;
    double lastX() const; // of the plan, else of the points

    void paintSwatch(QCPPainter& painter, const QPointF& left, const EndLabel& label) const;

    const Theme& theme() const { return m_theme; }
    const Curves& curves() const { return m_curves; }
    const PlotSettings& settings() const { return m_settings; }

    bool m_there = false; // points, when it was last drawn
    std::vector<EndLabel> m_labels;
    QString m_axisTitle;
    bool m_showMarks = true;
    bool m_showFailureWords = true;

    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    class Paint;

    void applyTheme();
    void paintBand(QCPPainter& painter);
    void paintWords(QCPPainter& painter);
    void paintLabels(QCPPainter& painter);
    void paintMarks(QCPPainter& painter);
    void paintFailure(QCPPainter& painter);
    void paintCrosshair(QCPPainter& painter);
    void updateReadout();
    int readoutTop(const std::vector<ReadoutRow>& rows) const;

    const Theme& m_theme;
    const Curves& m_curves;
    PlotSettings m_settings;
    QTimer m_beat;
    bool m_changed = true;
    bool m_zoomed = false;
    int m_notDrawn = 0;
    std::optional<double> m_crosshair;
    PlotReadout* m_readout;
};

struct PlotKind {
    std::string id;
    QString title;
    QString sentence;
    std::vector<std::string> metrics;
    std::unique_ptr<Plot> (*make)(const Theme& theme, const Curves& curves);
};
const std::vector<PlotKind>& plotKinds();
const PlotKind& plotKind(const std::string& id); // the first when there is no such plot

} // namespace lolcats
