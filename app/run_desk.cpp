// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/run_desk.h"

#include "app/conversion_work.h"
#include "app/places.h"

#include <QFileInfo>

#include <utility>

namespace lolcats {

namespace {

constexpr double kTrendWeight = 0.2; // of the newest step in the arrow beside the error

// What the strip calls the error: the layers' mean in the first stage, the loss in the second. Of the newest step among
// `metrics`.
std::optional<double> errorIn(const std::vector<Metric>& metrics) {
    std::optional<double> loss;
    double sum = 0;
    int layers = 0;
    std::int64_t step = -1;
    for (const Metric& metric : metrics) {
        if (metric.name == "finetune.loss" && metric.layer < 0)
            loss = metric.value;
        if (metric.name != "transfer.relative" || metric.layer < 0)
            continue;
        if (metric.step > step) {
            step = metric.step;
            sum = 0;
            layers = 0;
        }
        sum += metric.value;
        ++layers;
    }
    if (!loss && layers > 0)
        loss = sum / layers;
    return loss;
}

} // namespace

RunDesk::RunDesk(TrainPage& page, RunStrip& strip, JobThread& jobs, EventPump& pump, QObject* parent)
    : QObject(parent), m_page(page), m_strip(strip), m_jobs(jobs) {
    connectNews(pump);
    m_strip.showIdle(places::machine());
}

void RunDesk::connectNews(EventPump& pump) {
    connect(&pump, &EventPump::phaseChanged, this, &RunDesk::phaseChanged);
    connect(&pump, &EventPump::progressed, this, &RunDesk::progressed);
    connect(&pump, &EventPump::measured, this, &RunDesk::measured);
    connect(&pump, &EventPump::stageStarted, this, [this](const StageStarted& stage) {
        if (isWorking() && m_state == RunState::Preparing && stage.stage != Stage::Prepare)
            setState(RunState::Running);
        m_trend.reset();
    });
    connect(&pump, &EventPump::evaluated, this, [this](const EvaluationTable& table) {
        if (isShown())
            m_page.setEvaluation(table);
    });
    connect(&pump, &EventPump::checkpointTaken, this, [this](const CheckpointTaken& taken) {
        if (isShown())
            m_page.addCheckpoint(taken.checkpoint->stage, taken.checkpoint->step);
    });
    connect(&pump, &EventPump::mapTaken, this, [this] {
        if (isWorking())
            Q_EMIT mapsChanged(m_path);
    });
}

void RunDesk::begin(const ConversionPlan& plan, const QString& path) {
    work(path, [plan, file = path.toStdString(), told = tellFile(path)](Trainer& trainer) {
        conversion_work::begin(trainer, plan, file, told);
    });
}

void RunDesk::goOn(const QString& path) {
    if (isWorking() && path == m_path) {
        m_jobs.goOn();
        return;
    }
    work(path,
         [file = path.toStdString(), told = tellFile(path)](Trainer& trainer) { conversion_work::goOn(trainer, file, told); });
}

std::function<void()> RunDesk::tellFile(const QString& path) {
    return [this, path] { Q_EMIT fileIsThere(path); };
}

void RunDesk::work(const QString& path, std::function<void(Trainer&)> work) {
    if (m_jobs.isBusy()) {
        Q_EMIT said({LogLevel::Warning, "The trainer is at work; a run can begin when it has ended.", 0});
        return;
    }
    m_path = path;
    m_progress = {};
    m_trend.reset();
    setState(RunState::Preparing);
    m_watch.start();
    m_jobs.run(std::move(work), [this](const std::optional<Failure>& failure) { finish(failure); });
}

void RunDesk::finish(const std::optional<Failure>& failure) {
    m_watch.stop();
    const EventLoopWatch::Delays delays = m_watch.delays();
    Q_EMIT said({LogLevel::Info,
                 QStringLiteral("Event loop while the run worked: 99th percentile %1 ms, maximum %2 ms, %3 measurements.")
                     .arg(delays.p99, 0, 'f', 1)
                     .arg(delays.maximum, 0, 'f', 1)
                     .arg(delays.measured)
                     .toStdString(),
                 0});
    const QString path = std::exchange(m_path, {});
    if (failure)
        Q_EMIT said({LogLevel::Error, failure->summary + " " + failure->remedy, 0});
    Q_EMIT stateChanged();
    Q_EMIT ended(path, failure);
}

void RunDesk::pause() {
    m_jobs.pause();
}

void RunDesk::stop() {
    m_jobs.stop();
}

void RunDesk::takeCheckpoint() {
    m_jobs.takeCheckpoint();
}

void RunDesk::phaseChanged(JobThread::Phase phase) {
    if (!isWorking())
        return;
    if (phase == JobThread::Phase::Paused)
        setState(RunState::Paused);
    else if (phase == JobThread::Phase::Working && m_state == RunState::Paused)
        setState(RunState::Running);
    if (phase == JobThread::Phase::Stopping) {
        m_progress.doing = "stopping after this step";
        showOnStrip();
    }
}

void RunDesk::progressed(const StageProgress& progress) {
    if (!isWorking())
        return;
    m_progress = progress;
    if (m_state == RunState::Preparing && progress.stage != Stage::Prepare && progress.step > 0)
        setState(RunState::Running);
    if (isShown())
        m_page.setProgress(progress);
    showOnStrip();
}

void RunDesk::measured(const std::vector<Metric>& metrics) {
    if (!isWorking())
        return;
    if (isShown())
        m_page.addMetrics(metrics);
    if (const auto error = errorIn(metrics)) {
        const double trend = m_trend ? *m_trend + kTrendWeight * (*error - *m_trend) : *error;
        m_strip.setError(*error, !m_trend || trend <= *m_trend);
        m_trend = trend;
    }
}

void RunDesk::setState(RunState state) {
    m_state = state;
    if (isShown())
        m_page.setState(state);
    showOnStrip();
    Q_EMIT stateChanged();
}

void RunDesk::showOnStrip() {
    m_strip.showRun(QFileInfo(m_path).completeBaseName(), m_state, m_progress);
}

} // namespace lolcats
