// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/job_thread.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace lolcats;

namespace {

// Steps until it is told to stop, and counts them.
struct Stepper {
    std::atomic<int> steps = 0;
    std::atomic<bool> sawCheckpoint = false;
    void operator()(Trainer& trainer) {
        for (;;) {
            const JobRequests requests = trainer.mayGoOn();
            if (requests.checkpointNow)
                sawCheckpoint = true;
            if (requests.stop)
                return;
            ++steps;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
};

JobThread::OpenEngine noEngine() {
    return []() -> std::unique_ptr<Engine> { throw Refusal("INT-ENGINE", "There is no engine here.", "None."); };
}

void ignore(const Failure&) {}

} // namespace

class TestJobThread : public QObject {
    Q_OBJECT

    EventQueue m_news{100};

    static void answer(JobThread& jobs) {
        for (const auto& reply : jobs.takeReplies())
            reply();
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void jobsAndQuestionsAreDoneInTheOrderInWhichTheyCame() {
        JobThread jobs(m_news, noEngine());
        std::vector<int> order;
        for (int number = 0; number < 4; ++number)
            jobs.run([](Trainer&) {}, [&, number](const std::optional<Failure>&) { order.push_back(number); });
        jobs.ask(
            "last", [](Trainer&) { return 4; }, [&](int number) { order.push_back(number); }, ignore);
        QTRY_VERIFY((answer(jobs), order.size() == 5));
        QCOMPARE(order, (std::vector<int>{0, 1, 2, 3, 4}));
    }

    void answersAreGivenOnTheThreadThatTakesThem() {
        JobThread jobs(m_news, noEngine());
        std::thread::id asked;
        std::thread::id answered;
        jobs.ask(
            "where", [](Trainer&) { return std::this_thread::get_id(); },
            [&](std::thread::id id) {
                asked = id;
                answered = std::this_thread::get_id();
            },
            ignore);
        QTRY_VERIFY((answer(jobs), asked != std::thread::id()));
        QVERIFY(asked != std::this_thread::get_id());
        QVERIFY(answered == std::this_thread::get_id());
    }

    void aRefusalComesOutAsItsFailure() {
        JobThread jobs(m_news, noEngine());
        std::optional<Failure> failure;
        jobs.run([](Trainer&) { throw Refusal("ST-TRUNC", "The file is cut short.", "Fetch it again."); },
                 [&](const std::optional<Failure>& found) { failure = found; });
        QTRY_VERIFY((answer(jobs), failure.has_value()));
        LOLCATS_COMPARE_TEXT(failure->code, "ST-TRUNC");
        LOLCATS_COMPARE_TEXT(failure->remedy, "Fetch it again.");
    }

    void whateverElseIsThrownComesOutAsAnInternalFailure() {
        JobThread jobs(m_news, noEngine());
        std::vector<Failure> failures;
        const auto keep = [&](const std::optional<Failure>& found) { failures.push_back(found.value_or(Failure{})); };
        jobs.run([](Trainer&) { throw std::runtime_error("a shape does not fit"); }, keep);
        jobs.run([](Trainer&) { throw 7; }, keep);
        jobs.run([](Trainer&) { throw std::bad_alloc(); }, keep);
        QTRY_VERIFY((answer(jobs), failures.size() == 3));
        LOLCATS_COMPARE_TEXT(failures[0].code, "INT-APP");
        LOLCATS_COMPARE_TEXT(failures[0].detail, "a shape does not fit");
        LOLCATS_COMPARE_TEXT(failures[1].code, "INT-APP");
        LOLCATS_COMPARE_TEXT(failures[2].code, "RES-MEMORY");
    }

    void theThreadWorksOnAfterAFailure() {
        JobThread jobs(m_news, noEngine());
        jobs.run([](Trainer&) { throw 1; }, [](const std::optional<Failure>&) {});
        int found = 0;
        jobs.ask(
            "next", [](Trainer&) { return 5; }, [&](int number) { found = number; }, ignore);
        QTRY_VERIFY((answer(jobs), found == 5));
    }

    void anEngineThatCannotBeOpenedIsRefusedAndSoIsWorkThatNeedsIt() {
        JobThread jobs(m_news, noEngine());
        std::vector<std::string> codes;
        jobs.openEngine([](Engine*) {}, [&](const Failure& failure) { codes.push_back(failure.code); });
        jobs.run([](Trainer& trainer) { trainer.engine().version(); },
                 [&](const std::optional<Failure>& failure) { codes.push_back(failure.value_or(Failure{}).code); });
        QTRY_VERIFY((answer(jobs), codes.size() == 2));
        QCOMPARE(codes, (std::vector<std::string>{"INT-ENGINE", "INT-ENGINE"}));
    }

    void theTrainerStepsBackBeforeTheEngineIsOpened() {
        std::atomic<int> niceness = -100;
        JobThread jobs(m_news, [&]() -> std::unique_ptr<Engine> {
            niceness = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
            return nullptr;
        });
        const int ours = getpriority(PRIO_PROCESS, static_cast<id_t>(gettid()));
        bool isAnswered = false;
        jobs.openEngine([&](Engine*) { isAnswered = true; }, ignore);
        QTRY_VERIFY((answer(jobs), isAnswered));
        QCOMPARE(niceness.load(), std::max(ours, 10));
        QCOMPARE(getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())), ours);
    }

    void aPausedJobTakesNoStepAndGoesOnWhenAsked() {
        JobThread jobs(m_news, noEngine());
        Stepper stepper;
        jobs.run([&](Trainer& trainer) { stepper(trainer); }, [](const std::optional<Failure>&) {});
        QTRY_VERIFY(stepper.steps > 3);
        jobs.pause();
        QTRY_VERIFY(jobs.phase() == JobThread::Phase::Paused);
        const int steps = stepper.steps;
        QTest::qWait(50);
        QCOMPARE(stepper.steps.load(), steps);
        jobs.goOn();
        QTRY_VERIFY(stepper.steps > steps + 3);
        QVERIFY(jobs.phase() == JobThread::Phase::Working);
    }

    void theJobHearsWhenAPauseBeginsAndEnds() {
        JobThread jobs(m_news, noEngine());
        Stepper stepper;
        std::mutex mutex;
        std::vector<bool> told;
        jobs.run(
            [&](Trainer& trainer) {
                trainer.onPause([&](bool paused) {
                    const std::scoped_lock lock(mutex);
                    told.push_back(paused);
                });
                stepper(trainer);
            },
            [](const std::optional<Failure>&) {});
        QTRY_VERIFY(stepper.steps > 0);
        jobs.pause();
        QTRY_VERIFY(jobs.phase() == JobThread::Phase::Paused);
        jobs.goOn();
        QTRY_VERIFY(jobs.phase() == JobThread::Phase::Working);
        jobs.stop();
        QTRY_VERIFY(!jobs.isBusy());
        QCOMPARE(told, (std::vector<bool>{true, false}));
    }

    void aStopEndsTheJobAtItsNextStepEvenWhilePaused() {
        JobThread jobs(m_news, noEngine());
        Stepper stepper;
        bool isFinished = false;
        jobs.run([&](Trainer& trainer) { stepper(trainer); }, [&](const std::optional<Failure>&) { isFinished = true; });
        QTRY_VERIFY(stepper.steps > 0);
        jobs.pause();
        QTRY_VERIFY(jobs.phase() == JobThread::Phase::Paused);
        jobs.stop();
        QTRY_VERIFY((answer(jobs), isFinished));
        QVERIFY(jobs.phase() == JobThread::Phase::Idle);
        QVERIFY(!jobs.isBusy());
    }

    void aStopDoesNotReachTheNextJob() {
        JobThread jobs(m_news, noEngine());
        Stepper first;
        Stepper second;
        jobs.run([&](Trainer& trainer) { first(trainer); }, [](const std::optional<Failure>&) {});
        jobs.run([&](Trainer& trainer) { second(trainer); }, [](const std::optional<Failure>&) {});
        QTRY_VERIFY(first.steps > 0);
        jobs.stop();
        QTRY_VERIFY(second.steps > 3);
        QVERIFY(jobs.phase() == JobThread::Phase::Working);
    }

    void aCheckpointIsAskedForOnce() {
        JobThread jobs(m_news, noEngine());
        std::atomic<int> checkpoints = 0;
        std::atomic<int> steps = 0;
        jobs.run(
            [&](Trainer& trainer) {
                for (JobRequests requests; !requests.stop; requests = trainer.mayGoOn()) {
                    checkpoints += requests.checkpointNow ? 1 : 0;
                    ++steps;
                }
            },
            [](const std::optional<Failure>&) {});
        QTRY_VERIFY(steps > 0);
        jobs.takeCheckpoint();
        QTRY_COMPARE(checkpoints.load(), 1);
        const int before = steps;
        QTRY_VERIFY(steps > before + 10);
        QCOMPARE(checkpoints.load(), 1);
    }

    void aQuestionIsAnsweredBetweenTwoStepsAndDuringAPause() {
        JobThread jobs(m_news, noEngine());
        Stepper stepper;
        jobs.run([&](Trainer& trainer) { stepper(trainer); }, [](const std::optional<Failure>&) {});
        QTRY_VERIFY(stepper.steps > 0);
        int found = 0;
        jobs.ask(
            "one", [](Trainer&) { return 1; }, [&](int number) { found = number; }, ignore);
        QTRY_VERIFY((answer(jobs), found == 1));
        jobs.pause();
        QTRY_VERIFY(jobs.phase() == JobThread::Phase::Paused);
        jobs.ask(
            "two", [](Trainer&) { return 2; }, [&](int number) { found = number; }, ignore);
        QTRY_VERIFY((answer(jobs), found == 2));
        QVERIFY(jobs.phase() == JobThread::Phase::Paused);
    }

    void anOvertakenQuestionIsNotAnswered() {
        JobThread jobs(m_news, noEngine());
        std::vector<int> answers;
        std::vector<std::string> failures;
        std::atomic<bool> mayEnd = false;
        const auto keepFailure = [&](const Failure& failure) { failures.push_back(failure.code); };
        jobs.ask(
            "head",
            [&](Trainer&) {
                while (!mayEnd)
                    std::this_thread::yield();
                return 1;
            },
            [&](int number) { answers.push_back(number); }, keepFailure);
        jobs.ask(
            "head", [](Trainer&) -> int { throw Refusal("A-B", "c", "d"); }, [&](int) {}, keepFailure);
        jobs.ask(
            "head", [](Trainer&) { return 3; }, [&](int number) { answers.push_back(number); }, keepFailure);
        jobs.ask(
            "other", [](Trainer&) { return 4; }, [&](int number) { answers.push_back(number); }, keepFailure);
        mayEnd = true;
        QTRY_VERIFY((answer(jobs), answers.size() >= 2));
        QCOMPARE(answers, (std::vector<int>{3, 4}));
        QVERIFY(failures.empty());
    }

    void whatAJobReportsComesThroughTheQueue() {
        EventQueue news(10);
        JobThread jobs(news, noEngine());
        bool isFinished = false;
        jobs.run(
            [](Trainer& trainer) {
                trainer.report(LogLine{LogLevel::Info, "hello", 1});
            },
            [&](const std::optional<Failure>&) { isFinished = true; });
        QTRY_VERIFY((answer(jobs), isFinished));
        const auto events = news.take(10);
        QCOMPARE(events.size(), std::size_t{1});
        LOLCATS_COMPARE_TEXT(std::get<LogLine>(events[0]).text, "hello");
    }

    void destructionStopsAWorkingJobAndJoins() {
        Stepper stepper;
        {
            JobThread jobs(m_news, noEngine());
            jobs.run([&](Trainer& trainer) { stepper(trainer); }, [](const std::optional<Failure>&) {});
            QTRY_VERIFY(stepper.steps > 0);
            jobs.pause();
            QTRY_VERIFY(jobs.phase() == JobThread::Phase::Paused);
        }
        const int steps = stepper.steps;
        QTest::qWait(20);
        QCOMPARE(stepper.steps.load(), steps);
    }
};

QTEST_GUILESS_MAIN(TestJobThread)
#include "test_job_thread.moc"
