// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_store.h"
#include "tests/core/runs/made_up_run.h"
#include "tests/support/sentences.h"

#include <sqlite3.h>

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

class TestRunFaults : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    int m_count = 0;
    std::string newPath() { return m_folder.filePath(QStringLiteral("run%1.lolcats").arg(++m_count)).toStdString(); }
    std::string finishedRun() {
        const std::string path = newPath();
        auto writer = RunWriter::create(path, "{}", someProvenance());
        writer->add(checkpointAt(Stage::Transfer, 5, "stage end", std::vector<float>(5000, 1.5F)));
        writer->setState(RunState::Completed, "");
        return path;
    }
    static std::string readingCode(const std::string& path) {
        return refusalCode([&] { RunReader(path).record(); });
    }
    static void execute(const std::string& path, const char* sql) {
        sqlite3* database = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &database), SQLITE_OK);
        QCOMPARE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    }
    static void write(const std::string& path, const QByteArray& bytes) {
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QFile::WriteOnly));
        file.write(bytes);
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void aMissingFileIsRefused();
    void anEmptyFileIsRefused();
    void aFileOfAnotherKindIsRefused();
    void aDatabaseOfAnotherProgramIsRefusedAndLeftAsItIs();
    void aNewerRunIsRefused();
    void aTruncatedFileIsRefused();
    void aFileOfTheFirstVersionIsReadAndThenUpgraded();
    void aChangedTensorIsRefusedByName();
    void aFolderThatIsNotThereIsRefused();
    void aCheckpointWithANumberThatIsNotFiniteIsRefusedAndTheOldOneStays();
    void aFileInAFolderThatCannotBeWrittenIsRead();
    void aFullDiskRefusesAndKeepsWhatWasCommitted();
};

void TestRunFaults::aMissingFileIsRefused() {
    LOLCATS_COMPARE_TEXT(readingCode(newPath()), "FILE-MISSING");
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(newPath()); }), "FILE-MISSING");
}

void TestRunFaults::anEmptyFileIsRefused() {
    const std::string path = newPath();
    write(path, {});
    LOLCATS_COMPARE_TEXT(readingCode(path), "RUN-EMPTY");
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(path); }), "RUN-EMPTY");
}

void TestRunFaults::aFileOfAnotherKindIsRefused() {
    const std::string path = newPath();
    write(path, QByteArray(10000, 'x'));
    LOLCATS_COMPARE_TEXT(readingCode(path), "RUN-FOREIGN");
    LOLCATS_COMPARE_TEXT(readingCode(m_folder.path().toStdString()), "RUN-FOREIGN");
}

void TestRunFaults::aDatabaseOfAnotherProgramIsRefusedAndLeftAsItIs() {
    const std::string path = newPath();
    execute(path, "CREATE TABLE a(b); INSERT INTO a VALUES(1)");
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QFile::ReadOnly));
    const QByteArray before = file.readAll();
    LOLCATS_COMPARE_TEXT(readingCode(path), "RUN-FOREIGN");
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(path); }), "RUN-FOREIGN");
    file.seek(0);
    QCOMPARE(file.readAll(), before);
}

void TestRunFaults::aNewerRunIsRefused() {
    const std::string path = finishedRun();
    execute(path, "PRAGMA user_version = 3");
    LOLCATS_COMPARE_TEXT(readingCode(path), "RUN-NEWER");
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::open(path); }), "RUN-NEWER");
}

void TestRunFaults::aTruncatedFileIsRefused() {
    const std::string path = finishedRun();
    const auto size = QFileInfo(QString::fromStdString(path)).size();
    for (const qint64 length : {size - 1, size / 2, qint64{4096}, qint64{5000}, qint64{100}, qint64{1}}) {
        const std::string copy = newPath();
        QVERIFY(QFile::copy(QString::fromStdString(path), QString::fromStdString(copy)));
        QCOMPARE(truncate(copy.c_str(), length), 0);
        const std::string code = refusalCode([&] { RunReader(copy).newestCheckpoint(); });
        QVERIFY2(code == "RUN-DAMAGED" || code == "RUN-FOREIGN" || code == "RUN-HASH",
                 (code + " at " + std::to_string(length)).c_str());
    }
}

// A file of version 1 has no table of bands: it is read as it is, and gets the table when somebody works on it.
void TestRunFaults::aFileOfTheFirstVersionIsReadAndThenUpgraded() {
    const std::string path = finishedRun();
    EvaluationTable table;
    table.bands = {0, 64};
    table.rows.push_back({"student", 1, 2, 0.5, 0.6, 0.9, 10, {0.25, 0.75}});
    const auto measure = [&](const std::string& name) {
        const auto writer = RunWriter::open(path);
        table.name = name;
        writer->add(table);
        writer->commit();
    };
    measure("first");
    execute(path, "DROP TABLE evaluation_band");
    execute(path, "PRAGMA user_version = 1");
    const EvaluationTable old = RunReader(path).evaluations().back();
    QVERIFY(old.bands.empty());
    QCOMPARE(old.rows.size(), std::size_t{1});
    measure("second");
    const auto tables = RunReader(path).evaluations();
    QCOMPARE(tables.size(), std::size_t{2});
    QCOMPARE(tables.back().bands, table.bands);
    QCOMPARE(tables.back().rows.front().bandKl, table.rows.front().bandKl);
}

void TestRunFaults::aChangedTensorIsRefusedByName() {
    const std::string path = finishedRun();
    execute(path, "UPDATE tensor SET bytes = zeroblob(length(bytes)) WHERE name = 'student.0.weight'");
    const RunReader reader(path);
    try {
        reader.newestCheckpoint();
        QFAIL("a changed tensor was taken");
    } catch (const Refusal& refusal) {
        LOLCATS_COMPARE_TEXT(refusal.failure().code, "RUN-HASH");
        QVERIFY(refusal.failure().summary.find("student.0.weight") != std::string::npos);
    }
    LOLCATS_COMPARE_TEXT(refusalCode([&] { reader.checkedTensors(); }), "RUN-HASH");
    QVERIFY(RunReader(finishedRun()).checkedTensors() > 0);
}

void TestRunFaults::aFolderThatIsNotThereIsRefused() {
    const std::string path = m_folder.filePath(QStringLiteral("nowhere/a.lolcats")).toStdString();
    LOLCATS_COMPARE_TEXT(refusalCode([&] { RunWriter::create(path, "{}", {}); }), "ARG-RUN-FOLDER");
}

void TestRunFaults::aCheckpointWithANumberThatIsNotFiniteIsRefusedAndTheOldOneStays() {
    const std::string path = newPath();
    auto writer = RunWriter::create(path, "{}", {});
    writer->add(checkpointAt(Stage::Transfer, 1, "every"));
    writer->add(metricAt(Stage::Transfer, "transfer.loss", 2, -1, 1));
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()})
        LOLCATS_COMPARE_TEXT(refusalCode([&] {
                                 writer->add(checkpointAt(Stage::Transfer, 2, "every", {1, bad}));
                             }),
                             "NUM-CHECKPOINT");
    writer->commit();
    const RunReader reader(path);
    QCOMPARE(reader.newestCheckpoint()->step, 1);
    QCOMPARE(reader.curve("transfer.loss", -1).size(), 1U);
}

void TestRunFaults::aFileInAFolderThatCannotBeWrittenIsRead() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("a.lolcats"));
    {
        auto writer = RunWriter::create(path.toStdString(), "{}", {});
        writer->add(checkpointAt(Stage::Transfer, 5, "best"));
        const RunReader reader(path.toStdString()); // an open reader keeps the file in WAL mode
        writer.reset();
    }
    QFile::remove(path + QStringLiteral("-wal"));
    QFile::remove(path + QStringLiteral("-shm"));
    chmod(folder.path().toLocal8Bit().constData(), 0555);
    chmod(path.toLocal8Bit().constData(), 0444);
    const bool isRoot = geteuid() == 0;
    if (isRoot)
        QCOMPARE(seteuid(65534), 0);
    const std::string code = refusalCode([&] { QCOMPARE(RunReader(path.toStdString()).newestCheckpoint()->step, 5); });
    if (isRoot)
        QCOMPARE(seteuid(0), 0);
    chmod(folder.path().toLocal8Bit().constData(), 0755);
    LOLCATS_COMPARE_TEXT(code, "none");
}

void TestRunFaults::aFullDiskRefusesAndKeepsWhatWasCommitted() {
    QTemporaryDir folder;
    const QByteArray place = folder.path().toLocal8Bit();
    if (mount("lolcats-test", place.constData(), "tmpfs", 0, "size=1m") != 0)
        QSKIP(qPrintable(QStringLiteral("A small file system could not be mounted here (%1): the full disk is NOT tested.")
                             .arg(QString::fromLocal8Bit(std::strerror(errno)))));
    const std::string path = folder.filePath(QStringLiteral("a.lolcats")).toStdString();
    {
        auto writer = RunWriter::create(path, "{}", {});
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 1, -1, 1));
        writer->add(checkpointAt(Stage::Transfer, 1, "every"));
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 2, -1, 1));
        const auto large = checkpointAt(Stage::Transfer, 2, "every", std::vector<float>(1000000, 1));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { writer->add(large); }), "RES-DISK");
        QCOMPARE(RunReader(path).newestCheckpoint()->step, 1);
        QCOMPARE(RunReader(path).curve("transfer.loss", -1).size(), 1U);
        // What is small still fits, and the writer goes on.
        writer->add(metricAt(Stage::Transfer, "transfer.loss", 2, -1, 1));
        writer->commit();
        writer->setState(RunState::Failed, "The disk is full.");
    }
    {
        const RunReader reader(path);
        QVERIFY(reader.record().state == RunState::Failed);
        QCOMPARE(reader.newestCheckpoint()->step, 1);
        QCOMPARE(reader.curve("transfer.loss", -1).size(), 2U);
    }
    QCOMPARE(umount(place.constData()), 0);
}

QTEST_GUILESS_MAIN(TestRunFaults)
#include "test_run_faults.moc"
