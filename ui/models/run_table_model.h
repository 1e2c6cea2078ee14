// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Runs as rows: state, what they are made of, and their best figures. Sorting and filtering are the proxy's.

#include "core/records/run_record.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>

namespace lolcats {

class RunTableModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        CompareColumn,
        StateColumn,
        NameColumn,
        ModelColumn,
        AttentionColumn,
        WindowColumn,
        StepsColumn,
        ErrorColumn,
        KlColumn,
        WindowKlColumn,
        AgreementColumn,
        StartedColumn,
        TookColumn,
        ColumnCount
    };
    enum Role { PathRole = Qt::UserRole + 1, StateRole, SortRole, BestRole };

    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(const std::vector<RunRecord>& runs);
    const RunRecord* run(const QString& path) const; // none: null
    int rowOf(const QString& path) const;            // −1: not there

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    struct Row {
        RunRecord run;
        QString model;
        QString attention;
        qint64 window = -1; // −1: the plan has none
        qint64 step = 0;
        qint64 steps = 0;
        double kl = 0; // NaN: not measured
        double windowKl = 0;
        double agreement = 0;
    };
    static Row rowFrom(const RunRecord& run);
    static QString text(const Row& row, int column);
    static QVariant sortKey(const Row& row, int column);
    static double figure(const Row& row, int column); // less is better; NaN: no such figure
    bool isBest(const Row& row, int column) const;

    std::vector<Row> m_rows;
};

// Words of the filter field, all of which a run must fit: a plain word anywhere, or state:, run:, model:, attention:.
class RunFilter : public QSortFilterProxyModel {
    Q_OBJECT

public:
    explicit RunFilter(QObject* parent = nullptr);
    void setWords(const QString& words);

    // The head of the sorted column says which way.
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

protected:
    bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QStringList m_words;
};

// Names without what all of them begin with: "w64", "w128".
QStringList shortRunNames(const QStringList& names);

} // namespace lolcats
