// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/interruption.h"

#include <csignal>
#include <unistd.h>

namespace lolcats {

namespace {

// A signal handler can reach nothing but such a flag.
volatile std::sig_atomic_t interrupted = 0;

void onSignal(int) {
    if (interrupted != 0)
        _exit(kInterruptedExit);
    interrupted = 1;
}

} // namespace

void watchForInterruption() {
    struct sigaction action {};
    action.sa_handler = onSignal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    // A pipe that nobody reads any more must not end a run.
    std::signal(SIGPIPE, SIG_IGN);
}

bool isInterrupted() {
    return interrupted != 0;
}

} // namespace lolcats
