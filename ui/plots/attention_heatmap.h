// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One attention map: queries downwards, keys to the right, every cell the same whole number of device pixels. Teacher and
// student are given one scale, a difference its own around nothing.

#include "ui/models/head_weights.h"
#include "ui/theme.h"

#include <QImage>
#include <QWidget>

#include <array>
#include <string>
#include <vector>

namespace lolcats {

struct WeightScale {
    double low = 0.001; // of the logarithmic scale; the linear one starts at nothing
    double high = 1;    // of a difference: the bound at both sides
    bool logarithmic = true;
};

class AttentionHeatmap : public QWidget {
    Q_OBJECT

public:
    enum class Kind { Teacher, Student, Difference };

    AttentionHeatmap(const Theme& theme, Kind kind, QWidget* parent = nullptr);

    void setWeights(WeightTriangle weights, const WeightScale& scale);
    void clear(); // a ghost of the coming picture
    void setTokens(const std::vector<std::string>& tokens);
    void setWindow(int window, int sinks); // of the student; 0: no border
    void setPinned(int query, int key);    // −1: nothing is pinned

    // Left and bottom hold the words of the axes.
    static constexpr int kLeft = 32;
    static constexpr int kTop = 4;
    static constexpr int kRight = 2;
    static constexpr int kBottom = 24;

    QSize minimumSizeHint() const override { return {kLeft + 120 + kRight, kTop + 120 + kBottom}; }
    // For tests: how large a cell is, and what it holds.
    int cellPixels() const { return m_cell; }
    QRgb cellColor(int query, int key) const;

Q_SIGNALS:
    void hovered(int query, int key);
    void hoverEnded();
    void picked(int query, int key);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;

private:
    void layOut();
    void render();
    void renderCells(const std::array<QRgb, 256>& table);
    double cellMean(int row, int column) const;
    int colourIndex(double value) const;
    double along(int token) const; // where a token's cell begins, from the map's corner
    bool cellAt(const QPointF& place, int& query, int& key) const;
    void paintGhost(QPainter& painter) const;
    void paintBorder(QPainter& painter) const;
    void paintPinned(QPainter& painter) const;
    void paintTokens(QPainter& painter) const;
    QString word(int token, int width, const QFontMetrics& metrics) const;

    const Theme& m_theme;
    Kind m_kind;
    WeightTriangle m_weights;
    WeightScale m_scale;
    std::vector<std::string> m_tokens;
    int m_window = 0;
    int m_sinks = 0;
    int m_query = -1;
    int m_key = -1;
    int m_cell = 1;  // device pixels
    int m_block = 1; // tokens to a cell
    int m_cells = 0; // to a side
    bool m_stale = true;
    QImage m_image;
};

} // namespace lolcats
