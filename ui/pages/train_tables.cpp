// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/train_tables.h"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace lolcats {

class LayersTable::Delegate : public CellDelegate {
public:
    Delegate(const Theme& theme, const LayersTable& table) : CellDelegate(theme, nullptr), m_table(table) {}

protected:
    void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const override {
        const int layer = index.data(LayerTableModel::LayerRole).toInt();
        const bool focused = isFocused(m_table.m_settings, layer);
        const QColor color = focused ? layerColor(m_theme, m_table.m_settings, layer) : m_theme.color(Token::LineStrong);
        switch (index.column()) {
        case LayerTableModel::LayerColumn:
            if (focused)
                painter.fillRect(QRect(cell.left(), cell.center().y(), 12, 2), color);
            paintText(painter, cell.adjusted(18, 0, 0, 0), index, false);
            break;
        case LayerTableModel::BarColumn:
            paintBar(painter, QRect(cell.left() - 8, cell.center().y() - 2, cell.width() + 8, 6),
                     barShare(index.data(LayerTableModel::ErrorRole).toDouble()), color, true);
            break;
        case LayerTableModel::LineColumn:
            paintLine(painter, cell.adjusted(0, 5, 0, -5), index.data(LayerTableModel::LineRole).value<QVector<double>>());
            break;
        default:
            paintText(painter, cell, index, focused && index.column() == LayerTableModel::ErrorColumn,
                      index.column() == LayerTableModel::ChangeColumn ? Token::Muted : Token::Text);
        }
    }

private:
    // Logarithmic from a fixed floor to one, so that a bar does not change when its neighbours do.
    static double barShare(double error) {
        constexpr double floor = 0.005;
        if (!std::isfinite(error))
            return 1;
        return std::clamp(std::log(std::max(error, 1e-12) / floor) / std::log(1 / floor), 0.02, 1.0);
    }

    void paintLine(QPainter& painter, const QRect& area, const QVector<double>& values) const {
        double low = 1e300;
        double high = -1e300;
        for (const double value : values)
            if (std::isfinite(value)) {
                low = std::min(low, value);
                high = std::max(high, value);
            }
        if (values.size() < 2 || high < low)
            return;
        QPolygonF points;
        for (qsizetype i = 0; i < values.size(); ++i)
            if (std::isfinite(values[i]))
                points << QPointF(area.left() + area.width() * static_cast<double>(i) / static_cast<double>(values.size() - 1),
                                  area.bottom() - area.height() * (high > low ? (values[i] - low) / (high - low) : 0.5));
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(QPen(m_theme.color(Token::Muted), 1.2));
        painter.drawPolyline(points);
    }

    const LayersTable& m_table;
};

LayersTable::LayersTable(const Theme& theme, QWidget* parent) : QTableView(parent), m_model(new LayerTableModel(this)) {
    setObjectName(QStringLiteral("layersTable"));
    setAccessibleName(tr("Layers, worst first"));
    setToolTip(tr("Click shows a layer in all plots; Ctrl+click or Space pins it"));
    prepareTable(*this, 25);
    setModel(m_model);
    setSelectionMode(QAbstractItemView::SingleSelection);
    auto* delegate = new Delegate(theme, *this);
    delegate->setParent(this);
    setItemDelegate(delegate);
    connect(selectionModel(), &QItemSelectionModel::currentRowChanged, this, [this](const QModelIndex& current) {
        if (!m_selecting && current.isValid())
            Q_EMIT layerPicked(m_model->layerAt(current.row()));
    });
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void LayersTable::update(const Curves& curves, const PlotSettings& settings) {
    m_settings = settings;
    m_selecting = true;
    m_model->update(curves, settings.smoothing);
    m_selecting = false;
    selectCurrent(settings.selectedLayer);
    viewport()->update();
}

void LayersTable::selectCurrent(int layer) {
    const int row = m_model->rowOf(layer);
    if (row < 0 || (currentIndex().row() == row && selectionModel()->isRowSelected(row)))
        return;
    m_selecting = true;
    selectionModel()->setCurrentIndex(m_model->index(row, 0), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_selecting = false;
}

void LayersTable::mousePressEvent(QMouseEvent* event) {
    const QModelIndex at = indexAt(event->pos());
    if (at.isValid() && event->modifiers().testFlag(Qt::ControlModifier)) {
        Q_EMIT pinToggled(m_model->layerAt(at.row()));
        return;
    }
    QTableView::mousePressEvent(event);
}

void LayersTable::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Space && currentIndex().isValid()) {
        Q_EMIT pinToggled(m_model->layerAt(currentIndex().row()));
        return;
    }
    QTableView::keyPressEvent(event);
}

void LayersTable::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    const int wide = viewport()->width();
    const int widths[] = {74, 62, 0, 74, 82};
    for (int column = 0; column < LayerTableModel::ColumnCount; ++column)
        setColumnWidth(column, widths[column]);
    setColumnWidth(LayerTableModel::BarColumn, std::max(40, wide - 74 - 62 - 74 - 82));
}

class EvaluationTableView::Delegate : public CellDelegate {
public:
    using CellDelegate::CellDelegate;

protected:
    QColor color(const QModelIndex& index) const {
        const QString name = index.data(EvaluationModel::RowNameRole).toString();
        if (name == QStringLiteral("teacher"))
            return m_theme.color(Token::Teacher);
        if (!name.startsWith(QStringLiteral("student")))
            return m_theme.color(Token::LineStrong);
        QColor color = m_theme.color(Token::Student);
        if (name != QStringLiteral("student"))
            color.setAlphaF(0.55F);
        return color;
    }

    void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const override {
        const bool best = index.data(EvaluationModel::BestRole).toBool();
        const double share = index.data(EvaluationModel::ShareRole).toDouble();
        if (index.column() == EvaluationModel::NameColumn) {
            paintSwatch(painter, cell, color(index), 8);
            QFont strong = m_theme.font(Role::Small);
            strong.setWeight(QFont::DemiBold);
            const QString title = index.data(Qt::DisplayRole).toString();
            paintText(painter, cell.adjusted(18, 0, 0, 0), index, true);
            const int used = 18 + QFontMetrics(strong).horizontalAdvance(title) + 10;
            painter.setFont(m_theme.font(Role::Small));
            painter.setPen(m_theme.color(Token::Muted));
            const QRect rest = cell.adjusted(used, 0, 0, 0);
            if (rest.width() > 40)
                painter.drawText(rest, Qt::AlignLeft | Qt::AlignVCenter,
                                 painter.fontMetrics().elidedText(index.data(EvaluationModel::NoteRole).toString(),
                                                                  Qt::ElideRight, rest.width()));
            return;
        }
        if (share >= 0) {
            const QRect track(cell.left(), cell.center().y() - 4, std::max(20, cell.width() - 64), 10);
            paintBar(painter, track, share, color(index), index.column() == EvaluationModel::AgreementColumn);
            if (index.column() == EvaluationModel::KlColumn)
                painter.fillRect(QRect(track.left(), track.top() - 5, 1, 20), m_theme.color(Token::LineControl));
        }
        paintText(painter, cell, index, best || index.data(EvaluationModel::RowNameRole) == QStringLiteral("student"));
    }
};

EvaluationTableView::EvaluationTableView(const Theme& theme, EvaluationModel& model, QWidget* parent) : QTableView(parent) {
    setObjectName(QStringLiteral("evaluationTable"));
    setAccessibleName(tr("Teacher and student on held-out text"));
    prepareTable(*this, 34);
    setModel(&model);
    setSelectionMode(QAbstractItemView::NoSelection);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setItemDelegate(new Delegate(theme, this));
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

int EvaluationTableView::wholeHeight() const {
    return 28 + 34 * model()->rowCount() + 2;
}

void EvaluationTableView::resizeEvent(QResizeEvent* event) {
    QTableView::resizeEvent(event);
    const int wide = viewport()->width();
    const int fixed = 110 + 110 + 170;
    const int rest = std::max(300, wide - fixed);
    setColumnWidth(EvaluationModel::PerplexityColumn, 110);
    setColumnWidth(EvaluationModel::BeyondColumn, 110);
    setColumnWidth(EvaluationModel::StateColumn, 170);
    setColumnWidth(EvaluationModel::KlColumn, rest * 32 / 100);
    setColumnWidth(EvaluationModel::AgreementColumn, rest * 28 / 100);
    setColumnWidth(EvaluationModel::NameColumn, rest - rest * 32 / 100 - rest * 28 / 100);
}

} // namespace lolcats
