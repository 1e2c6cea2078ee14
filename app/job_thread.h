// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one trainer thread: owns the engine, takes questions and jobs in order and guards their door. Nothing thrown gets past
// it.

#include "core/engine.h"
#include "core/records/failure.h"
#include "core/runs/event_queue.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace lolcats {

class JobThread;

// What a job sees of its thread: the engine, the way to the screen, and what was asked of it meanwhile. Lives on the trainer
// thread.
class Trainer final : public Progress {
public:
    Engine& engine() const;                      // refuses with INT-ENGINE before it was opened
    void report(const JobEvent& event) override; // onto the queue of news
    JobRequests mayGoOn() override;              // waits while paused; serves waiting questions between two steps
    void reply(std::function<void()> answer);    // done on the GUI thread, in order with what the job returns
    // Told on this thread when a pause begins (true) and ends (false); forgotten at the end of the job.
    void onPause(std::function<void(bool)> told) { m_pauseTold = std::move(told); }

private:
    friend class JobThread;
    explicit Trainer(JobThread& thread) : m_thread(thread) {}

    JobThread& m_thread;
    std::unique_ptr<Engine> m_engine;
    std::function<void(bool)> m_pauseTold;
};

class JobThread {
public:
    enum class Phase { Idle, Working, Paused, Stopping }; // of jobs; questions do not count
    using OpenEngine = std::function<std::unique_ptr<Engine>()>;
    using Failed = std::function<void(const Failure&)>;
    using Finished = std::function<void(const std::optional<Failure>&)>;

    // `openEngine` is called once, on the trainer thread, when openEngine() asks for it.
    JobThread(EventQueue& news, OpenEngine openEngine);
    ~JobThread(); // asks the job to stop and joins; what still waits is never done
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;

    // All of these are called by the GUI thread, and so is every closure named answered, failed and finished, from
    // takeReplies(). The engine lives until this object dies; the GUI thread may use what core/engine.h says it may.
    void openEngine(std::function<void(Engine*)> answered, Failed failed);

    // A question with a typed answer. A newer one on the same topic overtakes it: its answer is then dropped, its work too
    // where it has not begun.
    template <typename Work, typename Answered>
    void ask(const std::string& topic, Work work, Answered answered, Failed failed) {
        addQuestion(
            topic,
            [work = std::move(work), answered = std::move(answered)](Trainer& trainer) -> std::function<void()> {
                auto answer = std::make_shared<decltype(work(trainer))>(work(trainer));
                return [answered, answer] { answered(*answer); };
            },
            std::move(failed));
    }
    // A job: waits for those before it, can be paused and stopped. `finished` is always called.
    void run(std::function<void(Trainer&)> work, Finished finished);

    void pause();
    void goOn();
    void stop(); // the job in work; a paused one is woken for it
    void takeCheckpoint();
    Phase phase() const;
    bool isBusy() const; // a job works or waits

    // What is to be done on the GUI thread, oldest first.
    std::deque<std::function<void()>> takeReplies();

private:
    friend class Trainer;
    using Reply = std::function<void()>;
    struct Task {
        std::function<Reply(Trainer&)> work;
        std::function<Reply(const Failure&)> failed;
        std::string topic;
        bool isJob = false;
    };

    void addQuestion(const std::string& topic, std::function<Reply(Trainer&)> work, Failed failed);
    void add(Task task);
    void loop(const std::stop_token& end);
    void perform(const Task& task);
    JobRequests passGate();
    bool serveQuestion(std::unique_lock<std::mutex>& gate);

    EventQueue& m_news;
    OpenEngine m_openEngine;
    std::map<std::string, std::uint64_t> m_newest; // of each topic; the GUI thread's alone
    Trainer m_trainer;                             // the trainer thread's alone

    mutable std::mutex m_gate; // of everything below
    std::condition_variable_any m_changed;
    std::deque<Task> m_tasks;
    std::deque<Reply> m_replies;
    Phase m_phase = Phase::Idle;
    int m_jobs = 0;
    bool m_pauseAsked = false;
    bool m_stopAsked = false;
    bool m_checkpointAsked = false;
    bool m_ending = false;

    std::jthread m_thread; // last: it must end before what it uses
};

} // namespace lolcats
