// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/page_head.h"

#include "ui/widgets/buttons.h"

#include <QHBoxLayout>

namespace lolcats {

PageHead::PageHead(const QString& title, QWidget* parent) : QFrame(parent), m_left(new QHBoxLayout), m_right(new QHBoxLayout) {
    setObjectName(QStringLiteral("head"));
    setFixedHeight(48);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(0);
    for (QHBoxLayout* half : {m_left, m_right}) {
        half->setContentsMargins(0, 0, 0, 0);
        half->setSpacing(0);
    }
    m_left->addWidget(label(title, "title"));
    row->addLayout(m_left);
    row->addStretch(1);
    row->addLayout(m_right);
}

void PageHead::addLeft(QWidget* widget, int gapBefore) {
    m_left->addSpacing(gapBefore);
    m_left->addWidget(widget);
}

void PageHead::addRight(QWidget* widget, int gapBefore) {
    m_right->addSpacing(gapBefore);
    m_right->addWidget(widget);
}

} // namespace lolcats
