// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Runs a job that belongs to no run file, on the main thread; a signal stops it.

#include "cli/console.h"
#include "core/records/job.h"

#include <functional>

namespace lolcats {

// Says on standard error how far a piece of work is.
class ConsoleProgress final : public Progress {
public:
    using Listener = std::function<void(const JobEvent&)>;
    explicit ConsoleProgress(const Session& session, Listener listener = {});
    void report(const JobEvent& event) override;
    JobRequests mayGoOn() override;

private:
    EventConsole m_console;
    Listener m_listener;
};

// Runs a job whose checks are its result, and no messages beside it: of the rest a person hears only how far the work is.
// Returns as runJob.
int runChecks(const Session& session, Job& job, std::function<void(const CheckDone&)> listener);
// Runs the job to its end. Returns 0, or the exit code of an interruption.
int runJob(const Session& session, Job& job, ConsoleProgress::Listener listener);

} // namespace lolcats
