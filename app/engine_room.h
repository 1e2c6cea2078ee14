// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The engine as the window knows it: opened in the background after the first paint, and the questions that only headers
// answer. Lives on the GUI thread.

#include "app/job_thread.h"

#include <QObject>

#include <functional>
#include <vector>

namespace lolcats {

class EngineRoom : public QObject {
    Q_OBJECT

public:
    explicit EngineRoom(JobThread& jobs, QObject* parent = nullptr);

    void open();
    bool isOpen() const { return m_engine != nullptr; }
    Engine& engine() { return *m_engine; } // of an open room
    JobThread& jobs() { return m_jobs; }
    // Done at once where the engine is open, else as soon as it is.
    void whenOpen(std::function<void()> then);

Q_SIGNALS:
    void opened();
    void failed(const Failure& failure);

private:
    JobThread& m_jobs;
    Engine* m_engine = nullptr;
    std::vector<std::function<void()>> m_waiting;
};

} // namespace lolcats
