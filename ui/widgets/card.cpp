// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/card.h"

#include "ui/widgets/buttons.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace lolcats {

Card::Card(const QString& title, const QString& subtitle, QWidget* parent)
    : QFrame(parent), m_title(label(title, "card")), m_subtitle(label(subtitle, "small")), m_line(line(Qt::Horizontal)),
      m_header(new QHBoxLayout), m_body(new QVBoxLayout) {
    setProperty("card", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(1, 1, 1, 1);
    column->setSpacing(0);
    auto* bar = new QWidget;
    bar->setFixedHeight(35); // 36 with the frame's line
    bar->setLayout(m_header);
    m_header->setContentsMargins(11, 0, 5, 0);
    m_header->setSpacing(8);
    m_header->addWidget(m_title);
    m_header->addWidget(m_subtitle);
    m_header->addStretch();
    column->addWidget(bar);
    column->addWidget(m_line);
    m_line->setVisible(false);
    m_body->setContentsMargins(0, 0, 0, 0);
    m_body->setSpacing(0);
    column->addLayout(m_body, 1);
}

void Card::setTitle(const QString& title) {
    m_title->setText(title);
}
void Card::setSubtitle(const QString& subtitle) {
    m_subtitle->setText(subtitle);
}
void Card::setHeaderLine(bool there) {
    m_line->setVisible(there);
}
void Card::addTool(QWidget* tool) {
    m_header->addWidget(tool);
}

} // namespace lolcats
