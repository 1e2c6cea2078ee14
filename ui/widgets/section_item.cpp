// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/section_item.h"

#include <QPainter>

namespace lolcats {

QIcon sectionStateIcon(SectionState state, const Theme& theme) {
    switch (state) {
    case SectionState::Good:
        return theme.icon(QStringLiteral("check-circle"), Token::Good);
    case SectionState::Bad:
        return theme.icon(QStringLiteral("cross-circle"), Token::Bad);
    case SectionState::Pending:
        return theme.icon(QStringLiteral("state-draft"), Token::Faint);
    }
    return {};
}

SectionItem::SectionItem(const QString& title, const QString& name, Theme& theme, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_title(title) {
    setObjectName(name);
    setAccessibleName(title);
    setToolTip(tr("Go to %1").arg(title));
    setFixedHeight(32);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setCheckable(true);
    setAutoExclusive(true);
    setFocusPolicy(Qt::TabFocus);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void SectionItem::setState(SectionState state, int problems, int edits) {
    m_state = state;
    m_note = problems > 0 ? QString::number(problems)
             : edits == 1 ? tr("1 edit")
             : edits > 0  ? tr("%1 edits").arg(edits)
                          : QString();
    setAccessibleDescription(problems > 0 ? tr("%1 problems").arg(problems) : m_note);
    update();
}

void SectionItem::setCompact(bool compact) {
    m_compact = compact;
    update();
}

void SectionItem::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (isChecked() || underMouse()) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.color(isChecked() ? Token::Selected : Token::Hover));
        painter.drawRoundedRect(rect(), 4, 4);
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_theme.color(Token::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(rect().adjusted(1, 1, -1, -1), 4, 4);
    }
    const QRect place(m_compact ? (width() - 16) / 2 : 8, 8, 16, 16);
    sectionStateIcon(m_state, m_theme).paint(&painter, place);
    if (m_compact)
        return;
    QFont font = m_theme.font(Role::Body);
    font.setWeight(isChecked() ? QFont::DemiBold : QFont::Normal);
    painter.setFont(font);
    painter.setPen(m_theme.color(isChecked() ? Token::Text : Token::Muted));
    painter.drawText(QRect(32, 0, width() - 40, height()), static_cast<int>(Qt::AlignVCenter | Qt::AlignLeft), m_title);
    painter.setFont(m_theme.font(Role::Axis));
    painter.setPen(m_theme.color(Token::Muted));
    painter.drawText(QRect(32, 0, width() - 40, height()), static_cast<int>(Qt::AlignVCenter | Qt::AlignRight), m_note);
}

} // namespace lolcats
