// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_pump.h"

#include <utility>
#include <variant>

namespace lolcats {

namespace {

constexpr int kFrame = 33;            // milliseconds
constexpr std::size_t kAtOnce = 1000; // events a frame

template <typename... Visitors> struct Overloaded : Visitors... { using Visitors::operator()...; };
template <typename... Visitors> Overloaded(Visitors...) -> Overloaded<Visitors...>;

} // namespace

EventPump::EventPump(EventQueue& news, JobThread& jobs, QObject* parent) : QObject(parent), m_news(news), m_jobs(jobs) {
    connect(&m_timer, &QTimer::timeout, this, &EventPump::pump);
    m_timer.start(kFrame);
}

void EventPump::pump() {
    // Before the news: a reply that is here already was given after everything that the queue held at that moment.
    const JobThread::Phase phase = m_jobs.phase();
    auto replies = m_jobs.takeReplies();
    const Overloaded tell{
        [this](const StageProgress& progress) { Q_EMIT progressed(progress); },
        [this](const StageStarted& stage) { Q_EMIT stageStarted(stage); },
        [this](const StageFinished& stage) { Q_EMIT stageFinished(stage); },
        [this](const Metric& metric) { m_metrics.push_back(metric); },
        [this](const EvaluationTable& table) { Q_EMIT evaluated(table); },
        [this](const CheckpointTaken& taken) { Q_EMIT checkpointTaken(taken); },
        [this](const MapTaken& taken) { Q_EMIT mapTaken(taken); },
        [this](const LogLine& line) { Q_EMIT logged(line); },
        [this](const FileWritten& file) { Q_EMIT fileWritten(file); },
        [this](const CheckDone& check) { Q_EMIT checked(check); },
        [this](const TextPiece& piece) { Q_EMIT textWritten(piece); },
        [this](const Figure& figure) { Q_EMIT figureFound(figure); },
    };
    // A reply waits for all news before it, or the last points of a run would come after its end; the queue is bounded.
    bool more = true;
    while (more) {
        const std::vector<JobEvent> events = m_news.take(kAtOnce);
        for (const JobEvent& event : events) {
            if (!std::holds_alternative<Metric>(event))
                tellMetrics();
            std::visit(tell, event);
        }
        more = !replies.empty() && events.size() == kAtOnce;
    }
    tellMetrics();
    if (std::exchange(m_phase, phase) != phase)
        Q_EMIT phaseChanged(phase);
    for (const auto& reply : replies)
        reply();
}

void EventPump::tellMetrics() {
    if (!m_metrics.empty())
        Q_EMIT measured(std::exchange(m_metrics, {}));
}

} // namespace lolcats
