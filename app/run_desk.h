// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The run that is worked on: begun, paused, gone on with and stopped; its news brought to the strip and, while it is the run
// that is shown, to the Train page. Lives on the GUI thread.

#include "app/event_loop_watch.h"
#include "app/event_pump.h"
#include "app/job_thread.h"
#include "core/records/conversion_plan.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/run_strip.h"

#include <QObject>
#include <QString>

#include <optional>

namespace lolcats {

class RunDesk : public QObject {
    Q_OBJECT

public:
    RunDesk(TrainPage& page, RunStrip& strip, JobThread& jobs, EventPump& pump, QObject* parent = nullptr);

    void begin(const ConversionPlan& plan, const QString& path);
    void goOn(const QString& path); // a paused run, or an unfinished one out of its file
    void pause();
    void stop();
    void takeCheckpoint();

    bool isWorking() const { return !m_path.isEmpty(); }
    QString path() const { return m_path; } // of the run worked on; empty: none
    RunState state() const { return m_state; }
    StageProgress progress() const { return m_progress; }
    // Which run the Train page shows; news of another one stays off the page.
    void setShown(const QString& path) { m_shown = path; }
    QString shown() const { return m_shown; }

Q_SIGNALS:
    void fileIsThere(const QString& path); // the run can be read from here on
    void stateChanged();
    void ended(const QString& path, const std::optional<Failure>& failure);
    void mapsChanged(const QString& path);
    void said(const LogLine& line);

private:
    void work(const QString& path, std::function<void(Trainer&)> work);
    std::function<void()> tellFile(const QString& path);
    void finish(const std::optional<Failure>& failure);
    void connectNews(EventPump& pump);
    void phaseChanged(JobThread::Phase phase);
    void progressed(const StageProgress& progress);
    void measured(const std::vector<Metric>& metrics);
    void setState(RunState state);
    void showOnStrip();
    bool isShown() const { return isWorking() && m_path == m_shown; }

    TrainPage& m_page;
    RunStrip& m_strip;
    JobThread& m_jobs;
    EventLoopWatch m_watch;
    QString m_path;
    QString m_shown;
    RunState m_state = RunState::Preparing;
    StageProgress m_progress;
    std::optional<double> m_trend; // of the error on the strip: smoothed, or the arrow would follow every batch
};

} // namespace lolcats
