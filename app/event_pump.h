// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Thirty times a second: from the queue of news to signals, then the trainer's replies. Lives on the GUI thread.

#include "app/job_thread.h"
#include "core/records/job_event.h"

#include <QObject>
#include <QTimer>

#include <vector>

namespace lolcats {

class EventPump : public QObject {
    Q_OBJECT

public:
    EventPump(EventQueue& news, JobThread& jobs, QObject* parent = nullptr);
    void pump(); // what the timer does

Q_SIGNALS:
    void progressed(const StageProgress& progress);
    void stageStarted(const StageStarted& stage);
    void stageFinished(const StageFinished& stage);
    void measured(const std::vector<Metric>& metrics); // all of one turn
    void evaluated(const EvaluationTable& table);
    void checkpointTaken(const CheckpointTaken& taken);
    void mapTaken(const MapTaken& taken);
    void logged(const LogLine& line);
    void fileWritten(const FileWritten& file);
    void checked(const CheckDone& check);
    void textWritten(const TextPiece& piece);
    void figureFound(const Figure& figure);
    void phaseChanged(JobThread::Phase phase);

private:
    void tellMetrics();

    EventQueue& m_news;
    JobThread& m_jobs;
    JobThread::Phase m_phase = JobThread::Phase::Idle;
    std::vector<Metric> m_metrics;
    QTimer m_timer;
};

} // namespace lolcats
