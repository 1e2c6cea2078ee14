// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How every table of numbers looks: no grid, rows of one height, the cell's ground painted by the style and the rest by hand.

#include "ui/theme.h"

#include <QStyledItemDelegate>
#include <QTableView>

namespace lolcats {

void prepareTable(QTableView& table, int rowHeight);

// Paints a cell's ground and hands the rest to paintCell; text and bars are drawn with the helpers.
class CellDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit CellDelegate(const Theme& theme, QObject* parent = nullptr) : QStyledItemDelegate(parent), m_theme(theme) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

protected:
    // `cell` leaves out the padding of 11 that heads have too.
    virtual void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const = 0;

    void paintText(QPainter& painter, const QRect& cell, const QModelIndex& index, bool strong,
                   Token color = Token::Text) const;
    void paintBar(QPainter& painter, const QRect& track, double share, const QColor& color, bool withTrack) const;
    void paintSwatch(QPainter& painter, const QRect& cell, const QColor& color, int size) const;

    const Theme& m_theme;
};

} // namespace lolcats
