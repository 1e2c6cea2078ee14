// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rows of an evaluation as a table: who, perplexity, distance from the teacher, agreement, what a sequence keeps.

#include "core/records/run_record.h"

#include <QAbstractTableModel>

namespace lolcats {

class EvaluationModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { NameColumn, PerplexityColumn, KlColumn, BeyondColumn, AgreementColumn, StateColumn, ColumnCount };
    enum Role { RowNameRole = Qt::UserRole + 1, NoteRole, ShareRole, BestRole };

    using QAbstractTableModel::QAbstractTableModel;

    void setTable(const EvaluationTable& table);
    const EvaluationTable& table() const { return m_table; }
    const EvaluationRow* row(const std::string& name) const; // none: null

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    QString text(const EvaluationRow& row, int column) const;
    double share(const EvaluationRow& row, int column) const; // length of a bar, 0 to 1; −1: no bar
    bool isBest(const EvaluationRow& row, int column) const;  // of those that are not the teacher

    EvaluationTable m_table;
};

QString evaluationRowTitle(const std::string& name);
QString evaluationRowNote(const std::string& name);

} // namespace lolcats
