// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <limits>

using namespace lolcats;

// The real program, with an engine that is not there: what must work without it does.
class TestCli : public QObject {
    Q_OBJECT

private:
    struct Answer {
        int exit = -1;
        QByteArray output;
        QByteArray errors;
    };

    static Answer run(const QStringList& words) {
        QProcess program;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("LOLCATS_ENGINE"), QStringLiteral("/nonexistent/engine.so"));
        program.setProcessEnvironment(environment);
        program.start(QStringLiteral(LOLCATS_BINARY_DIR "/bin/lolcats"), words);
        if (!program.waitForFinished(60000))
            return {};
        return {program.exitStatus() == QProcess::NormalExit ? program.exitCode() : -2, program.readAllStandardOutput(),
                program.readAllStandardError()};
    }

    static QString code(const QStringList& words) {
        const Answer answer = run(words + QStringList{QStringLiteral("--json")});
        const auto error = QJsonDocument::fromJson(answer.output).object()[QStringLiteral("error")].toObject();
        if (error[QStringLiteral("summary")].toString().isEmpty() || error[QStringLiteral("remedy")].toString().isEmpty())
            return QStringLiteral("no error, exit %1").arg(answer.exit);
        return QStringLiteral("%1 %2").arg(error[QStringLiteral("code")].toString()).arg(answer.exit);
    }

    QTemporaryDir m_folder;
    QString path(const char* name) { return m_folder.filePath(QString::fromLatin1(name)); }
    QString madeUpRun(const char* name) {
        const QString file = path(name);
        auto writer = RunWriter::create(file.toStdString(), "{\"lolcats_plan\":1,\"seed\":7}",
                                        {"lolcats 0.1.0", "/m.gguf", "ab12", "here", "none", 2, 1});
        writer->add(StageStarted{Stage::Transfer, 2});
        writer->add(Metric{Stage::Transfer, "transfer.loss", 1, -1, 0.5});
        writer->add(Metric{Stage::Transfer, "transfer.loss", 2, -1, std::numeric_limits<double>::quiet_NaN()});
        writer->add(Metric{Stage::Transfer, "transfer.mse", 2, 3, 0.25});
        writer->add(StageFinished{Stage::Transfer, 1});
        EvaluationTable table{"final", "held-out rows", 100, 10, Stage::Measure, 2, {}, "The student is worse."};
        table.rows.push_back({"teacher", 1, 2.5, 0, std::numeric_limits<double>::quiet_NaN(), 1, 1024});
        table.rows.push_back({"student", 2, 3.5, 0.25, std::numeric_limits<double>::quiet_NaN(), 0.5, 512});
        writer->add(table);
        writer->setState(RunState::Completed, "");
        return file;
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }
    void helpOfEveryVerbNeedsNoEngine();
    void theEngineThatIsNotThereIsNamed();
    void wordsThatDoNotFitEndWithTwo();
    void filesThatCannotBeReadEndWithSeven();
    void aRunInUseEndsWithThree();
    void aRunThatExistsIsNotWrittenOver();
    void anErrorIsTwoLines();
    void showTellsWhatTheRunHolds();
    void showAsJsonHasTheTable();
    void metricsAsCsvAndLines();
};

void TestCli::helpOfEveryVerbNeedsNoEngine() {
    const Answer help = run({QStringLiteral("--help")});
    QCOMPARE(help.exit, 0);
    for (const char* verb : {"inspect", "tokenize", "logits", "plan", "convert", "resume", "show", "metrics", "maps", "verify",
                             "evaluate", "generate", "export", "import", "bench", "list"}) {
        QVERIFY2(help.output.contains(verb), verb);
        const Answer own = run({QString::fromLatin1(verb), QStringLiteral("--help")});
        QCOMPARE(own.exit, 0);
        QVERIFY2(own.output.contains("--json"), verb);
    }
    QVERIFY(run({QStringLiteral("convert"), QStringLiteral("--help")}).output.contains("--transfer-steps"));
}

void TestCli::theEngineThatIsNotThereIsNamed() {
    QCOMPARE(code({QStringLiteral("list"), QStringLiteral("presets")}), QStringLiteral("INT-ENGINE 1"));
    QVERIFY(run({QStringLiteral("list"), QStringLiteral("presets")}).errors.contains("/nonexistent/engine.so"));
}

void TestCli::wordsThatDoNotFitEndWithTwo() {
    QCOMPARE(code({QStringLiteral("frobnicate")}), QStringLiteral("ARG-VERB 2"));
    QCOMPARE(code({}), QStringLiteral("ARG-VERB 2"));
    QCOMPARE(code({QStringLiteral("show")}), QStringLiteral("ARG-WORDS 2"));
    QCOMPARE(code({QStringLiteral("show"), QStringLiteral("a"), QStringLiteral("--frob")}), QStringLiteral("ARG-WORDS 2"));
    QCOMPARE(code({QStringLiteral("list"), QStringLiteral("dogs")}), QStringLiteral("ARG-WORDS 2"));
    QCOMPARE(code({QStringLiteral("convert"), QStringLiteral("m.gguf")}), QStringLiteral("ARG-WORDS 2"));
    QCOMPARE(code({QStringLiteral("import"), QStringLiteral("x.pt")}), QStringLiteral("ARG-WORDS 2"));
}

void TestCli::filesThatCannotBeReadEndWithSeven() {
    const QString empty = path("empty.lolcats");
    QFile file(empty);
    QVERIFY(file.open(QFile::WriteOnly));
    file.close();
    const QString foreign = path("foreign.lolcats");
    QFile other(foreign);
    QVERIFY(other.open(QFile::WriteOnly));
    other.write(QByteArray(5000, 'x'));
    other.close();
    for (const char* verb : {"show", "metrics", "resume"}) {
        QCOMPARE(code({QString::fromLatin1(verb), path("missing.lolcats")}), QStringLiteral("FILE-MISSING 7"));
        QCOMPARE(code({QString::fromLatin1(verb), empty}), QStringLiteral("RUN-EMPTY 7"));
        QCOMPARE(code({QString::fromLatin1(verb), foreign}), QStringLiteral("RUN-FOREIGN 7"));
    }
}

void TestCli::aRunInUseEndsWithThree() {
    const QString file = path("held.lolcats");
    const auto writer = RunWriter::create(file.toStdString(), "{}", {});
    QCOMPARE(code({QStringLiteral("resume"), file}), QStringLiteral("RES-IN-USE 3"));
    QVERIFY(run({QStringLiteral("show"), file}).output.contains("held: preparing"));
}

void TestCli::aRunThatExistsIsNotWrittenOver() {
    const QString file = madeUpRun("there.lolcats");
    QCOMPARE(code({QStringLiteral("convert"), QStringLiteral("m.gguf"), QStringLiteral("--run"), file}),
             QStringLiteral("ARG-RUN-EXISTS 2"));
    QCOMPARE(code({QStringLiteral("import"), QStringLiteral("x.pt"), QStringLiteral("--model"), QStringLiteral("m.gguf"),
                   QStringLiteral("-o"), file}),
             QStringLiteral("ARG-RUN-EXISTS 2"));
    QCOMPARE(code({QStringLiteral("resume"), file}), QStringLiteral("ARG-RUN-COMPLETED 2"));
    QCOMPARE(code({QStringLiteral("convert"), QStringLiteral("m.gguf"), QStringLiteral("--run"), path("no/folder.lolcats")}),
             QStringLiteral("ARG-RUN-FOLDER 2"));
}

void TestCli::anErrorIsTwoLines() {
    const Answer answer = run({QStringLiteral("show"), path("missing.lolcats")});
    QVERIFY(answer.output.isEmpty());
    QCOMPARE(answer.errors.count('\n'), 2);
    QVERIFY(answer.errors.contains("missing.lolcats"));
}

void TestCli::showTellsWhatTheRunHolds() {
    const Answer answer = run({QStringLiteral("show"), madeUpRun("shown.lolcats")});
    QCOMPARE(answer.exit, 0);
    QVERIFY(answer.errors.isEmpty());
    for (const char* word : {"shown: completed", "ab12", "transfer, step 2 of 2", "The student is worse.", "3.500"})
        QVERIFY2(answer.output.contains(word), word);
}

void TestCli::showAsJsonHasTheTable() {
    const Answer answer = run({QStringLiteral("show"), madeUpRun("json.lolcats"), QStringLiteral("--json")});
    const QJsonObject shown = QJsonDocument::fromJson(answer.output).object();
    QCOMPARE(shown[QStringLiteral("state")].toString(), QStringLiteral("completed"));
    QCOMPARE(shown[QStringLiteral("plan")][QStringLiteral("seed")].toInt(), 7);
    const QJsonObject table = shown[QStringLiteral("evaluation")].toObject();
    QCOMPARE(table[QStringLiteral("tokens")].toInt(), 100);
    const QJsonObject student = table[QStringLiteral("rows")].toArray().at(1).toObject();
    QCOMPARE(student[QStringLiteral("name")].toString(), QStringLiteral("student"));
    QCOMPARE(student[QStringLiteral("perplexity")].toDouble(), 3.5);
    QCOMPARE(student[QStringLiteral("state_bytes")].toInt(), 512);
    QVERIFY(student[QStringLiteral("kl_beyond")].isNull());
    QVERIFY(student[QStringLiteral("kl_beyond_nan")].toBool());
}

void TestCli::metricsAsCsvAndLines() {
    const QString file = madeUpRun("curves.lolcats");
    const QByteArray csv = run({QStringLiteral("metrics"), file}).output;
    QCOMPARE(csv, QByteArray("stage,name,step,layer,value\ntransfer,transfer.loss,1,-1,0.5\ntransfer,transfer.loss,2,-1,nan\n"
                             "transfer,transfer.mse,2,3,0.25\n"));
    const QByteArray lines =
        run({QStringLiteral("metrics"), file, QStringLiteral("--format"), QStringLiteral("jsonl"), QStringLiteral("--name"),
             QStringLiteral("transfer.loss"), QStringLiteral("--layer"), QStringLiteral("-1")})
            .output;
    QCOMPARE(lines, QByteArray("{\"stage\":\"transfer\",\"name\":\"transfer.loss\",\"step\":1,\"layer\":-1,\"value\":0.5}\n"
                               "{\"stage\":\"transfer\",\"name\":\"transfer.loss\",\"step\":2,\"layer\":-1,\"value\":null,"
                               "\"value_nan\":true}\n"));
}

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
