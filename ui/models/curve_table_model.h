// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One curve as a table, newest first: the step, the value, how it stands to the one before.

#include "core/records/run_record.h"

#include <QAbstractTableModel>

namespace lolcats {

class CurveTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { StepColumn, ValueColumn, ChangeColumn, ColumnCount };
    enum Role { BestRole = Qt::UserRole + 1 };

    using QAbstractTableModel::QAbstractTableModel;

    void setPoints(const std::vector<CurvePoint>& points, const QString& valueName);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::vector<CurvePoint> m_points; // newest first
    QString m_valueName;
};

} // namespace lolcats
