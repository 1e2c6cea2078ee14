// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_recorder.h"

#include "core/records/failure.h"

#include <exception>

namespace lolcats {

namespace {

constexpr std::chrono::milliseconds kBetweenCommits{250};

struct IsStored {
    bool operator()(const StageProgress&) const { return false; }
    bool operator()(const TextPiece&) const { return false; }
    template <typename Other> bool operator()(const Other&) const { return true; }
};

// A milestone is committed at once; what comes in numbers waits for the next commit.
struct IsMilestone {
    bool operator()(const StageProgress&) const { return false; }
    bool operator()(const TextPiece&) const { return false; }
    bool operator()(const Metric&) const { return false; }
    bool operator()(const Figure&) const { return false; }
    bool operator()(const LogLine& line) const { return line.level != LogLevel::Info; }
    template <typename Other> bool operator()(const Other&) const { return true; }
};

} // namespace

RunRecorder::RunRecorder(RunWriter& writer, std::function<void(const JobEvent&)> tell, std::function<JobRequests()> ask)
    : m_writer(writer), m_tell(std::move(tell)), m_ask(std::move(ask)), m_lastCommit(std::chrono::steady_clock::now()),
      m_lastSeconds(m_lastCommit) {}

RunRecorder::~RunRecorder() = default;

void RunRecorder::report(const JobEvent& event) {
    if (const auto* started = std::get_if<StageStarted>(&event);
        started != nullptr && started->stage != Stage::Prepare && !m_running) {
        m_writer.setState(RunState::Running, "");
        m_running = true;
    }
    if (const auto* finished = std::get_if<StageFinished>(&event); finished != nullptr && finished->stage == Stage::Measure)
        m_reachedEnd = true;
    try {
        m_writer.add(event);
        if (!std::visit(IsStored{}, event)) {
            m_tell(event);
            return;
        }
        m_waiting.push_back(event);
        if (std::visit(IsMilestone{}, event))
            commit();
    } catch (const Refusal& refusal) {
        // A refused checkpoint leaves the open transaction as it was; any other refusal has taken it back, and what was in
        // it must not be told.
        if (refusal.failure().code != "NUM-CHECKPOINT")
            m_waiting.clear();
        throw;
    }
}

JobRequests RunRecorder::mayGoOn() {
    if (std::chrono::steady_clock::now() - m_lastCommit >= kBetweenCommits)
        commit();
    countSeconds();
    const JobRequests requests = m_ask();
    m_lastSeconds = std::chrono::steady_clock::now(); // a pause is not work
    m_stopAsked = m_stopAsked || requests.stop;
    return requests;
}

void RunRecorder::countSeconds() {
    const auto now = std::chrono::steady_clock::now();
    m_writer.addSeconds(std::chrono::duration<double>(now - m_lastSeconds).count());
    m_lastSeconds = now;
}

void RunRecorder::commit() {
    countSeconds();
    try {
        m_writer.commit();
    } catch (const Refusal&) {
        m_waiting.clear();
        throw;
    }
    m_lastCommit = std::chrono::steady_clock::now();
    std::vector<JobEvent> told;
    told.swap(m_waiting);
    for (const JobEvent& event : told)
        m_tell(event);
}

std::optional<Failure> RunRecorder::work(Job& job) {
    try {
        m_writer.setState(RunState::Preparing, "");
        runUnlessStopped(job);
        commit();
        m_writer.setState(m_stopAsked && !m_reachedEnd ? RunState::Stopped : RunState::Completed, "");
        return std::nullopt;
    } catch (const Refusal& refusal) {
        return failed(refusal.failure());
    } catch (const std::exception& error) {
        return failed({"INT-JOB", "The run ended by a fault of the program.", error.what(),
                       "Report this with the text above; the run can be resumed."});
    }
}

// A stop asked while the job was reading ends it with a refusal of this code: a normal end.
void RunRecorder::runUnlessStopped(Job& job) {
    try {
        job.run(*this);
    } catch (const Refusal& refusal) {
        if (!m_stopAsked || refusal.failure().code != "INT-STOPPED")
            throw;
    }
}

// Writes what can still be written: on a full disk, even this may be refused, and the failure is returned all the same.
Failure RunRecorder::failed(const Failure& failure) {
    try {
        commit();
        std::string line = failure.summary + " " + failure.remedy;
        if (!failure.detail.empty())
            line += "\n" + failure.detail;
        report(LogLine{LogLevel::Error, line, 0});
        m_writer.setState(RunState::Failed, failure.summary);
    } catch (const Refusal&) {
        m_waiting.clear();
    }
    return failure;
}

} // namespace lolcats
