// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_readout.h"

#include <QPainter>

namespace lolcats {

namespace {
constexpr int kWidth = 136;
constexpr int kRow = 16;
constexpr int kPadding = 8;
} // namespace

PlotReadout::PlotReadout(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setAttribute(Qt::WA_TransparentForMouseEvents);
    hide();
}

void PlotReadout::setRows(const QString& where, const QString& when, std::vector<Row> rows) {
    m_where = where;
    m_when = when;
    m_rows = std::move(rows);
    int width = kWidth;
    for (const Row& row : m_rows)
        width =
            std::max(width, QFontMetrics(m_theme.font(Role::Axis)).horizontalAdvance(row.name + row.value) + 2 * kPadding + 36);
    resize(width, 2 * kPadding - 2 + kRow * (1 + static_cast<int>(m_rows.size())));
    update();
}

void PlotReadout::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(m_theme.color(Token::LineControl), 1));
    painter.setBrush(m_theme.color(Token::Raised));
    painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
    QFont plain = m_theme.font(Role::Axis);
    QFont strong = plain;
    strong.setWeight(QFont::DemiBold);
    QRectF line(kPadding, kPadding - 2, width() - 2 * kPadding, kRow);
    painter.setFont(plain);
    painter.setPen(m_theme.color(Token::Muted));
    painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, m_where);
    painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, m_when);
    for (const Row& row : m_rows) {
        line.translate(0, kRow);
        painter.fillRect(QRectF(line.left(), line.center().y() - 1, 10, 2), row.color);
        painter.setPen(m_theme.color(Token::Text));
        painter.setFont(plain);
        painter.drawText(line.adjusted(16, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, row.name);
        painter.setFont(strong);
        painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, row.value);
    }
}

} // namespace lolcats
