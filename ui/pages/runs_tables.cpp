// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs_tables.h"

#include "ui/plots/run_comparison.h"
#include "ui/widgets/run_state.h"

#include <QHeaderView>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>

namespace lolcats {

class RunTable::Delegate : public CellDelegate {
public:
    Delegate(const Theme& theme, const RunTable& table) : CellDelegate(theme, nullptr), m_table(table) {}

protected:
    void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const override {
        switch (index.column()) {
        case RunTableModel::CompareColumn:
            paintBox(painter, cell, m_table.m_compared.indexOf(m_table.pathAt(index)));
            break;
        case RunTableModel::StateColumn: {
            const auto state = static_cast<RunState>(index.data(RunTableModel::StateRole).toInt());
            stateIcon(state, m_theme).paint(&painter, QRect(cell.left(), cell.center().y() - 6, 14, 14));
            paintText(painter, cell.adjusted(22, 0, 0, 0), index, false);
            break;
        }
        case RunTableModel::ModelColumn:
        case RunTableModel::AttentionColumn:
        case RunTableModel::WindowKlColumn:
        case RunTableModel::StartedColumn:
        case RunTableModel::TookColumn:
            paintText(painter, cell, index, false, Token::Muted);
            break;
        default:
            paintText(painter, cell, index,
                      index.column() == RunTableModel::NameColumn || index.data(RunTableModel::BestRole).toBool());
        }
    }

private:
    void paintBox(QPainter& painter, const QRect& cell, qsizetype place) const {
        const QRectF box(cell.left() + 1.5, cell.center().y() - 4.5, 11, 11);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(place < 0 ? m_theme.color(Token::LineStrong) : runColor(m_theme, static_cast<int>(place)), 1));
        painter.setBrush(place < 0 ? QBrush(m_theme.color(Token::Field)) : QBrush(runColor(m_theme, static_cast<int>(place))));
        painter.drawRoundedRect(box, 2, 2);
    }

    const RunTable& m_table;
};

RunTable::RunTable(const Theme& theme, RunFilter& runs, QWidget* parent) : QTableView(parent) {
    setObjectName(QStringLiteral("runsTable"));
    setAccessibleName(tr("Runs"));
    prepareTable(*this, 28);
    setModel(&runs);
    setSelectionMode(QAbstractItemView::ExtendedSelection);
    // By hand: the style's own arrow would lie over the words of a narrow column.
    runs.sort(RunTableModel::StartedColumn, Qt::DescendingOrder);
    horizontalHeader()->setSectionsClickable(true);
    connect(horizontalHeader(), &QHeaderView::sectionClicked, this, [this, &runs](int column) {
        if (column == RunTableModel::CompareColumn)
            return;
        const bool again = column == runs.sortColumn() && runs.sortOrder() == Qt::AscendingOrder;
        runs.sort(column, again ? Qt::DescendingOrder : Qt::AscendingOrder);
        horizontalHeader()->viewport()->update();
    });
    auto* delegate = new Delegate(theme, *this);
    delegate->setParent(this);
    setItemDelegate(delegate);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void RunTable::setCompared(const QStringList& paths) {
    m_compared = paths;
    viewport()->update();
}

// The boxes at the left add to what is compared without a key held.
void RunTable::mousePressEvent(QMouseEvent* event) {
    const QModelIndex at = indexAt(event->pos());
    if (at.isValid() && at.column() == RunTableModel::CompareColumn && event->modifiers() == Qt::NoModifier) {
        selectionModel()->setCurrentIndex(at, QItemSelectionModel::NoUpdate);
        selectionModel()->select(at, QItemSelectionModel::Toggle | QItemSelectionModel::Rows);
        return;
    }
    QTableView::mousePressEvent(event);
}

// Columns leave from the right, those that can be done without first; the name takes what is left.
void RunTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    const std::pair<int, int> widths[] = {
        {RunTableModel::CompareColumn, 40},   {RunTableModel::StateColumn, 124},    {RunTableModel::ErrorColumn, 82},
        {RunTableModel::StartedColumn, 124},  {RunTableModel::WindowColumn, 84},    {RunTableModel::KlColumn, 76},
        {RunTableModel::StepsColumn, 116},    {RunTableModel::WindowKlColumn, 104}, {RunTableModel::AgreementColumn, 122},
        {RunTableModel::AttentionColumn, 88}, {RunTableModel::ModelColumn, 126},    {RunTableModel::TookColumn, 102}};
    constexpr int nameLeast = 180;
    int left = viewport()->width() - nameLeast;
    for (const auto& [column, width] : widths) {
        setColumnHidden(column, width > left);
        if (width > left)
            continue;
        setColumnWidth(column, width);
        left -= width;
    }
    setColumnWidth(RunTableModel::NameColumn, nameLeast + left);
}

namespace {

class SettingsDelegate : public CellDelegate {
public:
    using CellDelegate::CellDelegate;

protected:
    void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const override {
        if (index.column() == 0) {
            paintText(painter, cell, index, false);
            return;
        }
        // Paths are long: cut in the middle, whole in the tooltip.
        QFont font = m_theme.font(Role::Small);
        if (index.data(SettingsModel::DiffersRole).toBool())
            font.setWeight(QFont::DemiBold);
        painter.setFont(font);
        painter.setPen(m_theme.color(Token::Text));
        painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter,
                         QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideMiddle, cell.width()));
    }
};

} // namespace

SettingsTable::SettingsTable(const Theme& theme, SettingsModel& settings, QWidget* parent) : QTableView(parent) {
    setObjectName(QStringLiteral("settingsTable"));
    setAccessibleName(tr("Settings of the compared runs"));
    prepareTable(*this, 28);
    setModel(&settings);
    setSelectionMode(QAbstractItemView::NoSelection);
    setItemDelegate(new SettingsDelegate(theme, this));
    horizontalHeader()->setTextElideMode(Qt::ElideMiddle);
    connect(&settings, &QAbstractItemModel::modelReset, this, &SettingsTable::fitColumns);
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void SettingsTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    fitColumns();
}

void SettingsTable::fitColumns() {
    const int count = model()->columnCount();
    if (count < 2)
        return;
    const int wide = viewport()->width();
    const int each = std::min(120, (wide - 130) / (count - 1));
    for (int column = 1; column < count; ++column)
        setColumnWidth(column, each);
    setColumnWidth(0, wide - each * (count - 1));
}

} // namespace lolcats
