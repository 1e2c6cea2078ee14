// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/row_profile.h"

#include "ui/plots/numbers.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {

constexpr double kFloor = 0.001; // below it the logarithmic axis ends

std::vector<float> rowOf(const WeightTriangle& weights, int query) {
    std::vector<float> row;
    if (query < weights.tokens)
        for (int key = 0; key <= query; ++key)
            row.push_back(weights.at(query, key));
    return row;
}

} // namespace

RowProfile::RowProfile(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("rowProfile"));
    setAccessibleName(tr("Weights of the pinned query over all keys"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RowProfile::setRow(const WeightTriangle& teacher, const WeightTriangle& student, int query, int key) {
    m_teacher = rowOf(teacher, query);
    m_student = rowOf(student, query);
    m_key = key;
    double most = kFloor * 2;
    for (const auto* row : {&m_teacher, &m_student})
        for (const float value : *row)
            most = std::max(most, static_cast<double>(value));
    m_high = oneTwoFiveAbove(std::min(most, 1.0));
    update();
}

void RowProfile::setTokens(const std::vector<std::string>& tokens, int window, int sinks) {
    m_tokens = tokens;
    m_window = window;
    m_sinks = sinks;
    update();
}

void RowProfile::setLogarithmic(bool logarithmic) {
    m_logarithmic = logarithmic;
    update();
}

void RowProfile::clear() {
    m_teacher.clear();
    m_student.clear();
    update();
}

QRectF RowProfile::area() const {
    return QRectF(rect()).adjusted(48, 22, -24, -46);
}

double RowProfile::across(double key) const {
    const auto last = static_cast<double>(std::max(m_teacher.size(), m_student.size())) - 1;
    return area().left() + (last > 0 ? key / last : 0) * area().width();
}

double RowProfile::up(double value) const {
    const double share =
        m_logarithmic ? std::log(std::max(value, kFloor) / kFloor) / std::log(m_high / kFloor) : value / m_high;
    return area().bottom() - share * area().height();
}

void RowProfile::mousePressEvent(QMouseEvent* event) {
    const auto last = static_cast<int>(std::max(m_teacher.size(), m_student.size())) - 1;
    if (last > 0)
        Q_EMIT keyPicked(std::clamp(
            static_cast<int>(std::lround((event->position().x() - area().left()) / area().width() * last)), 0, last));
}

void RowProfile::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (m_teacher.empty() && m_student.empty()) {
        painter.setFont(m_theme.font(Role::Axis));
        painter.setPen(m_theme.color(Token::Faint));
        painter.drawText(rect(), Qt::AlignCenter, tr("Click a cell of a map to see its row"));
        return;
    }
    paintWindow(painter);
    paintAxes(painter);
    painter.setRenderHint(QPainter::Antialiasing);
    paintCurve(painter, m_teacher, Token::Teacher);
    paintCurve(painter, m_student, Token::Student);
    painter.setRenderHint(QPainter::Antialiasing, false);
    if (m_key >= 0) {
        QPen pen(m_theme.color(Token::Crosshair), 1);
        pen.setDashPattern({3, 3});
        painter.setPen(pen);
        painter.drawLine(QPointF(std::round(across(m_key)), area().top()), QPointF(std::round(across(m_key)), area().bottom()));
    }
    paintWords(painter);
}

void RowProfile::paintWindow(QPainter& painter) const {
    const auto count = static_cast<int>(std::max(m_teacher.size(), m_student.size()));
    if (m_window <= 0 || m_window >= count)
        return;
    const double left = across(count - m_window - 0.5);
    const QRectF shade(QPointF(std::round(left), area().top()), area().bottomRight());
    painter.fillRect(shade, m_theme.color(Token::Hover));
    if (m_sinks > 0)
        painter.fillRect(QRectF(area().topLeft(), QPointF(std::round(across(m_sinks - 0.5)), area().bottom())),
                         m_theme.color(Token::Hover));
    painter.setFont(m_theme.font(Role::Axis));
    painter.setPen(m_theme.color(Token::Muted));
    painter.drawText(QRectF(left, area().top(), area().right() - left, 16), Qt::AlignCenter, tr("window of %1").arg(m_window));
    if (left - area().left() > 90)
        painter.drawText(QRectF(area().left(), area().top(), left - area().left(), 16), Qt::AlignCenter, tr("linear part"));
}

void RowProfile::paintAxes(QPainter& painter) const {
    painter.setFont(m_theme.font(Role::Axis));
    std::vector<double> ticks = oneTwoFive(kFloor, m_high, 4);
    if (!m_logarithmic) {
        ticks.clear();
        for (int i = 0; i <= 4; ++i)
            ticks.push_back(m_high * i / 4);
    }
    for (const double tick : ticks) {
        const double y = std::round(up(tick));
        painter.setPen(QPen(m_theme.color(Token::LineSubtle), 1));
        painter.drawLine(QPointF(area().left(), y), QPointF(area().right(), y));
        painter.setPen(m_theme.color(Token::Faint));
        painter.drawText(QRectF(0, y - 8, area().left() - 8, 16), Qt::AlignRight | Qt::AlignVCenter, plainNumber(tick));
    }
    painter.setPen(m_theme.color(Token::Muted));
    painter.drawText(QRectF(area().left(), 2, 200, 14), Qt::AlignLeft | Qt::AlignVCenter,
                     m_logarithmic ? tr("weight, log") : tr("weight"));
    painter.setPen(QPen(m_theme.color(Token::LineControl), 1));
    painter.drawLine(area().bottomLeft(), area().bottomRight());
}

void RowProfile::paintCurve(QPainter& painter, const std::vector<float>& values, Token color) const {
    QPolygonF points;
    for (std::size_t key = 0; key < values.size(); ++key)
        points << QPointF(across(static_cast<double>(key)), up(static_cast<double>(values[key])));
    painter.setPen(QPen(m_theme.color(color), 1.75));
    painter.drawPolyline(points);
}

// Numbers of the keys, and under them their words; the pinned key's and the query's own are never left out.
void RowProfile::paintWords(QPainter& painter) const {
    const auto count = static_cast<int>(std::max(m_teacher.size(), m_student.size()));
    const QFont plain = m_theme.font(Role::Axis);
    QFont strong = plain;
    strong.setWeight(QFont::DemiBold);
    std::vector<QRectF> taken;
    const auto drawWord = [&](int key, bool chosen) {
        if (key < 0 || key >= count || key >= static_cast<int>(m_tokens.size()))
            return;
        painter.setFont(chosen ? strong : plain);
        const QString text = QString::fromStdString(m_tokens[static_cast<std::size_t>(key)]).trimmed();
        const double wide = painter.fontMetrics().horizontalAdvance(text);
        const double left = std::clamp(across(key) - wide / 2, area().left(), std::max(area().left(), width() - 4 - wide));
        const QRectF place(left, area().bottom() + 22, wide + 1, 16);
        const auto touches = [&](const QRectF& other) { return other.adjusted(-8, 0, 8, 0).intersects(place); };
        if (text.isEmpty() || std::any_of(taken.begin(), taken.end(), touches))
            return;
        painter.setPen(m_theme.color(chosen ? Token::Text : Token::Faint));
        painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter, text);
        taken.push_back(place);
    };
    drawWord(m_key, true);
    drawWord(count - 1, true);
    int every = 1;
    for (const int step : {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000}) {
        every = step;
        if (across(step) - across(0) >= 44)
            break;
    }
    for (int key = 0; key < count; key += every) {
        painter.setFont(plain);
        painter.setPen(m_theme.color(Token::Faint));
        painter.drawText(QRectF(across(key) - 30, area().bottom() + 5, 60, 16), Qt::AlignCenter, countText(key));
        drawWord(key, false);
    }
}

} // namespace lolcats
