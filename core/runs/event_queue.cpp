// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/event_queue.h"

#include <algorithm>

namespace lolcats {

namespace {

bool isProgress(const JobEvent& event) {
    return std::holds_alternative<StageProgress>(event);
}

bool isNews(const JobEvent& event) {
    return isProgress(event) || std::holds_alternative<Metric>(event) || std::holds_alternative<TextPiece>(event);
}

} // namespace

EventQueue::EventQueue(std::size_t capacity) : m_capacity(std::max<std::size_t>(capacity, 1)) {}

void EventQueue::push(const JobEvent& event) {
    const std::scoped_lock lock(m_mutex);
    const bool news = isNews(event);
    if (isProgress(event)) {
        // At most one waits; the newest takes its turn at the end, after the milestones that came before it.
        const auto older = std::find_if(m_events.begin(), m_events.end(), isProgress);
        if (older != m_events.end()) {
            m_events.erase(older);
            --m_news;
        }
    }
    if (m_events.size() >= m_capacity) {
        if (m_news > 0) {
            m_events.erase(std::find_if(m_events.begin(), m_events.end(), isNews));
            --m_news;
            ++m_dropped;
        } else if (news) {
            ++m_dropped;
            return;
        }
    }
    m_events.push_back(event);
    m_news += news ? 1 : 0;
}

std::vector<JobEvent> EventQueue::take(std::size_t atMost) {
    const std::scoped_lock lock(m_mutex);
    const auto count = static_cast<std::ptrdiff_t>(std::min(atMost, m_events.size()));
    std::vector<JobEvent> taken(m_events.begin(), m_events.begin() + count);
    m_events.erase(m_events.begin(), m_events.begin() + count);
    m_news -= static_cast<std::size_t>(std::count_if(taken.begin(), taken.end(), isNews));
    return taken;
}

std::size_t EventQueue::dropped() const {
    const std::scoped_lock lock(m_mutex);
    return m_dropped;
}

} // namespace lolcats
