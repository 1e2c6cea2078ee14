// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/step_slider.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {
constexpr double kEdge = 8;
}

StepSlider::StepSlider(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setAccessibleName(tr("Snapshot"));
    setToolTip(tr("Snapshots of the maps along the run; [ and ] step through them"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void StepSlider::setSteps(const std::vector<std::int64_t>& steps) {
    m_steps = steps;
    m_current = std::min(m_current, static_cast<int>(steps.size()) - 1);
    update();
}

void StepSlider::setCurrent(int index) {
    m_current = std::clamp(index, -1, static_cast<int>(m_steps.size()) - 1);
    update();
}

double StepSlider::placeOf(int index) const {
    const double room = width() - 2 * kEdge;
    const std::int64_t first = m_steps.front();
    const std::int64_t last = m_steps.back();
    if (last == first)
        return kEdge + room;
    return kEdge +
           room * static_cast<double>(m_steps[static_cast<std::size_t>(index)] - first) / static_cast<double>(last - first);
}

void StepSlider::choose(int index) {
    if (m_steps.empty())
        return;
    const int wanted = std::clamp(index, 0, static_cast<int>(m_steps.size()) - 1);
    if (wanted == m_current)
        return;
    setCurrent(wanted);
    Q_EMIT chosen(wanted);
}

void StepSlider::chooseNearest(double x) {
    int best = 0;
    for (int i = 1; i < static_cast<int>(m_steps.size()); ++i)
        if (std::abs(placeOf(i) - x) < std::abs(placeOf(best) - x))
            best = i;
    choose(best);
}

void StepSlider::mousePressEvent(QMouseEvent* event) {
    chooseNearest(event->position().x());
}

void StepSlider::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons().testFlag(Qt::LeftButton))
        chooseNearest(event->position().x());
}

void StepSlider::keyPressEvent(QKeyEvent* event) {
    switch (event->key()) {
    case Qt::Key_Left:
        choose(m_current - 1);
        break;
    case Qt::Key_Right:
        choose(m_current + 1);
        break;
    case Qt::Key_Home:
        choose(0);
        break;
    case Qt::Key_End:
        choose(static_cast<int>(m_steps.size()) - 1);
        break;
    default:
        QWidget::keyPressEvent(event);
    }
}

void StepSlider::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const double y = height() / 2;
    painter.fillRect(QRectF(kEdge, y - 1, width() - 2 * kEdge, 2), m_theme.color(Token::LineControl));
    if (m_steps.empty())
        return;
    double taken = -100;
    for (int i = 0; i < static_cast<int>(m_steps.size()); ++i)
        if (const double x = std::round(placeOf(i)); x - taken >= 4) {
            painter.fillRect(QRectF(x, y + 5, 1, 5), m_theme.color(Token::LineStrong));
            taken = x;
        }
    if (m_current < 0)
        return;
    const double x = placeOf(m_current);
    painter.fillRect(QRectF(kEdge, y - 1, x - kEdge, 2), m_theme.color(Token::Accent));
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.color(Token::Accent), 2));
    painter.setBrush(m_theme.color(hasFocus() ? Token::Selected : Token::Surface));
    painter.drawEllipse(QPointF(x, y), 5, 5);
}

} // namespace lolcats
