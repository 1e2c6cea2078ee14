// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_loop_watch.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <chrono>
#include <thread>

using namespace lolcats;

class TestEventLoopWatch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aBlockedLoopIsSeenAtItsLength() {
        EventLoopWatch watch;
        watch.start();
        QTRY_VERIFY(watch.delays().measured > 2);
        // The timer was due up to 20 ms after the block began, so that much of it is not a delay.
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        const std::size_t before = watch.delays().measured;
        QTRY_VERIFY(watch.delays().measured > before);
        QVERIFY(watch.delays().maximum >= 270);
        QVERIFY(watch.delays().p99 <= watch.delays().maximum);
        QVERIFY(watch.delays().p99 >= 270); // fewer than a hundred measurements: the percentile is the maximum
    }

    void aNewStartForgetsAndAStopMeasuresNoMore() {
        EventLoopWatch watch;
        watch.start();
        QTRY_VERIFY(watch.delays().measured > 0);
        watch.stop();
        const std::size_t measured = watch.delays().measured;
        QTest::qWait(60);
        QCOMPARE(watch.delays().measured, measured);
        watch.start();
        QCOMPARE(watch.delays().measured, std::size_t{0});
        QCOMPARE(watch.delays().maximum, 0.0);
    }
};

QTEST_GUILESS_MAIN(TestEventLoopWatch)
#include "test_event_loop_watch.moc"
