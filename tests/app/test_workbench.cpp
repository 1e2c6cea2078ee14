// SPDX-License-Identifier: GPL-3.0-or-later
// The real window with the real engine, run files and trainer thread: the buttons that a person presses, from a model dropped
// on the window to its export.
#include "app/workbench.h"
#include "core/records/plan_json.h"
#include "core/runs/run_store.h"
#include "tests/support/sentences.h"
#include "tests/support/tiny_conversion.h"
#include "ui/pages/attention_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/import_window.h"

#include <QAbstractButton>
#include <QAction>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

using namespace lolcats;

namespace {

constexpr int kEngineOpens = 120000; // milliseconds, at most
constexpr int kRunEnds = 250000;
constexpr std::int64_t kTransferSteps = 150;
constexpr std::int64_t kFinetuneSteps = 12;

// The build's own, or the one that LOLCATS_ENGINE names.
QString engineLibrary() {
    const QString named = qEnvironmentVariable("LOLCATS_ENGINE");
    return named.isEmpty() ? QStringLiteral(LOLCATS_BINARY_DIR "/lib/lolcats/liblolcats_engine.so") : named;
}

QAbstractButton* button(QWidget& page, const char* name) {
    return page.findChild<QAbstractButton*>(QLatin1String(name));
}

} // namespace

class TestWorkbench : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<Theme> m_theme;
    std::unique_ptr<Workbench> m_bench;
    QString m_run;

    MainWindow& window() { return m_bench->window(); }
    QString rows() const { return m_folder.filePath(QStringLiteral("rows.safetensors")); }
    RunRecord stored() const { return RunReader(m_run.toStdString()).record(); }

    void start() {
        m_theme = std::make_unique<Theme>();
        m_theme->applyTo(*qApp);
        m_bench = std::make_unique<Workbench>(*m_theme);
        m_bench->show(QSize(1440, 900));
        QVERIFY(QTest::qWaitForWindowExposed(&window()));
    }

    void press(QWidget& page, const char* name) {
        QAbstractButton* found = button(page, name);
        QVERIFY2(found != nullptr, name);
        QVERIFY2(found->isEnabled(), name);
        QTest::mouseClick(found, Qt::LeftButton);
    }

    // Many small steps, so that there is something to pause.
    void giveLongPlan() {
        ConversionPlan plan = lolcats::testing::tinyPlan(rows().toStdString(), m_bench->room().engine().catalogue());
        plan.transferSteps = kTransferSteps;
        plan.finetuneSteps = kFinetuneSteps;
        plan.checkpointEvery = 25;
        plan.evaluateEvery = 50;
        const QString file = m_folder.filePath(QStringLiteral("plan.json"));
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(QByteArray::fromStdString(planToJson(plan, m_bench->room().engine().catalogue())));
        out.close();
        Q_EMIT window().fileDropped(file);
    }

    std::size_t points(Stage stage, const std::string& name, int layer) {
        return window().trainPage().curves().points(stage, name, layer).size();
    }

private Q_SLOTS:
    void initTestCase() {
        if (!QFileInfo::exists(engineLibrary()))
            QSKIP("THE ENGINE IS NOT BUILT: liblolcats_engine.so is missing, so the window was not tested with it.");
        if (!QFileInfo::exists(QString::fromStdString(lolcats::testing::tinyModel()) + "/config.json"))
            QSKIP("The tiny Llama of the oracles is not there.");
        QVERIFY(m_folder.isValid());
        qputenv("LOLCATS_ENGINE", engineLibrary().toUtf8());
        qputenv("XDG_DATA_HOME", m_folder.filePath("data").toUtf8());
        qputenv("XDG_CONFIG_HOME", m_folder.filePath("config").toUtf8());
        qunsetenv("LOLCATS_SAMPLE");
        lolcats::testing::writeTinyRows(rows().toStdString(), 64);
        start();
    }
    void init() { lolcats::testing::failOnAnyWarning(); }
    void cleanupTestCase() {
        m_bench.reset();
        m_theme.reset();
    }

    void theWindowIsThereBeforeTheEngineAndStartIsGrey() {
        QVERIFY(window().isVisible());
        QVERIFY(!button(window().planPage(), "startButton")->isEnabled());
        QVERIFY(!button(window().homePage(), "sampleButton")->isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(m_bench->room().isOpen(), kEngineOpens);
        QVERIFY(!button(window().planPage(), "startButton")->isEnabled());
    }

    void aFileThatIsNoModelIsRefusedOnThePlanPage() {
        const QString file = m_folder.filePath(QStringLiteral("broken.gguf"));
        QFile out(file);
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write("GGUF");
        out.close();
        Q_EMIT window().fileDropped(file);
        QCOMPARE(window().page(), QStringLiteral("plan"));
        const auto isSaid = [this] {
            for (const QLabel* label : window().planPage().findChildren<QLabel*>())
                if (label->isVisible() && label->text().contains(QStringLiteral("broken.gguf")))
                    return true;
            return false;
        };
        QTRY_VERIFY(isSaid());
        QVERIFY(!button(window().planPage(), "startButton")->isEnabled());
    }

    void aDroppedModelAndDroppedRowsMakeAPlanThatCanStart() {
        Q_EMIT window().fileDropped(QString::fromStdString(lolcats::testing::tinyModel()));
        Q_EMIT window().fileDropped(rows());
        LOLCATS_COMPARE_TEXT(window().planPage().plan().model, lolcats::testing::tinyModel());
        LOLCATS_COMPARE_TEXT(window().planPage().plan().dataset, "rows");
        giveLongPlan();
        QCOMPARE(window().planPage().plan().transferSteps, kTransferSteps);
        QTRY_VERIFY_WITH_TIMEOUT(window().planPage().mayStart(), kEngineOpens);
    }

    void startMakesARunWhoseCurvesGrow() {
        press(window().planPage(), "startButton");
        QCOMPARE(window().page(), QStringLiteral("train"));
        QTRY_VERIFY_WITH_TIMEOUT(points(Stage::Transfer, "transfer.relative", 0) >= 2, kRunEnds);
        const std::size_t before = points(Stage::Transfer, "transfer.relative", 3);
        QTRY_VERIFY_WITH_TIMEOUT(points(Stage::Transfer, "transfer.relative", 3) > before, kRunEnds);
        const auto files = QDir(m_folder.filePath("data/lolcats/runs")).entryList({"*.lolcats"}, QDir::Files);
        QCOMPARE(files, QStringList{"tiny-llama.lolcats"});
        m_run = m_folder.filePath("data/lolcats/runs/tiny-llama.lolcats");
        QVERIFY(!button(window().planPage(), "startButton")->isEnabled());
    }

    void pauseHoldsTheCurveAndResumeLetsItGrow() {
        press(window().trainPage(), "pauseButton");
        QTRY_VERIFY(m_bench->jobs().phase() == JobThread::Phase::Paused);
        QTRY_VERIFY(button(window().trainPage(), "resumeButton")->isVisible());
        QVERIFY(stored().state == RunState::Paused);
        const std::size_t held = points(Stage::Transfer, "transfer.loss", -1);
        QTest::qWait(300);
        QCOMPARE(points(Stage::Transfer, "transfer.loss", -1), held);
        press(window().trainPage(), "resumeButton");
        QTRY_VERIFY_WITH_TIMEOUT(points(Stage::Transfer, "transfer.loss", -1) > held, kRunEnds);
        QTRY_VERIFY(stored().state == RunState::Running);
    }

    void aCheckpointIsTakenWhenAsked() {
        press(window().trainPage(), "checkpointButton");
        const auto isAsked = [this] {
            for (const CheckpointRecord& checkpoint : stored().checkpoints)
                if (checkpoint.reason == "asked")
                    return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isAsked(), kRunEnds);
    }

    void stopEndsTheRunWithACheckpoint() {
        press(window().trainPage(), "stopButton");
        QTRY_VERIFY_WITH_TIMEOUT(!m_bench->jobs().isBusy(), kRunEnds);
        QTRY_VERIFY(stored().state == RunState::Stopped);
        QVERIFY(!stored().checkpoints.empty());
        QTRY_VERIFY(button(window().trainPage(), "resumeButton")->isVisible());
    }

    void aNewWindowResumesTheRunFromItsPlace() {
        QVERIFY(window().close()); // nothing works, so nothing is asked
        m_bench.reset();
        start();
        QTRY_VERIFY_WITH_TIMEOUT(m_bench->room().isOpen(), kEngineOpens);
        m_bench->open(m_run);
        QCOMPARE(window().page(), QStringLiteral("train"));
        const std::size_t before = points(Stage::Transfer, "transfer.loss", -1);
        QVERIFY(before > 0);
        press(window().trainPage(), "resumeButton");
        QTRY_VERIFY_WITH_TIMEOUT(points(Stage::Transfer, "transfer.loss", -1) > before, kRunEnds);
    }

    void closingWhileARunWorksAsksOnceAndKeepsItWhenToldTo() {
        QVERIFY(!window().close());
        auto* question = window().findChild<QMessageBox*>(QStringLiteral("closeQuestion"));
        QVERIFY(question != nullptr);
        QVERIFY(!window().close()); // a second press asks no second time
        QCOMPARE(window().findChildren<QMessageBox*>(QStringLiteral("closeQuestion")).size(), 1);
        question->reject();
        QVERIFY(window().isVisible());
        QVERIFY(m_bench->jobs().isBusy());
    }

    void theRunReachesItsEndAndShowsItsResult() {
        QTRY_VERIFY_WITH_TIMEOUT(!m_bench->jobs().isBusy(), kRunEnds);
        QTRY_VERIFY(stored().state == RunState::Completed);
        QCOMPARE(points(Stage::Transfer, "transfer.loss", -1), static_cast<std::size_t>(kTransferSteps));
        QCOMPARE(points(Stage::Finetune, "finetune.loss", -1), static_cast<std::size_t>(kFinetuneSteps));
        QTRY_VERIFY(button(window().trainPage(), "toExportButton")->isVisible());
        auto* log = window().findChild<QPlainTextEdit*>(QStringLiteral("logText"));
        QVERIFY(log != nullptr);
        QTRY_VERIFY(log->toPlainText().contains(QStringLiteral("Event loop while the run worked")));
    }

    void theAttentionPageHasTheRunsSnapshots() {
        window().showPage(QStringLiteral("attention"));
        QVERIFY(RunReader(m_run.toStdString()).mapKeys().size() >= 4);
        QTRY_VERIFY(window().attentionPage().head() >= 0);
        const int head = window().attentionPage().head();
        QTest::keyClick(&window().attentionPage(), Qt::Key_Right);
        if (window().attentionPage().head() == head) // it was the last one
            QTest::keyClick(&window().attentionPage(), Qt::Key_Left);
        QVERIFY(window().attentionPage().head() != head);
        QTest::qWait(200); // its maps are drawn without a warning
    }

    void theRunsPageListsTheRun() {
        window().showPage(QStringLiteral("runs"));
        window().showPage(QStringLiteral("home"));
        QVERIFY(window().homePage().findChild<QWidget*>(QStringLiteral("recentRun0")) != nullptr);
    }

    void exportWritesTheStudentAndSaysThatItsChecksPassed() {
        window().showPage(QStringLiteral("export"));
        auto* folder = window().exportPage().findChild<QLineEdit*>(QStringLiteral("exportFolder"));
        QVERIFY(folder != nullptr);
        folder->setText(m_folder.filePath(QStringLiteral("student")));
        press(window().exportPage(), "exportButton");
        QTRY_VERIFY_WITH_TIMEOUT(QFileInfo::exists(m_folder.filePath("student/model.safetensors")), kRunEnds);
        QTRY_VERIFY(!m_bench->jobs().isBusy());
        QTRY_VERIFY(button(window().exportPage(), "openFolderButton")->isVisible());
        QVERIFY(QFileInfo::exists(m_folder.filePath("student/config.json")));
        QVERIFY(!QFileInfo::exists(m_folder.filePath("student.partial")));
    }

    void aSecondExportToTheSameFolderIsRefusedOnThePage() {
        press(window().exportPage(), "exportButton");
        QTRY_VERIFY(!m_bench->jobs().isBusy());
        auto* banner = window().exportPage().findChild<FailureBanner*>();
        QVERIFY(banner != nullptr);
        QTRY_VERIFY(banner->isShown());
        QVERIFY(button(window().exportPage(), "exportButton")->isEnabled());
    }

    void theExportIsImportedFromTheMenuAndShown() {
        window().action(QStringLiteral("import"))->trigger();
        auto* dialog = window().findChild<ImportWindow*>(QStringLiteral("importWindow"));
        QVERIFY(dialog != nullptr);
        QVERIFY(!button(*dialog, "importButton")->isEnabled());
        dialog->addPath(m_folder.filePath(QStringLiteral("nothing.pt")));
        dialog->setModel(QString::fromStdString(lolcats::testing::tinyModel()));
        press(*dialog, "importButton");
        auto* banner = dialog->findChild<FailureBanner*>();
        QTRY_VERIFY_WITH_TIMEOUT(banner->isShown(), kRunEnds);
        press(*dialog, "removeStudentButton");
        dialog->addPath(m_folder.filePath(QStringLiteral("student")));
        press(*dialog, "importButton");
        const QString file = m_folder.filePath("data/lolcats/runs/tiny-llama-2.lolcats");
        QTRY_VERIFY_WITH_TIMEOUT(window().page() == QLatin1String("attention"), kRunEnds);
        const RunRecord run = RunReader(file.toStdString()).record();
        QVERIFY(run.state == RunState::Completed);
        LOLCATS_COMPARE_TEXT(run.checkpoints.back().reason, "imported");
        QTRY_VERIFY(window().findChild<ImportWindow*>(QStringLiteral("importWindow")) == nullptr);
        QTest::qWait(200); // the page of a run without maps is drawn without a warning
    }

    void aSecondRunOfTheSameModelHasItsOwnFileAndClosingStopsItWithACheckpoint() {
        giveLongPlan();
        QCOMPARE(window().page(), QStringLiteral("plan"));
        QTRY_VERIFY(window().planPage().mayStart());
        press(window().planPage(), "startButton");
        QTRY_VERIFY_WITH_TIMEOUT(points(Stage::Transfer, "transfer.relative", 0) >= 2, kRunEnds);
        m_run = m_folder.filePath("data/lolcats/runs/tiny-llama-3.lolcats");
        QVERIFY(stored().state == RunState::Running);
        QVERIFY(!window().close());
        auto* question = window().findChild<QMessageBox*>(QStringLiteral("closeQuestion"));
        QVERIFY(question != nullptr);
        press(*question, "stopAndCloseButton");
        QTRY_VERIFY_WITH_TIMEOUT(!window().isVisible(), kRunEnds);
        QVERIFY(stored().state == RunState::Stopped);
        QVERIFY(!stored().checkpoints.empty());
    }
};

QTEST_MAIN(TestWorkbench)
#include "test_workbench.moc"
