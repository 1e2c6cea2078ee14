// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/colour_scale.h"

#include <QPainter>

#include <algorithm>

namespace lolcats {

std::array<QRgb, 256> colourTable(const QVector<QColor>& stops) {
    std::array<QRgb, 256> table{};
    for (int i = 0; i < 256; ++i) {
        const double place = i / 255.0 * static_cast<double>(stops.size() - 1);
        const auto low = std::min(static_cast<qsizetype>(place), stops.size() - 2);
        const double share = place - static_cast<double>(low);
        const QColor a = stops[low];
        const QColor b = stops[low + 1];
        const auto mix = [share](int from, int to) { return static_cast<int>(from + share * (to - from) + 0.5); };
        table[static_cast<std::size_t>(i)] = qRgb(mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue()));
    }
    return table;
}

ColourBar::ColourBar(const Theme& theme, Kind kind, QWidget* parent) : QWidget(parent), m_theme(theme), m_kind(kind) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void ColourBar::setCompact(bool compact) {
    m_bar = compact ? 44 : 72;
    updateGeometry();
    update();
}

void ColourBar::setEnds(const QString& low, const QString& high) {
    if (low == m_low && high == m_high)
        return;
    m_low = low;
    m_high = high;
    setAccessibleName(tr("Colour scale from %1 to %2").arg(low, high));
    updateGeometry();
    update();
}

QSize ColourBar::sizeHint() const {
    const QFontMetrics metrics(m_theme.font(Role::Axis));
    return {metrics.horizontalAdvance(m_low) + metrics.horizontalAdvance(m_high) + m_bar + 16, 16};
}

void ColourBar::paintEvent(QPaintEvent*) {
    if (m_low.isEmpty())
        return;
    QPainter painter(this);
    painter.setFont(m_theme.font(Role::Axis));
    painter.setPen(m_theme.color(Token::Faint));
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter, m_low);
    painter.drawText(rect(), Qt::AlignRight | Qt::AlignVCenter, m_high);
    const int left = QFontMetrics(painter.font()).horizontalAdvance(m_low) + 8;
    const auto table = colourTable(m_kind == Kind::Sequential ? m_theme.sequential() : m_theme.difference());
    QImage strip(256, 1, QImage::Format_RGB32);
    for (int i = 0; i < 256; ++i)
        strip.setPixel(i, 0, table[static_cast<std::size_t>(i)]);
    painter.drawImage(QRect(left, height() / 2 - 4, m_bar, 8), strip);
}

} // namespace lolcats
