// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/format_card.h"

#include <QPainter>

namespace lolcats {

FormatCard::FormatCard(const QString& id, const QString& title, const QString& sentence, Theme& theme, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_id(id), m_sentence(sentence) {
    setText(title);
    setObjectName(QStringLiteral("format-") + id);
    setAccessibleName(title);
    setAccessibleDescription(sentence);
    setToolTip(sentence);
    setCheckable(true);
    setAutoExclusive(true);
    setFocusPolicy(Qt::StrongFocus);
    setFixedHeight(56);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void FormatCard::setSize(const QString& size) {
    m_size = size;
    update();
}

void FormatCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const double pen = hasFocus() ? 2 : 1;
    painter.setPen(QPen(m_theme.color(isChecked() || hasFocus() ? Token::Accent : Token::Line), pen));
    painter.setBrush(m_theme.color(isChecked() ? Token::Selected : underMouse() ? Token::Hover : Token::Surface));
    painter.drawRoundedRect(QRectF(rect()).adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2), 6, 6);
    const QPointF middle(20, 20);
    painter.setPen(QPen(m_theme.color(isChecked() ? Token::Accent : Token::LineStrong), isChecked() ? 5 : 1));
    painter.setBrush(m_theme.color(isChecked() ? Token::OnAccent : Token::Field));
    painter.drawEllipse(middle, isChecked() ? 5.5 : 7.5, isChecked() ? 5.5 : 7.5);
    const int size = m_size.isEmpty() ? 0 : QFontMetrics(m_theme.font(Role::Small)).horizontalAdvance(m_size) + 12;
    const auto write = [&](int y, int room, const QString& text) {
        painter.drawText(QRect(40, y, room, 20), static_cast<int>(Qt::AlignVCenter),
                         painter.fontMetrics().elidedText(text, Qt::ElideRight, room));
    };
    QFont strong = m_theme.font(Role::Body);
    strong.setWeight(QFont::DemiBold);
    painter.setFont(strong);
    painter.setPen(m_theme.color(Token::Text));
    write(10, width() - 52 - size, text());
    painter.setFont(m_theme.font(Role::Small));
    painter.setPen(m_theme.color(Token::Muted));
    write(28, width() - 52, m_sentence);
    painter.drawText(QRect(width() - size - 12, 10, size, 20), static_cast<int>(Qt::AlignRight | Qt::AlignVCenter), m_size);
}

} // namespace lolcats
