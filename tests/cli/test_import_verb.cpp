// SPDX-License-Identifier: GPL-3.0-or-later
// The real program: a student is exported, imported, shown, verified and gone on with.
#include "core/files/torch_checkpoint.h"
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"
#include "tests/support/tiny_conversion.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

struct Answer {
    int exit = -1;
    QByteArray output;
    QByteArray errors;
};

Answer run(const QStringList& words) {
    QProcess program;
    program.start(QStringLiteral(LOLCATS_BINARY_DIR "/bin/lolcats"), words);
    Answer answer;
    if (program.waitForFinished(120000) && program.exitStatus() == QProcess::NormalExit)
        answer = {program.exitCode(), program.readAllStandardOutput(), program.readAllStandardError()};
    return answer;
}

} // namespace

class TestImportVerb : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString path(const char* name) const { return m_folder.filePath(QLatin1String(name)); }
    static QString model() { return QString::fromStdString(tinyModel()); }
    QStringList files(const char* ending) const {
        QStringList found;
        for (const auto& entry : std::filesystem::directory_iterator(path("reference").toStdString()))
            if (entry.path().string().ends_with(ending))
                found << QString::fromStdString(entry.path().string());
        found.sort();
        return found;
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void initTestCase() {
        writeTinyRows(path("rows.safetensors").toStdString(), 64);
        const Answer made = run({"convert",
                                 model(),
                                 "--preset",
                                 "paper",
                                 "--window-shape",
                                 "terraced-end",
                                 "--dataset",
                                 "rows",
                                 "--data",
                                 path("rows.safetensors"),
                                 "--length",
                                 "64",
                                 "--accumulation",
                                 "1",
                                 "--window",
                                 "8",
                                 "--feature-dim",
                                 "16",
                                 "--transfer-steps",
                                 "4",
                                 "--finetune-steps",
                                 "3",
                                 "--heldout-rows",
                                 "2",
                                 "--run",
                                 path("made.lolcats")});
        QVERIFY2(made.exit == 0, made.errors);
        const Answer exported =
            run({"export", path("made.lolcats"), "--format", "reference", "--pt", "--to", path("reference")});
        QVERIFY2(exported.exit == 0, exported.errors);
        QCOMPARE(files(".pt").size(), 2);
        QCOMPARE(files(".safetensors").size(), 2);
    }

    void theExportedCheckpointsBecomeARunThatIsVerified() {
        const Answer made =
            run(QStringList{"import"} + files(".pt") + QStringList{"--model", model(), "-o", path("back.lolcats"), "--json"});
        QVERIFY2(made.exit == 0, made.errors);
        const QJsonObject result = QJsonDocument::fromJson(made.output).object();
        QCOMPARE(result[QStringLiteral("stage")].toString(), QStringLiteral("finetune"));
        QCOMPARE(result[QStringLiteral("plan")][QStringLiteral("window")].toInt(), 8);
        QVERIFY(result[QStringLiteral("notices")].toArray().size() >= 2);
        const RunRecord record = RunReader(path("back.lolcats").toStdString()).record();
        QCOMPARE(record.state, RunState::Completed);
        QVERIFY(!record.provenance.modelSha256.empty());
        QVERIFY(run({"show", path("back.lolcats")}).output.contains("imported"));
        QCOMPARE(run({"verify", path("back.lolcats")}).exit, 0);
        const Answer measured = run({"evaluate", path("back.lolcats"), "--quiet"});
        QCOMPARE(measured.exit, 2);
        QVERIFY2(measured.errors.contains("--text"), measured.errors); // it has no text of its own
    }

    void dataGivenAtTheImportIsMeasuredOn() {
        const Answer made = run(QStringList{"import"} + files(".safetensors") +
                                QStringList{"--model", model(), "-o", path("measured.lolcats"), "--dataset", "rows", "--data",
                                            path("rows.safetensors"), "--length", "64", "--heldout-rows", "2"});
        QVERIFY2(made.exit == 0, made.errors);
        QCOMPARE(RunReader(path("measured.lolcats").toStdString()).record().state, RunState::Completed);
        const Answer measured = run({"evaluate", path("measured.lolcats"), "--json"});
        QVERIFY2(measured.exit == 0, measured.errors);
        QCOMPARE(QJsonDocument::fromJson(measured.output).object()[QStringLiteral("rows")].toArray().size(), 4);
    }

    void stepsThatAreAskedForAreTakenByResume() {
        const QStringList words = QStringList{"import"} + files("_distill.safetensors") +
                                  QStringList{"--model",          model(), "--run",          path("further.lolcats"),
                                              "--dataset",        "rows",  "--data",         path("rows.safetensors"),
                                              "--length",         "64",    "--heldout-rows", "2",
                                              "--finetune-steps", "2",     "--accumulation", "1"};
        const Answer made = run(words);
        QVERIFY2(made.exit == 0, made.errors);
        QCOMPARE(RunReader(path("further.lolcats").toStdString()).record().state, RunState::Stopped);
        const Answer resumed = run({"resume", path("further.lolcats")});
        QVERIFY2(resumed.exit == 0, resumed.errors);
        const RunReader reader(path("further.lolcats").toStdString());
        QCOMPARE(reader.record().state, RunState::Completed);
        QCOMPARE(reader.curve("finetune.loss", -1).size(), std::size_t{2});
        QVERIFY(reader.record().evaluation.has_value());
    }

    void whatIsRefusedLeavesNoRun() {
        QFile pickle(path("evil.pt"));
        QVERIFY(pickle.open(QFile::WriteOnly));
        pickle.write("PK\x03\x04 but no archive");
        pickle.close();
        const Answer evil = run({"import", path("evil.pt"), "--model", model(), "-o", path("no.lolcats"), "--quiet"});
        QCOMPARE(evil.exit, 7);
        QCOMPARE(evil.errors.count('\n'), 2);
        QCOMPARE(run(QStringList{"import"} + files("_ft.pt") + QStringList{"--model", model(), "-o", path("no.lolcats")}).exit,
                 7);
        QCOMPARE(run(QStringList{"import"} + files(".pt") +
                     QStringList{"--model", model(), "-o", path("no.lolcats"), "--no-such-option", "1"})
                     .exit,
                 2);
        QCOMPARE(run(QStringList{"import"} + files(".pt") +
                     QStringList{"--model", model(), "-o", path("no.lolcats"), "--finetune-steps", "1", "--data",
                                 path("nothing.txt")})
                     .exit,
                 7);
        QVERIFY(!QFile::exists(path("no.lolcats")));
        const Answer unknown = run({"export", path("made.lolcats"), "--format", "adapters", "--pt", "--to", path("no")});
        QCOMPARE(unknown.exit, 2);
        QVERIFY(unknown.errors.contains("--pt"));
    }
};

QTEST_GUILESS_MAIN(TestImportVerb)
#include "test_import_verb.moc"
