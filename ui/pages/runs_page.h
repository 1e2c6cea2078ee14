// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// All runs as a table; selected ones are compared below, by one curve each and by the settings in which they differ.

#include "core/records/failure.h"
#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QStringList>
#include <QWidget>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace lolcats {

class Card;
class FailureBanner;
class PageHead;
class RunComparison;
class RunFilter;
class RunTable;
class RunTableModel;
class Segments;
class SettingsModel;
class SettingsTable;

class RunsPage : public QWidget {
    Q_OBJECT

public:
    explicit RunsPage(Theme& theme, QWidget* parent = nullptr);

    void setRuns(const std::vector<RunRecord>& runs);
    void setCurves(const QString& runPath, const std::string& metric, const std::vector<CurvePoint>& points);
    void setFailure(const Failure& failure);

    QStringList compared() const { return m_compared; } // in order of their colours

    QSize minimumSizeHint() const override { return {720, 400}; }

Q_SIGNALS:
    void runOpened(const QString& path);
    void curvesWanted(const QStringList& paths, const QString& metric);
    void resumeRequested(const QString& path);
    void exportRequested(const QString& path);
    void openRunRequested();
    void refreshRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildHead(Theme& theme);
    QWidget* buildFilterRow(Theme& theme);
    QWidget* buildTable(Theme& theme);
    QWidget* buildLower(Theme& theme);
    QWidget* buildEmpty();
    QString currentPath() const;
    QString metric() const;
    void selectionChanged();
    void showCompared(bool askForCurves);
    void updateActions();
    void updateCount();
    void updateSizes();

    const Theme& m_theme;
    QStringList m_compared;
    PageHead* m_head = nullptr;
    QPushButton* m_open = nullptr;
    QPushButton* m_resume = nullptr;
    QPushButton* m_export = nullptr;
    FailureBanner* m_banner = nullptr;
    QWidget* m_filterRow = nullptr;
    QLineEdit* m_filter = nullptr;
    QLabel* m_count = nullptr;
    Segments* m_view = nullptr;
    RunTableModel* m_model = nullptr;
    RunFilter* m_proxy = nullptr;
    RunTable* m_table = nullptr;
    QWidget* m_content = nullptr;
    Card* m_curveCard = nullptr;
    QComboBox* m_metric = nullptr;
    RunComparison* m_plot = nullptr;
    Card* m_settingsCard = nullptr;
    SettingsModel* m_settings = nullptr;
    SettingsTable* m_settingsTable = nullptr;
    QLabel* m_equal = nullptr;
    QWidget* m_empty = nullptr;
};

} // namespace lolcats
