// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The window: menus, the rail of pages, the pages, the log drawer and the run strip, and the keys that reach all of them.

#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QMainWindow>
#include <QMap>

class QAction;
class QMenu;
class QSplitter;
class QStackedWidget;

namespace lolcats {

class AttentionPage;
class ExportPage;
class HomePage;
class LogDrawer;
class PlanPage;
class Rail;
class RunStrip;
class RunsPage;
class TrainPage;

class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(Theme& theme, QWidget* parent = nullptr);

    HomePage& homePage() { return *m_home; }
    PlanPage& planPage() { return *m_plan; }
    TrainPage& trainPage() { return *m_train; }
    AttentionPage& attentionPage() { return *m_attention; }
    RunsPage& runsPage() { return *m_runs; }
    ExportPage& exportPage() { return *m_export; }
    RunStrip& strip() { return *m_strip; }

    void showPage(const QString& id); // home, plan, train, attention, runs, export
    QString page() const { return m_page; }
    void addLog(const LogLine& line);
    void showThemeMode(Theme::Mode mode); // ticks it in the menu; says nothing
    QAction* action(const QString& name) const { return m_actions.value(name); }

Q_SIGNALS:
    void fileDropped(const QString& path);
    void openModelRequested();
    void openDataRequested();
    void openRunRequested();
    void importRequested();
    void newPlanRequested();
    void themeRequested(Theme::Mode mode);
    void pageChanged(const QString& id);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildPages();
    void buildMenus();
    void buildFileAndEditMenus();
    void buildViewMenu();
    void buildRunMenu();
    void buildWindowMenu();
    void buildHelpMenu();
    void connectPages();
    // `tip` is what the action does, `keys` its shortcut or empty.
    template <typename Slot>
    QAction* add(QMenu* menu, const QString& name, const QString& text, const QString& keys, const QString& tip, Slot slot);
    void addPage(const QString& id, const QString& title, QWidget* page);
    void setLogOpen(bool open);
    void startOrResume();
    void showRunActions();
    void showKeys();

    Theme& m_theme;
    QString m_page;
    QStringList m_ids;
    QMap<QString, QString> m_titles;
    QMap<QString, QAction*> m_actions;
    Rail* m_rail = nullptr;
    QStackedWidget* m_stack = nullptr;
    QSplitter* m_splitter = nullptr;
    LogDrawer* m_log = nullptr;
    RunStrip* m_strip = nullptr;
    HomePage* m_home = nullptr;
    PlanPage* m_plan = nullptr;
    TrainPage* m_train = nullptr;
    AttentionPage* m_attention = nullptr;
    RunsPage* m_runs = nullptr;
    ExportPage* m_export = nullptr;
};

} // namespace lolcats
