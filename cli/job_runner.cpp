// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/job_runner.h"

#include "cli/interruption.h"

namespace lolcats {

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
    watchForInterruption();
    ConsoleProgress progress(session, std::move(listener));
    job.run(progress);
    return isInterrupted() ? kInterruptedExit : 0;
}

} // namespace lolcats
