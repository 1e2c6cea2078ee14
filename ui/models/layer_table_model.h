// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Layers as rows, worst first: the error now, how it changed over the last hundred steps, and its last steps as a small line.

#include "ui/models/curves.h"

#include <QAbstractTableModel>

#include <vector>

namespace lolcats {

class LayerTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { LayerColumn, ErrorColumn, BarColumn, ChangeColumn, LineColumn, ColumnCount };
    enum Role { LayerRole = Qt::UserRole + 1, ErrorRole, LineRole };

    using QAbstractTableModel::QAbstractTableModel;

    void update(const Curves& curves, double smoothing);
    int rowOf(int layer) const; // −1: not there
    int layerAt(int row) const;
    int worstLayer() const { return m_rows.empty() ? -1 : m_rows.front().layer; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        int layer = 0;
        double error = 0;
        double change = 0; // share of the value a hundred steps ago; NaN: too early
        QVector<double> line;
    };
    static Row rowFrom(int layer, const std::vector<CurvePoint>& points, double smoothing);

    std::vector<Row> m_rows;
};

} // namespace lolcats
