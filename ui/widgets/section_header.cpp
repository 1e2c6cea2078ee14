// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/section_header.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"

#include <QHBoxLayout>

namespace lolcats {

SectionHeader::SectionHeader(int number, const QString& title, const QString& sentence, QWidget* parent)
    : QWidget(parent), m_row(new QHBoxLayout(this)) {
    setFixedHeight(28);
    m_row->setContentsMargins(0, 0, 0, 0);
    m_row->setSpacing(8);
    QLabel* figure = label(QString::number(number), "muted");
    figure->setFixedWidth(24);
    m_row->addWidget(figure);
    m_row->addWidget(label(title, "section"));
    m_row->addWidget(new ElidedLabel(sentence, "small"));
    m_row->addStretch(1);
}

void SectionHeader::addTool(QWidget* tool) {
    m_row->addWidget(tool);
}

} // namespace lolcats
