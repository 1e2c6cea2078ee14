// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"

#include <sqlite3.h>

#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

class TestRunCrash : public QObject {
    Q_OBJECT

private:
    static std::string integrity(const std::string& path) {
        sqlite3* database = nullptr;
        sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
        sqlite3_stmt* statement = nullptr;
        sqlite3_prepare_v2(database, "PRAGMA integrity_check", -1, &statement, nullptr);
        std::string answer = "no answer";
        if (sqlite3_step(statement) == SQLITE_ROW)
            answer = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
        sqlite3_finalize(statement);
        sqlite3_close(database);
        return answer;
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void whatWasAcknowledgedSurvivesEveryKill();
};

void TestRunCrash::whatWasAcknowledgedSurvivesEveryKill() {
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("a.lolcats")).toStdString();
    RunWriter::create(path, "{}", {});
    QRandomGenerator random(20240607);
    std::int64_t begin = 1;
    for (int kill = 0; kill < 20; ++kill) {
        QProcess process;
        process.start(QStringLiteral(LOLCATS_BINARY_DIR "/tests/run_crash_writer"),
                      {QString::fromStdString(path), QString::number(begin)});
        QVERIFY(process.waitForStarted());
        QVERIFY2(process.waitForReadyRead(20000), process.readAllStandardError().constData());
        QTest::qSleep(random.bounded(60));
        process.kill();
        QVERIFY(process.waitForFinished());
        // A line that was cut is no acknowledgement.
        const QByteArray said = process.readAllStandardOutput();
        const QList<QByteArray> lines = said.left(said.lastIndexOf('\n')).split('\n');
        const std::int64_t acknowledged = lines.last().toLongLong();
        QVERIFY(acknowledged >= begin);

        const RunReader reader(path);
        const RunRecord record = reader.record();
        QVERIFY(record.state == RunState::Interrupted);
        for (const int layer : {0, 19}) {
            const auto curve = reader.curve("transfer.mse", layer);
            QVERIFY(curve.size() >= static_cast<std::size_t>(acknowledged));
            for (std::size_t i = 0; i < curve.size(); ++i) {
                QCOMPARE(curve[i].step, static_cast<std::int64_t>(i + 1));
                QCOMPARE(curve[i].value, static_cast<double>(i + 1));
            }
        }
        const auto newest = reader.newestCheckpoint(); // checks the hashes
        const std::int64_t step = newest == nullptr ? 0 : newest->step;
        QVERIFY(step >= acknowledged / 5 * 5);
        LOLCATS_COMPARE_TEXT(integrity(path), "ok");
        begin = step + 1;
    }
    QVERIFY(begin > 20);
}

QTEST_GUILESS_MAIN(TestRunCrash)
#include "test_run_crash.moc"
