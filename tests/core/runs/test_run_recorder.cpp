// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_recorder.h"
#include "tests/core/runs/made_up_run.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <limits>
#include <stdexcept>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// Does in its run() what the test says.
class ScriptedJob final : public Job {
public:
    explicit ScriptedJob(std::function<void(Progress&)> script) : m_script(std::move(script)) {}
    void run(Progress& progress) override { m_script(progress); }

private:
    std::function<void(Progress&)> m_script;
};

JobRequests goOn() {
    return {};
}

} // namespace

class TestRunRecorder : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    int m_count = 0;
    std::string newPath() { return m_folder.filePath(QStringLiteral("run%1.lolcats").arg(++m_count)).toStdString(); }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void whatIsToldIsAlreadyInTheFile();
    void aJobThatEndsIsCompleted();
    void aJobThatWasAskedToStopIsStopped();
    void aStopThatComesTooLateIsACompletion();
    void aRefusalIsTheOutcomeAndLeavesTheFileReadable();
    void aFaultIsTurnedIntoAFailure();
    void metricsBeforeARefusedCheckpointAreKept();
    void aPauseIsNotCountedAsWork();
};

void TestRunRecorder::whatIsToldIsAlreadyInTheFile() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const RunReader reader(path);
    std::size_t told = 0;
    const auto tell = [&](const JobEvent& event) {
        if (std::holds_alternative<Metric>(event))
            QVERIFY(reader.curve("transfer.loss", -1).size() >= ++told);
        if (const auto* taken = std::get_if<CheckpointTaken>(&event))
            QCOMPARE(reader.newestCheckpoint()->step, taken->checkpoint->step);
    };
    ScriptedJob job([&](Progress& progress) {
        progress.report(StageStarted{Stage::Transfer, 50});
        for (int step = 1; step <= 50; ++step) {
            progress.report(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
            if (step % 10 == 0)
                progress.report(checkpointAt(Stage::Transfer, step, "every"));
            progress.mayGoOn();
        }
    });
    RunRecorder recorder(*writer, tell, goOn);
    QVERIFY(!recorder.work(job));
    QCOMPARE(told, 50U);
}

void TestRunRecorder::aJobThatEndsIsCompleted() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const RunReader reader(path);
    ScriptedJob job([&](Progress& progress) {
        progress.report(StageStarted{Stage::Prepare, 0});
        QVERIFY(reader.record().state == RunState::Preparing);
        progress.report(StageStarted{Stage::Transfer, 2});
        QVERIFY(reader.record().state == RunState::Running);
        progress.report(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
        progress.report(StageFinished{Stage::Transfer, 1.5});
    });
    RunRecorder recorder(
        *writer, [](const JobEvent&) {}, goOn);
    QVERIFY(!recorder.work(job));
    const RunRecord record = reader.record();
    QVERIFY(record.state == RunState::Completed);
    QVERIFY(record.stages[1].finished);
    QCOMPARE(record.stages[1].seconds, 1.5);
    QCOMPARE(record.stages[1].step, 2);
}

void TestRunRecorder::aJobThatWasAskedToStopIsStopped() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    ScriptedJob job([&](Progress& progress) {
        for (int step = 1; !progress.mayGoOn().stop; ++step)
            progress.report(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
    });
    int asked = 0;
    RunRecorder recorder(
        *writer, [](const JobEvent&) {},
        [&] {
            return JobRequests{++asked == 4, false};
        });
    QVERIFY(!recorder.work(job));
    QVERIFY(RunReader(path).record().state == RunState::Stopped);
    QCOMPARE(RunReader(path).curve("transfer.loss", -1).size(), 3U);
}

void TestRunRecorder::aStopThatComesTooLateIsACompletion() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    ScriptedJob job([&](Progress& progress) {
        progress.report(StageStarted{Stage::Measure, 1});
        progress.mayGoOn();
        progress.report(StageFinished{Stage::Measure, 1});
    });
    RunRecorder recorder(
        *writer, [](const JobEvent&) {},
        [] {
            return JobRequests{true, false};
        });
    QVERIFY(!recorder.work(job));
    QVERIFY(RunReader(path).record().state == RunState::Completed);
}

void TestRunRecorder::aRefusalIsTheOutcomeAndLeavesTheFileReadable() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    std::vector<JobEvent> told;
    ScriptedJob job([&](Progress& progress) {
        progress.report(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
        throw Refusal("RES-MEMORY", "Not enough memory.", "Use a shorter length.", "at step 2");
    });
    RunRecorder recorder(
        *writer, [&](const JobEvent& event) { told.push_back(event); }, goOn);
    const auto failure = recorder.work(job);
    QVERIFY(failure.has_value());
    LOLCATS_COMPARE_TEXT(failure->code, "RES-MEMORY");
    QCOMPARE(told.size(), 2U);
    QVERIFY(std::get<LogLine>(told[1]).level == LogLevel::Error);
    const RunReader reader(path);
    QVERIFY(reader.record().state == RunState::Failed);
    LOLCATS_COMPARE_TEXT(reader.record().reason, "Not enough memory.");
    QCOMPARE(reader.curve("transfer.loss", -1).size(), 1U);
    QVERIFY(reader.log(1)[0].text.find("at step 2") != std::string::npos);
}

void TestRunRecorder::aFaultIsTurnedIntoAFailure() {
    auto writer = RunWriter::create(newPath(), "{}", {});
    ScriptedJob job([](Progress&) { throw std::runtime_error("surprise"); });
    RunRecorder recorder(
        *writer, [](const JobEvent&) {}, goOn);
    const auto failure = recorder.work(job);
    QVERIFY(failure.has_value());
    QCOMPARE(exitCode(*failure), 1);
    LOLCATS_COMPARE_TEXT(failure->detail, "surprise");
}

void TestRunRecorder::metricsBeforeARefusedCheckpointAreKept() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    std::size_t told = 0;
    ScriptedJob job([](Progress& progress) {
        progress.report(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
        progress.report(checkpointAt(Stage::Transfer, 1, "every", {std::numeric_limits<float>::quiet_NaN()}));
    });
    RunRecorder recorder(
        *writer, [&](const JobEvent& event) { told += std::holds_alternative<Metric>(event) ? 1 : 0; }, goOn);
    const auto failure = recorder.work(job);
    QVERIFY(failure.has_value());
    QCOMPARE(exitCode(*failure), 5);
    QCOMPARE(told, 1U);
    QCOMPARE(RunReader(path).curve("transfer.loss", -1).size(), 1U);
    QVERIFY(RunReader(path).newestCheckpoint() == nullptr);
}

void TestRunRecorder::aPauseIsNotCountedAsWork() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    ScriptedJob job([](Progress& progress) { progress.mayGoOn(); });
    RunRecorder recorder(
        *writer, [](const JobEvent&) {},
        [] {
            QTest::qSleep(300);
            return JobRequests{};
        });
    QVERIFY(!recorder.work(job));
    writer.reset();
    QVERIFY(RunReader(path).record().seconds < 0.25);
}

QTEST_GUILESS_MAIN(TestRunRecorder)
#include "test_run_recorder.moc"
