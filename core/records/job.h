// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A Job runs with a Progress; a Progress hears reports and says whether to go on.

#include "core/records/job_event.h"

namespace lolcats {

// What a watcher may ask of a running job, between two of its steps.
struct JobRequests {
    bool stop = false; // finish after this step, with a checkpoint
    bool checkpointNow = false;
};

class Progress {
public:
    virtual ~Progress() = default;
    virtual void report(const JobEvent& event) = 0;
    // Asked once a step, once a shard, once a few MiB. Waits while paused. Never called by two threads at once.
    virtual JobRequests mayGoOn() = 0;
};

class Job {
public:
    virtual ~Job() = default;
    // Throws Refusal; anything else is turned into a Failure by the engine before it leaves.
    virtual void run(Progress& progress) = 0;
};

} // namespace lolcats
