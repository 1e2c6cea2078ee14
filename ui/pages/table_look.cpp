// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/table_look.h"

#include <QApplication>
#include <QHeaderView>
#include <QPainter>

namespace lolcats {

void prepareTable(QTableView& table, int rowHeight) {
    table.setShowGrid(false);
    table.setFrameShape(QFrame::NoFrame);
    table.setWordWrap(false);
    table.setSelectionBehavior(QAbstractItemView::SelectRows);
    table.setEditTriggers(QAbstractItemView::NoEditTriggers);
    table.setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table.setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table.setMouseTracking(true);
    table.setTabKeyNavigation(false);
    table.verticalHeader()->hide();
    table.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.verticalHeader()->setMinimumSectionSize(16);
    table.verticalHeader()->setDefaultSectionSize(rowHeight);
    table.horizontalHeader()->setHighlightSections(false);
    table.horizontalHeader()->setFixedHeight(28);
    table.horizontalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table.horizontalHeader()->setMinimumSectionSize(24);
}

void CellDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem ground(option);
    initStyleOption(&ground, index);
    ground.text.clear();
    ground.icon = QIcon();
    ground.features &= ~QStyleOptionViewItem::HasDecoration;
    ground.features &= ~QStyleOptionViewItem::HasDisplay;
    const QStyle* style = option.widget != nullptr ? option.widget->style() : QApplication::style();
    style->drawControl(QStyle::CE_ItemViewItem, &ground, painter, option.widget);
    painter->save();
    painter->setFont(m_theme.font(Role::Small));
    paintCell(*painter, option.rect.adjusted(11, 0, -11, -1), index);
    painter->restore();
}

void CellDelegate::paintText(QPainter& painter, const QRect& cell, const QModelIndex& index, bool strong, Token color) const {
    QFont font = m_theme.font(Role::Small);
    if (strong)
        font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.setPen(m_theme.color(color));
    const auto alignment = static_cast<Qt::Alignment>(index.data(Qt::TextAlignmentRole).toInt());
    const QString text = index.data(Qt::DisplayRole).toString();
    // Words may be cut with an ellipsis, numbers never.
    const bool words = alignment.testFlag(Qt::AlignLeft);
    painter.drawText(cell, static_cast<int>(alignment | Qt::TextSingleLine),
                     words ? QFontMetrics(font).elidedText(text, Qt::ElideRight, cell.width()) : text);
}

void CellDelegate::paintBar(QPainter& painter, const QRect& track, double share, const QColor& color, bool withTrack) const {
    if (withTrack)
        painter.fillRect(track, m_theme.color(Token::LineSubtle));
    painter.fillRect(QRectF(track.left(), track.top(), share * track.width(), track.height()), color);
}

void CellDelegate::paintSwatch(QPainter& painter, const QRect& cell, const QColor& color, int size) const {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    const double top = cell.center().y() + 0.5 - size / 2.0;
    painter.drawRoundedRect(QRectF(cell.left(), top, size, size), 2, 2);
    painter.restore();
}

} // namespace lolcats
