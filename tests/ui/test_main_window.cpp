// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "tests/ui/made_up_plan.h"
#include "ui/main_window.h"
#include "ui/pages/export_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/log_drawer.h"
#include "ui/widgets/rail.h"
#include "ui/widgets/run_strip.h"

#include <QAction>
#include <QDropEvent>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSet>
#include <QToolButton>

namespace lolcats {

namespace {

const char* const kPages[] = {"home", "plan", "train", "attention", "runs", "export"};

} // namespace

class TestMainWindow : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;
    MainWindow* m_window = nullptr;

    template <typename T> T* part(const char* name) { return m_window->findChild<T*>(QLatin1String(name)); }
    void makeReady() {
        PlanPage& plan = m_window->planPage();
        plan.setCatalogue(testing::madeUpCatalogue());
        plan.setEngineState(QStringLiteral("libtorch"), true);
        plan.setPlan(testing::madeUpReadyPlan());
        plan.setModel(testing::madeUpModel());
        plan.setPreview(testing::madeUpPreview());
        plan.setForecast(testing::madeUpForecast());
    }
    void run(RunState state) {
        StageProgress progress;
        progress.stage = Stage::Transfer;
        progress.step = 412;
        progress.steps = 1503;
        progress.secondsLeft = 640;
        progress.tokensPerSecond = 2310;
        m_window->strip().showRun(QStringLiteral("smollm2-135m-w64"), state, progress);
        m_window->strip().setError(0.612, true);
    }

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() {
        testing::failOnAnyWarning();
        m_window = new MainWindow(*m_theme);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowActive(m_window));
    }
    void cleanup() { delete m_window; }

    void theRailAndTheKeysShowThePages() {
        QSignalSpy changed(m_window, &MainWindow::pageChanged);
        for (const char* id : kPages) {
            QTest::mouseClick(part<RailButton>(qPrintable(QStringLiteral("rail-") + QLatin1String(id))), Qt::LeftButton);
            QCOMPARE(m_window->page(), QLatin1String(id));
        }
        QCOMPARE(changed.count(), 5); // home was there already
        for (int i = 0; i < 6; ++i) {
            QTest::keyClick(m_window, static_cast<Qt::Key>(Qt::Key_1 + i), Qt::ControlModifier);
            QCOMPARE(m_window->page(), QLatin1String(kPages[i]));
        }
        m_window->showPage(QStringLiteral("no such page"));
        QCOMPARE(m_window->page(), QStringLiteral("export"));
    }

    void everyActionHasItsWordsAndItsOwnKey() {
        QSet<QString> keys;
        for (const QAction* action : m_window->findChildren<QAction*>()) {
            if (action->isSeparator() || action->menu() != nullptr || action->objectName().startsWith(QLatin1String("qt_")) ||
                action->objectName().isEmpty())
                continue;
            QVERIFY2(!action->text().isEmpty() && !action->toolTip().isEmpty(), qPrintable(action->objectName()));
            const QString key = action->shortcut().toString();
            QVERIFY2(key.isEmpty() || !keys.contains(key), qPrintable(key));
            keys.insert(key);
        }
        QVERIFY(keys.size() > 15);
    }

    void startResumeAndTheRestFollowTheState() {
        QVERIFY(!m_window->action(QStringLiteral("start"))->isEnabled());
        makeReady();
        QVERIFY(!m_window->action(QStringLiteral("start"))->isEnabled()); // the plan is not shown
        m_window->showPage(QStringLiteral("plan"));
        QSignalSpy started(&m_window->planPage(), &PlanPage::startRequested);
        QTest::keyClick(m_window, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(started.count(), 1);

        m_window->showPage(QStringLiteral("train"));
        run(RunState::Running);
        QSignalSpy paused(&m_window->strip(), &RunStrip::pauseRequested);
        QSignalSpy stopped(&m_window->strip(), &RunStrip::stopRequested);
        QSignalSpy resumed(&m_window->strip(), &RunStrip::resumeRequested);
        QSignalSpy kept(&m_window->trainPage(), &TrainPage::checkpointRequested);
        QTest::keyClick(m_window, Qt::Key_Period, Qt::ControlModifier);
        QTest::keyClick(m_window, Qt::Key_S, Qt::ControlModifier);
        QTest::mouseClick(m_window->strip().findChild<QPushButton*>(QStringLiteral("stopButton")), Qt::LeftButton);
        QCOMPARE(paused.count(), 1);
        QCOMPARE(kept.count(), 1);
        QCOMPARE(stopped.count(), 1);
        run(RunState::Paused);
        QVERIFY(!m_window->action(QStringLiteral("pause"))->isEnabled());
        QTest::keyClick(m_window, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(resumed.count(), 1);
        run(RunState::Completed);
        for (const char* name : {"start", "pause", "stop", "checkpoint"})
            QVERIFY2(!m_window->action(QLatin1String(name))->isEnabled(), name);
    }

    void aDroppedFileIsSaid() {
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(QStringLiteral("/models/a.gguf")), QUrl(QStringLiteral("https://example.org/b"))});
        QSignalSpy dropped(m_window, &MainWindow::fileDropped);
        QDragEnterEvent enter(QPoint(400, 300), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(400, 300), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(m_window, &drop);
        QCOMPARE(dropped.count(), 1);
        QCOMPARE(dropped.first().first().toString(), QStringLiteral("/models/a.gguf"));
    }

    void theLogOpensFromStripMenuAndProblems() {
        auto* drawer = part<LogDrawer>("logDrawer");
        QVERIFY(!drawer->isVisible());
        QTest::mouseClick(part<QToolButton>("logButton"), Qt::LeftButton);
        QVERIFY(drawer->isVisible());
        QVERIFY(drawer->height() >= 100);
        QVERIFY(m_window->action(QStringLiteral("log"))->isChecked());
        QTest::mouseClick(part<QToolButton>("closeLog"), Qt::LeftButton);
        QVERIFY(!drawer->isVisible());
        QVERIFY(!part<QToolButton>("logButton")->isChecked());
        QTest::mouseClick(part<QToolButton>("problemsButton"), Qt::LeftButton);
        QVERIFY(drawer->isVisible());
        m_window->addLog({LogLevel::Warning, "gradient norm 318", 0});
        QVERIFY(drawer->text().contains(QStringLiteral("warning  gradient norm 318")));
    }

    void theThemeIsAskedForByTheMenu() {
        QSignalSpy asked(m_window, &MainWindow::themeRequested);
        m_window->action(QStringLiteral("themeDark"))->trigger();
        QCOMPARE(asked.first().first().value<Theme::Mode>(), Theme::Mode::Dark);
        m_window->showThemeMode(Theme::Mode::Light);
        QVERIFY(m_window->action(QStringLiteral("themeLight"))->isChecked());
        QCOMPARE(asked.count(), 1);
    }

    void thePlansEditsAreUndoneByKey() {
        makeReady();
        m_window->showPage(QStringLiteral("plan"));
        ConversionPlan plan = m_window->planPage().plan();
        plan.length = 256;
        m_window->planPage().setPlan(plan);
        m_window->action(QStringLiteral("undo"))->trigger();
        QCOMPARE(m_window->planPage().plan().length, std::int64_t{512});
        m_window->action(QStringLiteral("redo"))->trigger();
        QCOMPARE(m_window->planPage().plan().length, std::int64_t{256});
    }

    void theSmallestWindowKeepsRailPageAndStrip() {
        m_window->resize(960, 600);
        run(RunState::Running);
        for (const char* id : kPages) {
            m_window->showPage(QLatin1String(id));
            QApplication::processEvents();
            QCOMPARE(m_window->size(), QSize(960, 600));
            for (const char* name : {"pauseButton", "stopButton"}) {
                auto* button = m_window->strip().findChild<QPushButton*>(QLatin1String(name));
                QVERIFY(m_window->rect().contains(QRect(button->mapTo(m_window, QPoint()), button->size())));
            }
            QCOMPARE(m_window->strip().height(), 40);
        }
        QCOMPARE(part<QFrame>("rail")->width(), 48);
        m_window->resize(1440, 900);
        QCOMPARE(part<QFrame>("rail")->width(), 72);
    }

    void theKeysWindowListsThem() {
        QTest::keyClick(m_window, Qt::Key_F1);
        auto* keys = m_window->findChild<QWidget*>(QStringLiteral("keysWindow"));
        QVERIFY(keys != nullptr && keys->isVisible());
        keys->close();
    }

    // Not a check by itself: pictures of the frame and its pages for the eye, in both themes.
    void picturesOfTheFrame() {
        m_window->homePage().setMachine(
            QStringLiteral("CPU only: 2 cores, 15 GiB free. Fine for the sample and for models up to about 1 B."));
        m_window->homePage().setSample(
            true, QStringLiteral("SmolLM2-135M and four novels by Jane Austen. Converts in a few minutes on two cores."));
        m_window->strip().showIdle(QStringLiteral("2 cores · 15.0 GiB free · disk 64 GB free"));
        m_window->resize(1024, 700);
        testing::takePicture(*m_window, *m_theme, QStringLiteral("home-first-1024"));
        m_window->resize(1440, 900);
        m_window->showPage(QStringLiteral("plan"));
        testing::takePicture(*m_window, *m_theme, QStringLiteral("plan-loading"));
        RunRecord cut = testing::madeUpRun(RunState::Interrupted, "smollm2-135m-w64-r16");
        cut.stages = {{Stage::Transfer, 1500, 1240, 300, false}};
        cut.checkpoints = {{1, Stage::Transfer, 1200, "every", 1.7e9, 30000000}};
        RunRecord whole = testing::madeUpRun(RunState::Completed, "smollm2-135m-w128", 128);
        whole.bestRelative = 0.121;
        whole.evaluation = testing::madeUpEvaluation();
        whole.stages = {{Stage::Transfer, 100, 100, 190, true}, {Stage::Finetune, 100, 100, 420, true}};
        whole.checkpoints = {{2, Stage::Finetune, 100, "stage end", 1.7e9, 30000000}};
        whole.provenance.modelSha256 = "93efa2f097d58c2a";
        RunRecord failed = testing::madeUpRun(RunState::Failed, "llama-1b-lr1e-2");
        m_window->homePage().setRuns({cut, whole, failed, testing::madeUpRun(RunState::Stopped, "mistral-7b-first")});
        m_window->showPage(QStringLiteral("home"));
        testing::takePicture(*m_window, *m_theme, QStringLiteral("home"));
        m_window->strip().setProblems(1);
        makeReady();
        ConversionPlan plan = m_window->planPage().plan();
        plan.options["window"] = std::int64_t{128};
        plan.keepSoftmax = {0, 29};
        m_window->planPage().setPlan(plan);
        m_window->planPage().setRunPath(QStringLiteral("/root/.local/share/lolcats/runs/smollm2-135m-w128-b.lolcats"));
        m_window->showPage(QStringLiteral("plan"));
        testing::takePicture(*m_window, *m_theme, QStringLiteral("plan"));
        QTest::mouseClick(part<QAbstractButton>("section-attention"), Qt::LeftButton);
        testing::takePicture(*m_window, *m_theme, QStringLiteral("plan-attention"));
        QTest::mouseClick(part<QAbstractButton>("section-model"), Qt::LeftButton);
        m_window->planPage().setDataFailure({"DATA-FIELD", "Line 3,107 has no field output.",
                                             "It has instruction and response.", "Mend the line, or choose another text."});
        run(RunState::Running);
        m_window->resize(1024, 700);
        testing::takePicture(*m_window, *m_theme, QStringLiteral("plan-failure-1024"));
        m_window->resize(1440, 900);
        ExportPage& page = m_window->exportPage();
        m_window->showPage(QStringLiteral("export"));
        testing::takePicture(*m_window, *m_theme, QStringLiteral("export-empty"));
        page.setExporters(testing::madeUpCatalogue().exporters);
        page.showRun(whole);
        page.setForecast(testing::madeUpExport());
        testing::takePicture(*m_window, *m_theme, QStringLiteral("export-before"));
        page.setRunning(true);
        for (const auto& file : testing::madeUpExport().files)
            page.handle(FileWritten{file.name, file.bytes});
        page.handle(CheckDone{"parity", true,
                              "all forms of attention agree: largest relative difference 7.5e-07 "
                              "in layer 12 of 30, limit 1.0e-04"});
        page.handle(CheckDone{"written", true, "10 files, each synced to disk, first written as .partial"});
        page.handle(CheckDone{"read-back", true, "332 tensors read back by our own loader"});
        page.handle(CheckDone{"logits", true, "largest difference 3.1e-06 of 4,096 positions, limit 1e-04"});
        page.handle(CheckDone{"next", true, "Measure it with lm-evaluation-harness:"});
        page.handle(CheckDone{"command", true,
                              "lm_eval --model hf --model_args "
                              "pretrained=/root/models/smollm2-135m-w64,trust_remote_code=True --tasks …"});
        page.setRunning(false);
        page.setDone(QStringLiteral("/root/models/smollm2-135m-w64"));
        m_window->addLog({LogLevel::Info, "step 400, checkpoint written, 31.4 MB", 1.7e9});
        m_window->addLog({LogLevel::Warning, "layer 12: gradient norm 318, 40 times its median", 1.7e9});
        m_window->addLog({LogLevel::Error, "layer 12: transfer loss is NaN at step 412; the update was not applied", 1.7e9});
        QTest::mouseClick(part<QToolButton>("logButton"), Qt::LeftButton);
        testing::takePicture(*m_window, *m_theme, QStringLiteral("export-done"));
        page.setRunning(true);
        page.setRunning(false);
        page.setFailure({"EXP-TARGET", "The target /root/models exists and is not an empty folder.", "",
                         "Name a folder that is not there yet."});
        m_window->resize(1024, 700);
        testing::takePicture(*m_window, *m_theme, QStringLiteral("export-failed-1024"));
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestMainWindow)
#include "test_main_window.moc"
