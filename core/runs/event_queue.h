// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// News for the screen. May lose what the store already has; never makes the trainer wait.

#include "core/records/job_event.h"

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace lolcats {

// Bounded. When full, the oldest news (progress, metrics, text) is dropped and counted; milestones are always kept.
// StageProgress is merged: only the newest waits.
class EventQueue {
public:
    explicit EventQueue(std::size_t capacity);
    void push(const JobEvent& event);
    std::vector<JobEvent> take(std::size_t atMost);
    std::size_t dropped() const;

private:
    mutable std::mutex m_mutex;
    std::deque<JobEvent> m_events;
    std::size_t m_capacity;
    std::size_t m_news = 0;
    std::size_t m_dropped = 0;
};

} // namespace lolcats
