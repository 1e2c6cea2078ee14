// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/job_thread.h"

#include "app/guarded.h"

#include <algorithm>

#include <sys/resource.h>
#include <unistd.h>

namespace lolcats {

namespace {

// Before the engine is opened, so that OpenMP's threads inherit it: the window stays quick on two cores.
void stepBack() {
    const auto thisThread = static_cast<id_t>(gettid());
    setpriority(PRIO_PROCESS, thisThread, 10);
}

} // namespace

Engine& Trainer::engine() const {
    if (!m_engine)
        throw Refusal("INT-ENGINE", "The engine has not been opened.", "Wait until the window says that the engine is ready.");
    return *m_engine;
}

void Trainer::report(const JobEvent& event) {
    m_thread.m_news.push(event);
}

JobRequests Trainer::mayGoOn() {
    return m_thread.passGate();
}

void Trainer::reply(std::function<void()> answer) {
    const std::scoped_lock gate(m_thread.m_gate);
    m_thread.m_replies.push_back(std::move(answer));
}

JobThread::JobThread(EventQueue& news, OpenEngine openEngine)
    : m_news(news), m_openEngine(std::move(openEngine)), m_trainer(*this),
      m_thread([this](const std::stop_token& end) { loop(end); }) {}

JobThread::~JobThread() {
    {
        const std::scoped_lock gate(m_gate);
        m_ending = true;
        m_stopAsked = true;
        m_tasks.clear();
    }
    m_thread.request_stop();
    m_changed.notify_all();
    m_thread.join();
}

void JobThread::openEngine(std::function<void(Engine*)> answered, Failed failed) {
    ask(
        "engine",
        [this](Trainer& trainer) {
            stepBack();
            trainer.m_engine = m_openEngine();
            return trainer.m_engine.get();
        },
        std::move(answered), std::move(failed));
}

void JobThread::addQuestion(const std::string& topic, std::function<Reply(Trainer&)> work, Failed failed) {
    const std::uint64_t number = ++m_newest[topic];
    const auto isNewest = [this, topic, number] { return m_newest[topic] == number; };
    Task task;
    task.topic = topic;
    task.work = [work = std::move(work), isNewest](Trainer& trainer) -> Reply {
        Reply answer = work(trainer);
        return [answer = std::move(answer), isNewest] {
            if (isNewest())
                answer();
        };
    };
    task.failed = [failed = std::move(failed), isNewest](const Failure& failure) -> Reply {
        return [failed, failure, isNewest] {
            if (isNewest())
                failed(failure);
        };
    };
    add(std::move(task));
}

void JobThread::run(std::function<void(Trainer&)> work, Finished finished) {
    Task task;
    task.isJob = true;
    task.work = [work = std::move(work), finished](Trainer& trainer) -> Reply {
        work(trainer);
        return [finished] { finished(std::nullopt); };
    };
    task.failed = [finished](const Failure& failure) -> Reply { return [finished, failure] { finished(failure); }; };
    add(std::move(task));
}

void JobThread::add(Task task) {
    {
        const std::scoped_lock gate(m_gate);
        if (task.isJob)
            ++m_jobs;
        else
            std::erase_if(m_tasks, [&](const Task& waiting) { return waiting.topic == task.topic && !waiting.isJob; });
        m_tasks.push_back(std::move(task));
    }
    m_changed.notify_all();
}

void JobThread::pause() {
    const std::scoped_lock gate(m_gate);
    if (m_phase == Phase::Working)
        m_pauseAsked = true;
}

void JobThread::goOn() {
    {
        const std::scoped_lock gate(m_gate);
        m_pauseAsked = false;
    }
    m_changed.notify_all();
}

void JobThread::stop() {
    {
        const std::scoped_lock gate(m_gate);
        if (m_phase == Phase::Idle)
            return;
        m_stopAsked = true;
        m_phase = Phase::Stopping;
    }
    m_changed.notify_all();
}

void JobThread::takeCheckpoint() {
    const std::scoped_lock gate(m_gate);
    if (m_phase != Phase::Idle)
        m_checkpointAsked = true;
}

JobThread::Phase JobThread::phase() const {
    const std::scoped_lock gate(m_gate);
    return m_phase;
}

bool JobThread::isBusy() const {
    const std::scoped_lock gate(m_gate);
    return m_jobs > 0;
}

std::deque<std::function<void()>> JobThread::takeReplies() {
    const std::scoped_lock gate(m_gate);
    return std::exchange(m_replies, {});
}

void JobThread::loop(const std::stop_token& end) {
    std::unique_lock gate(m_gate);
    while (m_changed.wait(gate, end, [this] { return !m_tasks.empty(); })) {
        const Task task = std::move(m_tasks.front());
        m_tasks.pop_front();
        if (task.isJob) {
            m_phase = Phase::Working;
            m_pauseAsked = m_stopAsked = m_checkpointAsked = false;
        }
        gate.unlock();
        perform(task);
        gate.lock();
        if (task.isJob) {
            m_phase = Phase::Idle;
            --m_jobs;
        }
    }
    gate.unlock();
    m_trainer.m_engine.reset();
}

void JobThread::perform(const Task& task) {
    Reply reply;
    if (const auto failure = guarded([&] { reply = task.work(m_trainer); }))
        reply = task.failed(*failure);
    if (task.isJob)
        m_trainer.m_pauseTold = {};
    m_trainer.reply(std::move(reply));
}

JobRequests JobThread::passGate() {
    std::unique_lock gate(m_gate);
    const auto told = [&](bool paused) {
        gate.unlock();
        if (m_trainer.m_pauseTold)
            m_trainer.m_pauseTold(paused);
        gate.lock();
    };
    bool waited = false;
    while (serveQuestion(gate))
        continue;
    while (m_pauseAsked && !m_stopAsked && !m_ending) {
        m_phase = Phase::Paused;
        if (!std::exchange(waited, true))
            told(true);
        else
            m_changed.wait(gate);
        while (serveQuestion(gate))
            continue;
    }
    m_pauseAsked = false;
    if (waited) {
        m_phase = m_stopAsked ? Phase::Stopping : Phase::Working;
        told(false);
    }
    return {m_stopAsked || m_ending, std::exchange(m_checkpointAsked, false)};
}

// Questions are short and may not wait for hours behind a job.
bool JobThread::serveQuestion(std::unique_lock<std::mutex>& gate) {
    const auto found = std::find_if(m_tasks.begin(), m_tasks.end(), [](const Task& task) { return !task.isJob; });
    if (found == m_tasks.end())
        return false;
    const Task task = std::move(*found);
    m_tasks.erase(found);
    gate.unlock();
    perform(task);
    gate.lock();
    return true;
}

} // namespace lolcats
