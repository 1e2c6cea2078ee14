// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/way_card.h"

#include "ui/widgets/buttons.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace lolcats {

WayCard::WayCard(const QString& icon, const QString& title, const QString& sentence, const QString& key, const QString& name,
                 Theme& theme, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_icon(icon), m_sentence(label(sentence, "note")) {
    setObjectName(name);
    setText(title);
    setAccessibleName(title);
    setFocusPolicy(Qt::StrongFocus);
    setMinimumHeight(116);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 12);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    row->addSpacing(32); // the icon is painted there
    row->addWidget(label(title, "section"));
    row->addStretch(1);
    row->addWidget(label(key, "axis"));
    column->addLayout(row);
    m_sentence->setWordWrap(true);
    m_sentence->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    column->addWidget(m_sentence, 1);
    for (QLabel* part : findChildren<QLabel*>())
        part->setAttribute(Qt::WA_TransparentForMouseEvents);
    setSentence(sentence);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void WayCard::setSentence(const QString& sentence) {
    m_sentence->setText(sentence);
    setAccessibleDescription(sentence);
    setToolTip(sentence);
}

void WayCard::setEmphasized(bool emphasized) {
    m_emphasized = emphasized;
    update();
}

void WayCard::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const bool focused = hasFocus();
    const double pen = focused ? 2 : 1;
    const Token border = focused || (m_emphasized && isEnabled()) ? Token::Accent : Token::Line;
    const Token fill = isDown() ? Token::Pressed : underMouse() && isEnabled() ? Token::Hover : Token::Surface;
    painter.setPen(QPen(m_theme.color(border), pen));
    painter.setBrush(m_theme.color(fill));
    painter.drawRoundedRect(QRectF(rect()).adjusted(pen / 2, pen / 2, -pen / 2, -pen / 2), 6, 6);
    m_theme.icon(m_icon, m_emphasized ? Token::Accent : Token::Muted)
        .paint(&painter, QRect(16, 16, 20, 20), Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
}

} // namespace lolcats
