// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Makes everything, connects everything, owns everything: window, desks, trainer thread. Lives on the GUI thread.

#include "app/attention_desk.h"
#include "app/close_guard.h"
#include "app/engine_room.h"
#include "app/event_pump.h"
#include "app/export_desk.h"
#include "app/import_desk.h"
#include "app/plan_desk.h"
#include "app/run_desk.h"
#include "app/run_library.h"
#include "app/settings.h"
#include "app/shown_run.h"
#include "app/start_options.h"
#include "core/runs/event_queue.h"
#include "ui/main_window.h"
#include "ui/theme.h"

#include <QObject>
#include <QSize>
#include <QString>

namespace lolcats {

class Workbench : public QObject {
    Q_OBJECT

public:
    explicit Workbench(Theme& theme, QObject* parent = nullptr);
    ~Workbench() override;

    void start(const StartOptions& options);
    // The window at once; the engine is opened after its first paint. An empty size: as it was the last time.
    void show(const QSize& size);
    // A run file, a model, a plan or data. Models and plans wait for the engine.
    void open(const QString& path);
    void trySample();
    // Shows the page, waits until it is drawn, writes the picture and ends the program; exit code 1 when it could not be
    // written.
    void takePicture(const QString& file, const QString& page);

    MainWindow& window() { return m_window; }
    JobThread& jobs() { return m_jobs; }
    EngineRoom& room() { return m_room; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void connectWindow();
    void connectHome();
    void connectPlan();
    void connectTrain();
    void connectRuns();
    void connectExport();
    void connectRunDesk();

    void openRun(const QString& path);
    void beginRun(const ConversionPlan& plan, const QString& path);
    void resumeRun(const QString& path);
    void showOpenedRun();
    void followRun();
    void runEnded(const QString& path, const std::optional<Failure>& failure);
    void refreshBusy();
    void refreshLibrary();
    void showCurves(const QStringList& paths, const QString& metric);
    void askForModel();
    void askForData(bool heldout);
    void askForRun();
    void say(const LogLine& line);

    Theme& m_theme;
    Settings m_settings;
    EventQueue m_news;
    MainWindow m_window;
    RunLibrary m_library;
    ShownRun m_shown;
    JobThread m_jobs;
    EventPump m_pump;
    EngineRoom m_room;
    PlanDesk m_plan;
    RunDesk m_run;
    AttentionDesk m_attention;
    ExportDesk m_export;
    ImportDesk m_import;
    CloseGuard m_closing;
    int m_problems = 0; // lines of the log that are more than information
    bool m_isPainted = false;
};

} // namespace lolcats
