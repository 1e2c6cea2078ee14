// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/job_runner.h"

#include "cli/interruption.h"

namespace lolcats {

namespace {

class ChecksProgress final : public Progress {
public:
    ChecksProgress(const Session& session, std::function<void(const CheckDone&)> listener)
        : m_console(session), m_listener(std::move(listener)) {}
    void report(const JobEvent& event) override {
        if (const auto* check = std::get_if<CheckDone>(&event))
            m_listener(*check);
        else if (std::holds_alternative<StageProgress>(event))
            m_console.tell(event);
    }
    JobRequests mayGoOn() override { return {isInterrupted(), false}; }

private:
    EventConsole m_console;
    std::function<void(const CheckDone&)> m_listener;
};

int runToItsEnd(Job& job, Progress& progress) {
    watchForInterruption();
    job.run(progress);
    return isInterrupted() ? kInterruptedExit : 0;
}

} // namespace

ConsoleProgress::ConsoleProgress(const Session& session, Listener listener)
    : m_console(session), m_listener(std::move(listener)) {}

void ConsoleProgress::report(const JobEvent& event) {
    m_console.tell(event);
    if (m_listener)
        m_listener(event);
}

JobRequests ConsoleProgress::mayGoOn() {
    return {isInterrupted(), false};
}

int runJob(const Session& session, Job& job, ConsoleProgress::Listener listener) {
    ConsoleProgress progress(session, std::move(listener));
    return runToItsEnd(job, progress);
}

int runChecks(const Session& session, Job& job, std::function<void(const CheckDone&)> listener) {
    ChecksProgress progress(session, std::move(listener));
    return runToItsEnd(job, progress);
}

} // namespace lolcats
