// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/attention_heatmap.h"

#include "ui/plots/colour_scale.h"
#include "ui/plots/numbers.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace lolcats {

AttentionHeatmap::AttentionHeatmap(const Theme& theme, Kind kind, QWidget* parent)
    : QWidget(parent), m_theme(theme), m_kind(kind) {
    setMouseTracking(true);
    setCursor(Qt::CrossCursor);
    connect(&theme, &Theme::changed, this, [this] {
        m_stale = true;
        update();
    });
}

void AttentionHeatmap::setWeights(WeightTriangle weights, const WeightScale& scale) {
    m_weights = std::move(weights);
    m_scale = scale;
    layOut();
}

void AttentionHeatmap::clear() {
    m_weights = {};
    m_query = m_key = -1;
    layOut();
}

void AttentionHeatmap::setTokens(const std::vector<std::string>& tokens) {
    m_tokens = tokens;
    update();
}

void AttentionHeatmap::setWindow(int window, int sinks) {
    m_window = window;
    m_sinks = sinks;
    update();
}

void AttentionHeatmap::setPinned(int query, int key) {
    m_query = query;
    m_key = key;
    update();
}

void AttentionHeatmap::layOut() {
    const int side =
        std::max(1, static_cast<int>(std::min(width() - kLeft - kRight, height() - kTop - kBottom) * devicePixelRatioF()));
    const int tokens = std::max(1, m_weights.tokens);
    m_block = (tokens + side - 1) / side;
    m_cells = (tokens + m_block - 1) / m_block;
    m_cell = std::max(1, side / m_cells);
    m_stale = true;
    update();
}

void AttentionHeatmap::resizeEvent(QResizeEvent*) {
    layOut();
}

int AttentionHeatmap::colourIndex(double value) const {
    double share = 0;
    if (m_kind == Kind::Difference)
        share = 0.5 + 0.5 * std::copysign(std::sqrt(std::min(1.0, std::abs(value) / m_scale.high)), value);
    else if (m_scale.logarithmic)
        share = value <= m_scale.low ? 0 : std::log(value / m_scale.low) / std::log(m_scale.high / m_scale.low);
    else
        share = value / m_scale.high;
    return std::clamp(static_cast<int>(share * 255 + 0.5), 0, 255);
}

double AttentionHeatmap::cellMean(int row, int column) const {
    if (m_block == 1)
        return m_weights.at(row, column);
    double sum = 0;
    int count = 0;
    for (int query = row * m_block; query < std::min((row + 1) * m_block, m_weights.tokens); ++query)
        for (int key = column * m_block; key < (column + 1) * m_block && key <= query; ++key) {
            sum += m_weights.at(query, key);
            ++count;
        }
    return count > 0 ? sum / count : 0;
}

void AttentionHeatmap::render() {
    m_stale = false;
    m_image = QImage(m_cells * m_cell, m_cells * m_cell, QImage::Format_RGB32);
    m_image.fill(m_theme.color(Token::Page));
    renderCells(colourTable(m_kind == Kind::Difference ? m_theme.difference() : m_theme.sequential()));
    m_image.setDevicePixelRatio(devicePixelRatioF());
}

void AttentionHeatmap::renderCells(const std::array<QRgb, 256>& table) {
    for (int row = 0; row < m_cells; ++row) {
        auto* first = reinterpret_cast<QRgb*>(m_image.scanLine(row * m_cell));
        for (int column = 0; column <= row; ++column)
            std::fill_n(first + column * m_cell, m_cell, table[static_cast<std::size_t>(colourIndex(cellMean(row, column)))]);
        for (int copy = 1; copy < m_cell; ++copy)
            std::copy_n(first, m_image.width(), reinterpret_cast<QRgb*>(m_image.scanLine(row * m_cell + copy)));
    }
}

QRgb AttentionHeatmap::cellColor(int query, int key) const {
    const int x = key / m_block * m_cell;
    const int y = query / m_block * m_cell;
    return m_image.valid(x, y) ? m_image.pixel(x, y) : 0;
}

double AttentionHeatmap::along(int token) const {
    return static_cast<double>(token) / m_block * m_cell / devicePixelRatioF();
}

bool AttentionHeatmap::cellAt(const QPointF& place, int& query, int& key) const {
    if (m_weights.empty())
        return false;
    const double perToken = along(1);
    query = static_cast<int>(std::floor((place.y() - kTop) / perToken));
    key = static_cast<int>(std::floor((place.x() - kLeft) / perToken));
    return query >= 0 && query < m_weights.tokens && key >= 0 && key <= query;
}

void AttentionHeatmap::mouseMoveEvent(QMouseEvent* event) {
    int query = 0;
    int key = 0;
    if (cellAt(event->position(), query, key))
        Q_EMIT hovered(query, key);
    else
        Q_EMIT hoverEnded();
}

void AttentionHeatmap::mousePressEvent(QMouseEvent* event) {
    int query = 0;
    int key = 0;
    if (cellAt(event->position(), query, key))
        Q_EMIT picked(query, key);
    else
        event->ignore();
}

void AttentionHeatmap::leaveEvent(QEvent*) {
    Q_EMIT hoverEnded();
}

void AttentionHeatmap::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_weights.empty()) {
        paintGhost(painter);
        return;
    }
    if (m_stale || m_image.devicePixelRatio() != devicePixelRatioF())
        render();
    painter.drawImage(QPointF(kLeft, kTop), m_image);
    painter.setPen(QPen(m_theme.color(Token::LineControl), 1));
    const double side = along(m_weights.tokens);
    painter.drawLine(QPointF(kLeft - 1, kTop), QPointF(kLeft - 1, kTop + side));
    painter.drawLine(QPointF(kLeft - 1, kTop + side), QPointF(kLeft + side, kTop + side));
    paintBorder(painter);
    paintTokens(painter);
    paintPinned(painter);
}

void AttentionHeatmap::paintGhost(QPainter& painter) const {
    const int side = std::min(width() - kLeft - kRight, height() - kTop - kBottom);
    const QPointF corner(kLeft, kTop);
    painter.translate(corner);
    const QPolygonF triangle({{0, 0}, {0, double(side)}, {double(side), double(side)}});
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.color(Token::Page));
    painter.drawPolygon(triangle);
    painter.setPen(QPen(m_theme.color(Token::LineSubtle), 1));
    for (int i = 1; i < 8; ++i) {
        const double at = std::round(side * i / 8.0);
        painter.drawLine(QPointF(0, at), QPointF(at, at));
        painter.drawLine(QPointF(at, at), QPointF(at, side));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_theme.color(Token::LineControl), 1));
    painter.drawPolygon(triangle);
}

// Left of the line lies what the student has in its linear part; the first columns are sinks and count as window.
void AttentionHeatmap::paintBorder(QPainter& painter) const {
    const int tokens = m_weights.tokens;
    if (m_kind == Kind::Teacher || m_window <= 0 || m_window >= tokens)
        return;
    QPen pen(m_kind == Kind::Difference ? m_theme.color(Token::Text) : m_theme.color(Token::OnAccent, false), 1);
    pen.setDashPattern({4, 3});
    painter.save();
    painter.translate(kLeft, kTop);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(pen);
    const int first = m_window + m_sinks;
    if (first < tokens) {
        painter.drawLine(QPointF(along(m_sinks), along(first)), QPointF(along(tokens - m_window), along(tokens)));
        if (m_sinks > 0)
            painter.drawLine(QPointF(along(m_sinks), along(first)), QPointF(along(m_sinks), along(tokens)));
    }
    painter.restore();
}

void AttentionHeatmap::paintPinned(QPainter& painter) const {
    if (m_query < 0 || m_query >= m_weights.tokens)
        return;
    const double side = along(m_weights.tokens);
    const double y = kTop + std::floor(along(m_query) + along(1) / 2);
    painter.setPen(QPen(m_kind == Kind::Difference ? m_theme.color(Token::Text) : m_theme.color(Token::OnAccent, false), 1));
    painter.drawLine(QPointF(kLeft, y), QPointF(kLeft + along(m_query + 1), y));
    if (m_key >= 0 && m_key <= m_query) {
        const double x = kLeft + std::floor(along(m_key) + along(1) / 2);
        painter.drawLine(QPointF(x, kTop + along(m_key)), QPointF(x, kTop + side));
    }
    QFont font = m_theme.font(Role::Axis);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    const QString number = countText(m_query);
    const int wide = QFontMetrics(font).horizontalAdvance(number) + 8;
    const QRectF box(kLeft - 4 - wide + 0.5, std::clamp(y - 8, 0.0, double(height() - 17)) + 0.5, wide, 16);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.color(Token::LineControl), 1));
    painter.setBrush(m_theme.color(Token::Surface));
    painter.drawRoundedRect(box, 3, 3);
    painter.setPen(m_theme.color(Token::Text));
    painter.drawText(box, Qt::AlignCenter, number);
}

QString AttentionHeatmap::word(int token, int width, const QFontMetrics& metrics) const {
    if (token >= static_cast<int>(m_tokens.size()))
        return countText(token);
    QString text = QString::fromStdString(m_tokens[static_cast<std::size_t>(token)]).trimmed();
    if (text.isEmpty())
        text = QStringLiteral("␣");
    return metrics.elidedText(text, Qt::ElideRight, width);
}

// Words of the tokens; where they would stand too close only every second, fourth, … one.
void AttentionHeatmap::paintTokens(QPainter& painter) const {
    painter.setFont(m_theme.font(Role::Axis));
    painter.setPen(m_theme.color(Token::Faint));
    const QFontMetrics metrics(painter.font());
    const double perToken = along(1);
    const auto stride = [perToken](double room) {
        int every = 1;
        while (every * perToken < room)
            every *= 2;
        return every;
    };
    const int down = stride(15);
    for (int token = 0; token < m_weights.tokens; token += down) {
        // The pinned row's number stands there.
        if (m_query >= 0 && std::abs(along(token) - along(m_query)) < 15)
            continue;
        const QRectF place(0, kTop + along(token) + perToken / 2 - 8, kLeft - 6, 16);
        painter.drawText(place, Qt::AlignRight | Qt::AlignVCenter, word(token, kLeft - 6, metrics));
    }
    const int across = stride(48);
    const double side = along(m_weights.tokens);
    for (int token = 0; token < m_weights.tokens; token += across) {
        const double left = kLeft + along(token);
        const int room = static_cast<int>(std::min(across * perToken - 4, kLeft + side + kRight - left));
        if (room > 12)
            painter.drawText(QRectF(left, kTop + side + 4, room, 16), Qt::AlignLeft | Qt::AlignVCenter,
                             word(token, room, metrics));
    }
}

} // namespace lolcats
