// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The tables of the Runs page: runs with their states, and settings beside each other.

#include "ui/models/run_table_model.h"
#include "ui/models/settings_model.h"
#include "ui/pages/table_look.h"

#include <QStringList>

namespace lolcats {

class RunTable : public QTableView {
    Q_OBJECT

public:
    RunTable(const Theme& theme, RunFilter& runs, QWidget* parent = nullptr);
    void setCompared(const QStringList& paths); // gives the boxes their colours
    QString pathAt(const QModelIndex& index) const { return index.data(RunTableModel::PathRole).toString(); }

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    class Delegate;
    QStringList m_compared;
};

class SettingsTable : public QTableView {
    Q_OBJECT

public:
    SettingsTable(const Theme& theme, SettingsModel& settings, QWidget* parent = nullptr);
    void fitColumns();

protected:
    void resizeEvent(QResizeEvent* event) override;
};

} // namespace lolcats
