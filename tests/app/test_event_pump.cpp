// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/event_pump.h"
#include "tests/support/sentences.h"

#include <QStringList>
#include <QTest>

using namespace lolcats;

class TestEventPump : public QObject {
    Q_OBJECT

    static JobThread::OpenEngine noEngine() {
        return [] { return std::unique_ptr<Engine>(); };
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void eachKindOfEventHasItsSignalAndTheirOrderIsKept() {
        EventQueue news(100);
        JobThread jobs(news, noEngine());
        EventPump pump(news, jobs);
        QStringList heard;
        connect(&pump, &EventPump::stageStarted, this,
                [&](const StageStarted& stage) { heard << "started " + QString::fromLatin1(stageName(stage.stage)); });
        connect(&pump, &EventPump::stageFinished, this, [&] { heard << "finished"; });
        connect(&pump, &EventPump::progressed, this,
                [&](const StageProgress& progress) { heard << QString("step %1").arg(progress.step); });
        connect(&pump, &EventPump::measured, this,
                [&](const std::vector<Metric>& metrics) { heard << QString("metrics %1").arg(metrics.size()); });
        connect(&pump, &EventPump::evaluated, this,
                [&](const EvaluationTable& table) { heard << QString::fromStdString(table.name); });
        connect(&pump, &EventPump::checkpointTaken, this, [&] { heard << "checkpoint"; });
        connect(&pump, &EventPump::mapTaken, this, [&] { heard << "map"; });
        connect(&pump, &EventPump::logged, this, [&](const LogLine& line) { heard << QString::fromStdString(line.text); });
        connect(&pump, &EventPump::fileWritten, this, [&] { heard << "file"; });
        connect(&pump, &EventPump::checked, this, [&] { heard << "check"; });
        connect(&pump, &EventPump::textWritten, this, [&] { heard << "text"; });
        connect(&pump, &EventPump::figureFound, this, [&] { heard << "figure"; });
        news.push(StageStarted{Stage::Transfer, 5});
        news.push(Metric{Stage::Transfer, "transfer.mse", 1, 0, 0.5});
        news.push(Metric{Stage::Transfer, "transfer.mse", 1, 1, 0.5});
        news.push(CheckpointTaken{});
        news.push(MapTaken{});
        news.push(Metric{Stage::Transfer, "transfer.mse", 2, 0, 0.5});
        news.push(EvaluationTable{"final", {}, 0, 0, Stage::Measure, 0, {}, {}});
        news.push(LogLine{LogLevel::Info, "line", 1});
        news.push(FileWritten{});
        news.push(CheckDone{});
        news.push(TextPiece{});
        news.push(Figure{});
        news.push(StageProgress{Stage::Transfer, 2, 5, -1, 0, {}});
        news.push(StageFinished{Stage::Transfer, 1});
        pump.pump();
        QCOMPARE(heard, (QStringList{"started transfer", "metrics 2", "checkpoint", "map", "metrics 1", "final", "line", "file",
                                     "check", "text", "figure", "step 2", "finished"}));
    }

    void theTimerPumpsByItself() {
        EventQueue news(100);
        JobThread jobs(news, noEngine());
        EventPump pump(news, jobs);
        int heard = 0;
        connect(&pump, &EventPump::logged, this, [&] { ++heard; });
        news.push(LogLine{});
        QTRY_COMPARE(heard, 1);
    }

    void allThatAJobReportedIsHeardBeforeItsEnd() {
        EventQueue news(100000);
        JobThread jobs(news, noEngine());
        EventPump pump(news, jobs);
        std::size_t heard = 0;
        std::size_t heardAtTheEnd = 0;
        bool isFinished = false;
        connect(&pump, &EventPump::measured, this, [&](const std::vector<Metric>& metrics) { heard += metrics.size(); });
        jobs.run(
            [](Trainer& trainer) {
                for (int step = 0; step < 5000; ++step)
                    trainer.report(Metric{Stage::Transfer, "transfer.mse", step, 0, 1});
            },
            [&](const std::optional<Failure>&) {
                heardAtTheEnd = heard;
                isFinished = true;
            });
        QTRY_VERIFY(isFinished);
        QCOMPARE(heardAtTheEnd, std::size_t{5000});
    }

    void aPhaseIsToldOnceAndOnlyWhenItChanges() {
        EventQueue news(100);
        JobThread jobs(news, noEngine());
        EventPump pump(news, jobs);
        std::vector<JobThread::Phase> phases;
        connect(&pump, &EventPump::phaseChanged, this, [&](JobThread::Phase phase) { phases.push_back(phase); });
        jobs.run(
            [](Trainer& trainer) {
                while (!trainer.mayGoOn().stop)
                    std::this_thread::sleep_for(std::chrono::milliseconds(1));
            },
            [](const std::optional<Failure>&) {});
        QTRY_COMPARE(phases.size(), std::size_t{1});
        jobs.pause();
        QTRY_COMPARE(phases.size(), std::size_t{2});
        jobs.goOn();
        QTRY_COMPARE(phases.size(), std::size_t{3});
        jobs.stop();
        QTRY_VERIFY(phases.back() == JobThread::Phase::Idle);
        QVERIFY(phases[0] == JobThread::Phase::Working && phases[1] == JobThread::Phase::Paused &&
                phases[2] == JobThread::Phase::Working);
    }
};

QTEST_GUILESS_MAIN(TestEventPump)
#include "test_event_pump.moc"
