// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/checkpoint_rows.h"
#include "core/runs/run_schema.h"
#include "core/runs/run_store.h"
#include "tests/core/runs/made_up_run.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

class TestRunStore : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    int m_count = 0;
    std::string newPath() { return m_folder.filePath(QStringLiteral("run%1.lolcats").arg(++m_count)).toStdString(); }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void whatIsWrittenIsRead();
    void aReaderSeesCommittedRowsWhileTheWriterWorks();
    void metricsThatAreNoNumbersAreKept();
    void evaluationsComeBackWhole();
    void mapsComeBackWithTheTeacherOfTheFirstSnapshot();
    void aCheckpointComesBackByteByByte();
    void aTensorLargerThanABlobIsSplitAndJoined();
    void metricsBeyondTheCheckpointAreSetAsideAtReopening();
    void theTwoNewestTheBestAndStageEndsAreKept();
    void theCheckpointToExportIsTheEndOrBestOfTheLatestStage();
    void theBestRelativeIsTheSmallestMeanOverLayers();
    void anUnfinishedRunThatNobodyHoldsIsInterrupted();
    void aRunHasOneWriter();
    void aCleanEndLeavesTheFileAlone();
    void aWriterReopensWhileAReaderIsOpen();
};

void TestRunStore::whatIsWrittenIsRead() {
    const std::string path = newPath();
    {
        auto writer = RunWriter::create(path, "{\"lolcats_plan\":1}", someProvenance());
        writer->add(StageStarted{Stage::Transfer, 100});
        writer->add(metricAt(Stage::Transfer, "transfer.mse", 1, 0, 0.5));
        writer->add(metricAt(Stage::Transfer, "transfer.mse", 2, 0, 0.25));
        writer->add(metricAt(Stage::Transfer, "transfer.mse", 2, 1, 0.75));
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 2, -1, 3));
        writer->add(LogLine{LogLevel::Warning, "beware", 12.5});
        writer->add(LogLine{LogLevel::Info, "fine", 0});
        writer->add(Figure{"peak memory", 1e9, "bytes"});
        writer->add(StageProgress{Stage::Transfer, 2, 100, -1, 0, "step"});
        writer->addSeconds(1.5);
        writer->addSeconds(2);
        writer->commit();
        writer->setState(RunState::Completed, "");
    }
    const RunReader reader(path);
    const RunRecord record = reader.record();
    LOLCATS_COMPARE_TEXT(record.planJson, "{\"lolcats_plan\":1}");
    LOLCATS_COMPARE_TEXT(record.provenance.modelSha256, "abc123");
    QCOMPARE(record.provenance.threads, 2);
    QCOMPARE(record.id.size(), 32U);
    QVERIFY(record.state == RunState::Completed);
    QCOMPARE(record.stages.size(), 1U);
    QCOMPARE(record.stages[0].steps, 100);
    QCOMPARE(record.stages[0].step, 2);
    QCOMPARE(record.seconds, 3.5);
    QVERIFY(record.started > 1.7e9);
    QVERIFY(reader.metricNames() == (std::vector<std::string>{"transfer.mse", "transfer.loss"}));
    const auto curve = reader.curve("transfer.mse", 0);
    QCOMPARE(curve.size(), 2U);
    QCOMPARE(curve[1].step, 2);
    QCOMPARE(curve[1].value, 0.25);
    QCOMPARE(reader.metrics("", -2).size(), 4U);
    QCOMPARE(reader.metrics("transfer.mse", -2).size(), 3U);
    QCOMPARE(reader.metrics("", -1).size(), 1U);
    const auto log = reader.log(10);
    QCOMPARE(log.size(), 2U);
    QVERIFY(log[0].level == LogLevel::Warning && log[0].time == 12.5);
    QVERIFY(log[1].time > 1.7e9);
    QCOMPARE(reader.log(1).size(), 1U);
    LOLCATS_COMPARE_TEXT(reader.log(1)[0].text, "fine");
    QCOMPARE(reader.figures().size(), 1U);
}

void TestRunStore::aReaderSeesCommittedRowsWhileTheWriterWorks() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const RunReader reader(path);
    writer->add(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
    QVERIFY(reader.curve("transfer.loss", -1).empty());
    writer->commit();
    QCOMPARE(reader.curve("transfer.loss", -1).size(), 1U);
    writer->add(metricAt(Stage::Transfer, "transfer.loss", 2, -1, 1));
    writer->add(checkpointAt(Stage::Transfer, 2, "every"));
    QCOMPARE(reader.curve("transfer.loss", -1).size(), 2U);
    QVERIFY(reader.record().state == RunState::Preparing);
}

void TestRunStore::metricsThatAreNoNumbersAreKept() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    writer->add(metricAt(Stage::Finetune, "finetune.loss", 1, -1, std::numeric_limits<double>::quiet_NaN()));
    writer->add(metricAt(Stage::Finetune, "finetune.loss", 2, -1, std::numeric_limits<double>::infinity()));
    writer->commit();
    const auto curve = RunReader(path).curve("finetune.loss", -1);
    QCOMPARE(curve.size(), 2U);
    QVERIFY(std::isnan(curve[0].value));
    QVERIFY(std::isinf(curve[1].value));
}

void TestRunStore::evaluationsComeBackWhole() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    EvaluationTable table{"after transfer", "held-out rows", 1000, 512, Stage::Transfer, 100, {}, "It does."};
    table.rows.push_back({"teacher", 2.5, 12.1, 0, 0, 1, 4096});
    table.rows.push_back({"student", 2.6, 13.4, 0.1, 0.2, 0.9, 2048});
    writer->add(table);
    EvaluationTable final = table;
    final.name = "final";
    final.verdict = "It still does.";
    writer->add(final);
    writer->add(final); // a resumed run says it again
    writer->commit();
    const RunReader reader(path);
    const auto tables = reader.evaluations();
    QCOMPARE(tables.size(), 2U);
    QVERIFY(tables[0] == table);
    QVERIFY(reader.record().evaluation == final);
    final.rows[1].klBeyond = std::numeric_limits<double>::quiet_NaN();
    writer->add(final);
    writer->commit();
    QVERIFY(std::isnan(reader.record().evaluation->rows[1].klBeyond));
}

void TestRunStore::mapsComeBackWithTheTeacherOfTheFirstSnapshot() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    auto first = std::make_shared<MapSnapshot>();
    first->probe = "a b";
    first->tokens = {"a", " b\xff"};
    first->stage = "transfer";
    first->layers = 2;
    first->heads = 1;
    first->window = 64;
    first->maps.push_back({1, 0, {{1, 2, 3}}, {{4, 5, 6}}, {{7, 8, 9}}, 0.5, 0.25, 0.125});
    writer->add(MapTaken{first});
    auto second = std::make_shared<MapSnapshot>(*first);
    second->step = 50;
    second->maps[0].teacher.half.clear();
    second->maps[0].studentLinear.half = {70, 80, 90};
    writer->add(MapTaken{second});
    writer->commit();
    const RunReader reader(path);
    const auto keys = reader.mapKeys();
    QCOMPARE(keys.size(), 2U);
    QCOMPARE(keys[1].step, 50);
    const MapSnapshot overview = reader.mapOverview(keys[1].id);
    QCOMPARE(overview.tokens.size(), 2U);
    QCOMPARE(overview.window, 64);
    QCOMPARE(overview.maps.size(), 1U);
    QCOMPARE(overview.maps[0].kl, 0.5);
    QVERIFY(overview.maps[0].studentLinear.half.empty());
    const auto head = reader.headMap(keys[1].id, 1, 0);
    QVERIFY(head.has_value());
    QVERIFY(head->teacher.half == (std::vector<std::uint16_t>{1, 2, 3}));
    QVERIFY(head->studentLinear.half == (std::vector<std::uint16_t>{70, 80, 90}));
    QVERIFY(!reader.headMap(keys[1].id, 0, 0).has_value());
    LOLCATS_COMPARE_TEXT(refusalCode([&] { reader.mapOverview(99); }), "RUN-MAP");
}

void TestRunStore::aCheckpointComesBackByteByByte() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const CheckpointTaken taken = checkpointAt(Stage::Finetune, 25, "every", {0.1F, -3, 1e30F});
    writer->add(taken);
    const RunReader reader(path);
    const auto read = reader.newestCheckpoint();
    QVERIFY(read != nullptr);
    QVERIFY(read->stage == Stage::Finetune);
    QCOMPARE(read->step, 25);
    LOLCATS_COMPARE_TEXT(read->stateJson, taken.checkpoint->stateJson);
    QCOMPARE(read->tensors.size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        LOLCATS_COMPARE_TEXT(read->tensors[i].name, taken.checkpoint->tensors[i].name);
        LOLCATS_COMPARE_TEXT(read->tensors[i].dtype, taken.checkpoint->tensors[i].dtype);
        QVERIFY(read->tensors[i].shape == taken.checkpoint->tensors[i].shape);
        QVERIFY(read->tensors[i].bytes == taken.checkpoint->tensors[i].bytes);
    }
    QCOMPARE(reader.record().checkpoints[0].bytes, 15);
    LOLCATS_COMPARE_TEXT(refusalCode([&] { reader.checkpoint(77); }), "RUN-CHECKPOINT");
}

void TestRunStore::aTensorLargerThanABlobIsSplitAndJoined() {
    const std::string path = newPath();
    RunWriter::create(path, "{}", {});
    auto database = openRunToWrite(path);
    Checkpoint checkpoint;
    checkpoint.tensors.push_back(tensorOf("a", {1, 2, 3, 4, 5}));
    checkpoint.tensors.push_back(tensorOf("empty", {}));
    checkpoint.tensors.push_back(tensorOf("b", {6, 7}));
    SqliteTransaction transaction(*database);
    const std::int64_t id = writeCheckpoint(*database, checkpoint, 0, 8);
    transaction.commit();
    QCOMPARE(database->integer("SELECT count(*) FROM tensor"), 5);
    const auto read = readCheckpoint(*database, id);
    QCOMPARE(read->tensors.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
        QVERIFY(read->tensors[i].bytes == checkpoint.tensors[i].bytes);
}

void TestRunStore::metricsBeyondTheCheckpointAreSetAsideAtReopening() {
    const std::string path = newPath();
    {
        auto writer = RunWriter::create(path, "{}", {});
        writer->add(StageStarted{Stage::Transfer, 10});
        for (int step = 1; step <= 6; ++step) {
            writer->add(metricAt(Stage::Transfer, "transfer.loss", step, -1, step));
            if (step == 4)
                writer->add(checkpointAt(Stage::Transfer, 4, "every"));
        }
        writer->commit();
    }
    QCOMPARE(RunReader(path).curve("transfer.loss", -1).size(), 6U);
    for (int time = 0; time < 2; ++time) {
        auto writer = RunWriter::open(path);
        QCOMPARE(RunReader(path).curve("transfer.loss", -1).size(), 4U);
        QCOMPARE(RunReader(path).record().stages[0].step, 4);
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 5, -1, 50));
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 6, -1, 60));
        writer->commit();
    }
    const auto curve = RunReader(path).curve("transfer.loss", -1);
    QCOMPARE(curve.size(), 6U);
    QCOMPARE(curve[4].value, 50);
    QCOMPARE(openRunToRead(path)->integer("SELECT count(*) FROM metric"), 10); // nothing was thrown away
}

void TestRunStore::theTwoNewestTheBestAndStageEndsAreKept() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    writer->add(checkpointAt(Stage::Transfer, 5, "best"));
    writer->add(checkpointAt(Stage::Transfer, 10, "every"));
    writer->add(checkpointAt(Stage::Transfer, 15, "best"));
    writer->add(checkpointAt(Stage::Transfer, 20, "stage end"));
    for (int step = 5; step <= 25; step += 5)
        writer->add(checkpointAt(Stage::Finetune, step, "every"));
    const auto record = RunReader(path).record();
    std::vector<std::pair<std::string, std::int64_t>> kept;
    for (const auto& checkpoint : record.checkpoints)
        kept.emplace_back(checkpoint.reason, checkpoint.step);
    QVERIFY(kept ==
            (std::vector<std::pair<std::string, std::int64_t>>{{"best", 15}, {"stage end", 20}, {"every", 20}, {"every", 25}}));
    // The rows of the others are gone with them.
    QCOMPARE(openRunToRead(path)->integer("SELECT count(DISTINCT checkpoint) FROM tensor"), 4);
}

void TestRunStore::theCheckpointToExportIsTheEndOrBestOfTheLatestStage() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const RunReader reader(path);
    QVERIFY(reader.bestCheckpoint() == nullptr);
    QVERIFY(reader.newestCheckpoint() == nullptr);
    writer->add(checkpointAt(Stage::Transfer, 5, "best"));
    writer->add(checkpointAt(Stage::Transfer, 10, "every"));
    QCOMPARE(reader.bestCheckpoint()->step, 5);
    writer->add(checkpointAt(Stage::Transfer, 20, "stage end"));
    QCOMPARE(reader.bestCheckpoint()->step, 20);
    writer->add(checkpointAt(Stage::Finetune, 3, "stop"));
    QCOMPARE(reader.bestCheckpoint()->step, 3);
    writer->add(checkpointAt(Stage::Finetune, 7, "best"));
    writer->add(checkpointAt(Stage::Finetune, 9, "every"));
    QCOMPARE(reader.bestCheckpoint()->step, 7);
    QCOMPARE(reader.newestCheckpoint()->step, 9);
}

void TestRunStore::theBestRelativeIsTheSmallestMeanOverLayers() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    const RunReader reader(path);
    QCOMPARE(reader.record().bestRelative, -1);
    const std::string name = "transfer.heldout.relative";
    const double values[3][2] = {{0.5, 0.7}, {0.1, 0.3}, {0.05, std::numeric_limits<double>::quiet_NaN()}};
    for (int step = 0; step < 3; ++step)
        for (int layer = 0; layer < 2; ++layer)
            writer->add(metricAt(Stage::Transfer, name, step, layer, values[step][layer]));
    writer->commit();
    QCOMPARE(reader.record().bestRelative, 0.2);
    writer->add(metricAt(Stage::Transfer, name, 0, -1, 0.6));
    writer->add(metricAt(Stage::Transfer, name, 1, -1, 0.21));
    writer->commit();
    QCOMPARE(reader.record().bestRelative, 0.21);
}

void TestRunStore::anUnfinishedRunThatNobodyHoldsIsInterrupted() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    writer->setState(RunState::Running, "");
    QVERIFY(RunReader(path).record().state == RunState::Running);
    writer.reset();
    QVERIFY(RunReader(path).record().state == RunState::Interrupted);
    writer = RunWriter::open(path);
    writer->setState(RunState::Failed, "The disk is full.");
    writer.reset();
    QVERIFY(RunReader(path).record().state == RunState::Failed);
    LOLCATS_COMPARE_TEXT(RunReader(path).record().reason, "The disk is full.");
}

void TestRunStore::aRunHasOneWriter() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    QVERIFY(RunLock::isHeld(path));
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(path); }), "RES-IN-USE");
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::create(path, "{}", {}); }), "ARG-RUN-EXISTS");
    writer.reset();
    QVERIFY(!RunLock::isHeld(path));
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(path); }), "none");
}

void TestRunStore::aCleanEndLeavesTheFileAlone() {
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("a.lolcats")).toStdString();
    auto writer = RunWriter::create(path, "{}", {});
    writer->add(checkpointAt(Stage::Transfer, 5, "best"));
    writer.reset();
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{QStringLiteral("a.lolcats")});
    const QString copy = folder.filePath(QStringLiteral("copy.lolcats"));
    QVERIFY(QFile::copy(QString::fromStdString(path), copy));
    QCOMPARE(RunReader(copy.toStdString()).newestCheckpoint()->step, 5);
    // Reading leaves nothing behind either.
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files).size(), 2);
}

void TestRunStore::aWriterReopensWhileAReaderIsOpen() {
    const std::string path = newPath();
    RunWriter::create(path, "{}", {})->add(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
    const RunReader reader(path);
    QCOMPARE(reader.metricNames().size(), 1U);
    {
        auto writer = RunWriter::open(path);
        writer->add(checkpointAt(Stage::Transfer, 5, "best"));
        QCOMPARE(reader.newestCheckpoint()->step, 5);
    }
    QCOMPARE(reader.newestCheckpoint()->step, 5);
    auto writer = RunWriter::open(path);
    writer->add(checkpointAt(Stage::Transfer, 6, "best"));
    QCOMPARE(reader.newestCheckpoint()->step, 6);
}

QTEST_GUILESS_MAIN(TestRunStore)
#include "test_run_store.moc"
