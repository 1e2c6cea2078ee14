// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/event_queue.h"
#include "tests/core/runs/made_up_run.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <thread>

using namespace lolcats;
using namespace lolcats::testing;

class TestEventQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void eventsComeOutInTheirOrderAndInPortions();
    void onlyTheNewestProgressWaits();
    void whenFullTheOldestNewsIsDroppedAndCounted();
    void milestonesAreKeptBeyondTheCapacity();
    void milestonesSurviveAFastProducer();
};

void TestEventQueue::eventsComeOutInTheirOrderAndInPortions() {
    EventQueue queue(10);
    for (int step = 0; step < 5; ++step)
        queue.push(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
    const auto first = queue.take(2);
    QCOMPARE(first.size(), 2U);
    QCOMPARE(std::get<Metric>(first[1]).step, 1);
    QCOMPARE(queue.take(10).size(), 3U);
    QVERIFY(queue.take(10).empty());
}

void TestEventQueue::onlyTheNewestProgressWaits() {
    EventQueue queue(10);
    queue.push(StageProgress{Stage::Transfer, 1, 10, -1, 0, ""});
    queue.push(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
    queue.push(StageProgress{Stage::Transfer, 2, 10, -1, 0, ""});
    const auto events = queue.take(10);
    QCOMPARE(events.size(), 2U);
    QVERIFY(std::holds_alternative<Metric>(events[0]));
    QCOMPARE(std::get<StageProgress>(events[1]).step, 2);
    QCOMPARE(queue.dropped(), 0U);
}

void TestEventQueue::whenFullTheOldestNewsIsDroppedAndCounted() {
    EventQueue queue(3);
    queue.push(StageStarted{Stage::Transfer, 10});
    for (int step = 1; step <= 5; ++step)
        queue.push(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
    QCOMPARE(queue.dropped(), 3U);
    const auto events = queue.take(10);
    QCOMPARE(events.size(), 3U);
    QVERIFY(std::holds_alternative<StageStarted>(events[0]));
    QCOMPARE(std::get<Metric>(events[1]).step, 4);
    QCOMPARE(std::get<Metric>(events[2]).step, 5);
}

void TestEventQueue::milestonesAreKeptBeyondTheCapacity() {
    EventQueue queue(2);
    for (int i = 0; i < 5; ++i)
        queue.push(StageStarted{Stage::Transfer, i});
    queue.push(TextPiece{"lost"});
    QCOMPARE(queue.dropped(), 1U);
    QCOMPARE(queue.take(10).size(), 5U);
}

void TestEventQueue::milestonesSurviveAFastProducer() {
    EventQueue queue(64);
    std::thread producer([&] {
        for (int step = 0; step < 20000; ++step) {
            queue.push(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
            if (step % 100 == 0)
                queue.push(StageStarted{Stage::Transfer, step});
        }
        queue.push(StageFinished{Stage::Transfer, 0});
    });
    std::int64_t milestones = 0;
    std::int64_t expected = 0;
    std::size_t news = 0;
    for (bool over = false; !over;)
        for (const JobEvent& event : queue.take(16)) {
            over = over || std::holds_alternative<StageFinished>(event);
            news += std::holds_alternative<Metric>(event) ? 1 : 0;
            if (const auto* started = std::get_if<StageStarted>(&event)) {
                QCOMPARE(started->steps, expected);
                expected += 100;
                ++milestones;
            }
        }
    producer.join();
    QCOMPARE(milestones, 200);
    QCOMPARE(news + queue.dropped(), 20000U);
}

QTEST_GUILESS_MAIN(TestEventQueue)
#include "test_event_queue.moc"
