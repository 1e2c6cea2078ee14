// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/run_library.h"
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;

class TestRunLibrary : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString pathOf(const QString& name) const { return m_folder.filePath(name + ".lolcats"); }

    static std::unique_ptr<RunWriter> begin(const QString& path) {
        return RunWriter::create(path.toStdString(), R"({"lolcats_plan": 1})", {});
    }

    static QStringList names(const RunLibrary& library) {
        QStringList names;
        for (const RunRecord& run : library.runs())
            names << QString::fromStdString(run.name);
        return names;
    }

    static RunState stateOf(const RunLibrary& library, const std::string& name) {
        for (const RunRecord& run : library.runs())
            if (run.name == name)
                return run.state;
        return RunState::Draft;
    }

private Q_SLOTS:
    void init() {
        lolcats::testing::failOnAnyWarning();
        m_folder = QTemporaryDir();
    }

    void anEmptyFolderHasNoRuns() {
        RunLibrary library(m_folder.path());
        library.refresh();
        QVERIFY(library.runs().empty());
        QVERIFY(library.failures().empty());
    }

    void theNewestRunComesFirstAndOneThatNobodyHoldsIsInterrupted() {
        for (const char* name : {"older", "newer"})
            begin(pathOf(name))->setState(RunState::Completed, "");
        begin(pathOf("interrupted")); // never ended
        RunLibrary library(m_folder.path());
        library.refresh();
        QCOMPARE(names(library), (QStringList{"interrupted", "newer", "older"}));
        QVERIFY(stateOf(library, "interrupted") == RunState::Interrupted);
    }

    void aRunThatEndsIsReadAgain() {
        RunLibrary library(m_folder.path());
        auto writer = begin(pathOf("run"));
        writer->setState(RunState::Running, "");
        library.refresh();
        QVERIFY(stateOf(library, "run") == RunState::Running);
        writer->setState(RunState::Stopped, "");
        writer.reset();
        library.refresh();
        QVERIFY(stateOf(library, "run") == RunState::Stopped);
    }

    void aRunWhoseWriterIsGoneBecomesInterruptedWithoutAnyWrite() {
        RunLibrary library(m_folder.path());
        auto writer = begin(pathOf("run"));
        writer->setState(RunState::Running, "");
        library.refresh();
        QVERIFY(stateOf(library, "run") == RunState::Running);
        writer.reset();
        library.refresh();
        QVERIFY(stateOf(library, "run") == RunState::Interrupted);
    }

    void aFileThatIsNoRunIsAFailureAndTheOthersAreStillListed() {
        QFile file(pathOf("not-a-run"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("these are not the bytes of a run file");
        file.close();
        begin(pathOf("run"))->setState(RunState::Completed, "");
        RunLibrary library(m_folder.path());
        library.refresh();
        QCOMPARE(names(library), QStringList{"run"});
        QCOMPARE(library.failures().size(), std::size_t{1});
        QVERIFY(library.failures()[0].code.starts_with("RUN-"));
        QVERIFY(library.failures()[0].summary.find("not-a-run") != std::string::npos);
    }

    void knownRunsFromElsewhereAreListedOnceAndMissingOnesLeftOut() {
        const QTemporaryDir elsewhere;
        const QString far = elsewhere.filePath("far.lolcats");
        begin(far)->setState(RunState::Completed, "");
        begin(pathOf("near"))->setState(RunState::Completed, "");
        RunLibrary library(m_folder.path());
        library.setKnownRuns({far, pathOf("near"), elsewhere.filePath("gone.lolcats")});
        library.refresh();
        QStringList found = names(library);
        found.sort();
        QCOMPARE(found, (QStringList{"far", "near"}));
    }

    void aCurveThatOnlyLayersHaveIsTheirMean() {
        auto writer = begin(pathOf("run"));
        for (int layer = 0; layer < 2; ++layer)
            for (int step = 1; step <= 2; ++step)
                writer->add(Metric{Stage::Transfer, "transfer.relative", step, layer, 10.0 * step + 2 * layer});
        writer->add(Metric{Stage::Finetune, "finetune.loss", 1, -1, 3.5});
        writer->commit();
        const auto mean = RunLibrary::curve(pathOf("run"), "transfer.relative");
        QVERIFY(!mean.failure);
        QCOMPARE(mean.points.size(), std::size_t{2});
        QCOMPARE(mean.points[0].value, 11.0);
        QCOMPARE(mean.points[1].value, 21.0);
        const auto whole = RunLibrary::curve(pathOf("run"), "finetune.loss");
        QCOMPARE(whole.points.size(), std::size_t{1});
        QCOMPARE(whole.points[0].value, 3.5);
        QVERIFY(RunLibrary::curve(pathOf("missing"), "finetune.loss").failure.has_value());
    }
};

QTEST_GUILESS_MAIN(TestRunLibrary)
#include "test_run_library.moc"
