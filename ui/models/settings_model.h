// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Settings of several runs beside each other: those that differ, or all.

#include "core/records/run_record.h"

#include <QAbstractTableModel>
#include <QColor>

namespace lolcats {

class SettingsModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role { DiffersRole = Qt::UserRole + 1 }; // from the first run

    using QAbstractTableModel::QAbstractTableModel;

    // Colours of the runs, for the heads of their columns.
    void setRuns(const std::vector<RunRecord>& runs, const QList<QColor>& colors);
    void setAll(bool all);
    int equalCount() const { return m_equal; } // settings in which all runs agree

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        QString title;
        QStringList values;
        bool differs = false;
    };
    void fill();

    std::vector<RunRecord> m_runs;
    QList<QColor> m_colors;
    QStringList m_names;
    std::vector<Row> m_rows;
    int m_equal = 0;
    bool m_all = false;
};

} // namespace lolcats
