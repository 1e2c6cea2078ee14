// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Progress of a recorded run: into the store first, then news. Lives on the thread that runs the job.

#include "core/records/failure.h"
#include "core/records/job.h"
#include "core/runs/run_store.h"

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace lolcats {

class RunRecorder final : public Progress {
public:
    // `tell` hears each event after the commit that holds it; `ask` answers mayGoOn (and waits while paused).
    // Commits come every 0.25 s or every step, whichever is longer, and at every milestone.
    RunRecorder(RunWriter& writer, std::function<void(const JobEvent&)> tell, std::function<JobRequests()> ask);
    ~RunRecorder() override;
    void report(const JobEvent& event) override;
    JobRequests mayGoOn() override;
    // Runs the job to its end and writes the outcome: completed, stopped or failed. The failure, if there was one, is returned.
    std::optional<Failure> work(Job& job);

private:
    void commit();
    void runUnlessStopped(Job& job);
    void countSeconds();
    Failure failed(const Failure& failure);
    RunWriter& m_writer;
    std::function<void(const JobEvent&)> m_tell;
    std::function<JobRequests()> m_ask;
    std::vector<JobEvent> m_waiting;
    std::chrono::steady_clock::time_point m_lastCommit;
    std::chrono::steady_clock::time_point m_lastSeconds;
    bool m_stopAsked = false;
    bool m_running = false;
    bool m_reachedEnd = false; // the last stage was finished, so a stop came too late to matter
};

} // namespace lolcats
