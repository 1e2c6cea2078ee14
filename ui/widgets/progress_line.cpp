// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/progress_line.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>
#include <cmath>

namespace lolcats {

ProgressLine::ProgressLine(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFixedHeight(6);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ProgressLine::setValue(double share) {
    const double cut = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) : 0.0;
    if (cut == m_share)
        return;
    m_share = cut;
    update();
}

void ProgressLine::setTicks(const QVector<double>& shares) {
    m_ticks = shares;
    update();
}

void ProgressLine::setFill(Token fill) {
    m_fill = fill;
    update();
}

void ProgressLine::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath groove;
    groove.addRoundedRect(rect(), 3, 3);
    painter.fillPath(groove, m_theme.color(Token::Line));
    painter.setClipPath(groove);
    const double filled = std::round(width() * m_share);
    QPainterPath bar;
    bar.addRoundedRect(QRectF(0, 0, filled, height()), 3, 3);
    painter.fillPath(bar, m_theme.color(m_fill));
    painter.setRenderHint(QPainter::Antialiasing, false);
    for (const double tick : m_ticks)
        painter.fillRect(QRectF(std::round(width() * tick), 0, 1, height()), m_theme.color(Token::Chrome));
}

} // namespace lolcats
