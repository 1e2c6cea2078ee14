// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine_room.h"

#include <utility>

namespace lolcats {

EngineRoom::EngineRoom(JobThread& jobs, QObject* parent) : QObject(parent), m_jobs(jobs) {}

void EngineRoom::open() {
    m_jobs.openEngine(
        [this](Engine* engine) {
            m_engine = engine;
            Q_EMIT opened();
            for (const auto& then : std::exchange(m_waiting, {}))
                then();
        },
        [this](const Failure& failure) { Q_EMIT failed(failure); });
}

void EngineRoom::whenOpen(std::function<void()> then) {
    if (m_engine != nullptr)
        then();
    else
        m_waiting.push_back(std::move(then));
}

} // namespace lolcats
