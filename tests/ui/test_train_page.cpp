// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/models/curve_table_model.h"
#include "ui/pages/train_page.h"
#include "ui/pages/train_tables.h"
#include "ui/widgets/failure_banner.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QPushButton>
#include <QSlider>
#include <QTabBar>
#include <QToolButton>

using namespace lolcats;
using namespace lolcats::testing;

class TestTrainPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_theme.setMode(Theme::Mode::Light);
        m_theme.applyTo(*qApp);
    }
    void init() { failOnAnyWarning(); }

    void theTableModelsKeepTheirPromises() {
        LayerTableModel layers;
        QAbstractItemModelTester layersTester(&layers, QAbstractItemModelTester::FailureReportingMode::QtTest);
        Curves curves;
        curves.add(madeUpTransfer(6, 50));
        layers.update(curves, 0.9);
        const QPersistentModelIndex worst(layers.index(0, 0));
        QCOMPARE(layers.layerAt(0), 5);
        // The worst becomes the best: an index that was kept goes with its layer.
        curves.add({{Stage::Transfer, "transfer.relative", 51, 5, 1e-6}});
        layers.update(curves, 0);
        QCOMPARE(layers.layerAt(worst.row()), 5);
        QCOMPARE(worst.row(), 5);
        curves.add({{Stage::Transfer, "transfer.relative", 51, 6, 1}});
        layers.update(curves, 0);
        QCOMPARE(layers.rowCount(), 7);

        EvaluationModel evaluation;
        QAbstractItemModelTester evaluationTester(&evaluation, QAbstractItemModelTester::FailureReportingMode::QtTest);
        evaluation.setTable(madeUpEvaluation());
        CurveTableModel held;
        QAbstractItemModelTester heldTester(&held, QAbstractItemModelTester::FailureReportingMode::QtTest);
        held.setPoints({{25, 0.2}, {50, 0.1}}, "KL");
        QCOMPARE(held.index(0, CurveTableModel::StepColumn).data().toString(), QString("50"));
        QCOMPARE(held.index(0, CurveTableModel::ChangeColumn).data().toString(), QString("−50.0 %"));
    }

    void aLayerWithoutANumberIsTheWorst() {
        LayerTableModel layers;
        Curves curves;
        curves.add(
            {{Stage::Transfer, "transfer.relative", 1, 0, 0.9}, {Stage::Transfer, "transfer.relative", 1, 1, std::nan("")}});
        layers.update(curves, 0);
        QCOMPARE(layers.worstLayer(), 1);
        QCOMPARE(layers.index(0, LayerTableModel::ErrorColumn).data().toString(), QString("NaN"));
    }

    void changeIsThatOverTheLastHundredSteps() {
        LayerTableModel layers;
        Curves curves;
        for (std::int64_t step = 1; step <= 201; ++step)
            curves.add({{Stage::Transfer, "transfer.relative", step, 0, step <= 101 ? 0.4 : 0.3}});
        layers.update(curves, 0);
        QCOMPARE(layers.index(0, LayerTableModel::ChangeColumn).data().toString(), QString("−25.0 %"));
    }

    void livePointsFillTheTableAndChooseTheWorstLayer() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        QCOMPARE(page.selectedLayer(), -1);
        page.addMetrics(madeUpTransfer(8, 40));
        QTRY_COMPARE(page.findChild<LayersTable*>()->model()->rowCount(), 8);
        QCOMPARE(page.selectedLayer(), page.findChild<LayersTable*>()->layers().worstLayer());
    }

    void choosingALayerIsToldAndKept() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        page.addMetrics(madeUpTransfer(8, 40));
        auto* table = page.findChild<LayersTable*>();
        QTRY_COMPARE(table->model()->rowCount(), 8);
        QSignalSpy chosen(&page, &TrainPage::layerSelected);
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, table->visualRect(table->model()->index(3, 0)).center());
        QCOMPARE(chosen.count(), 1);
        const int layer = chosen.first().at(0).toInt();
        QCOMPARE(layer, table->layers().layerAt(3));
        page.addMetrics(madeUpTransfer(8, 60));
        QTest::qWait(150);
        QCOMPARE(page.selectedLayer(), layer);
        QCOMPARE(table->layers().layerAt(table->currentIndex().row()), layer);
        QTest::mouseClick(page.findChild<QToolButton*>("trainLayer"), Qt::LeftButton);
        QCOMPARE(page.selectedLayer(), -1);
    }

    void buttonsFollowTheStateAndSayWhyNot() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        auto* pause = page.findChild<QPushButton*>("pauseButton");
        auto* resume = page.findChild<QPushButton*>("resumeButton");
        auto* stop = page.findChild<QPushButton*>("stopButton");
        auto* checkpoint = page.findChild<QPushButton*>("checkpointButton");
        auto* reason = page.findChild<QLabel*>("trainReason");
        QVERIFY(!pause->isEnabled() && !stop->isEnabled() && !checkpoint->isEnabled());
        QCOMPARE(reason->text(), QString("No run is open"));
        QCOMPARE(pause->toolTip(), QString("No run is open"));
        page.showRun(madeUpRun());
        QVERIFY(pause->isVisible() && pause->isEnabled() && stop->isEnabled() && checkpoint->isEnabled());
        QVERIFY(!resume->isVisible() && !reason->isVisible());
        QSignalSpy paused(&page, &TrainPage::pauseRequested);
        QSignalSpy stopped(&page, &TrainPage::stopRequested);
        QSignalSpy asked(&page, &TrainPage::checkpointRequested);
        QTest::mouseClick(pause, Qt::LeftButton);
        QTest::mouseClick(stop, Qt::LeftButton);
        QTest::mouseClick(checkpoint, Qt::LeftButton);
        QCOMPARE(paused.count() + stopped.count() + asked.count(), 3);
        page.setState(RunState::Paused);
        QVERIFY(resume->isVisible() && resume->isEnabled() && !pause->isVisible());
        page.setState(RunState::Stopped);
        QVERIFY(resume->isEnabled() && !stop->isEnabled());
        QSignalSpy resumed(&page, &TrainPage::resumeRequested);
        QTest::mouseClick(resume, Qt::LeftButton);
        QCOMPARE(resumed.count(), 1);
        page.setBusy(true);
        QVERIFY(!resume->isEnabled());
        QCOMPARE(reason->text(), QString("Another run is being trained"));
    }

    void aFailureKeepsTheCurvesAndOffersToResume() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        page.addMetrics(madeUpTransfer(4, 80));
        page.addCheckpoint(Stage::Transfer, 75);
        page.setState(RunState::Failed);
        page.setFailure({"TR-NAN", "The loss became NaN at step 81.", "", "Use a smaller rate."});
        QVERIFY(page.findChild<FailureBanner*>()->isShown());
        QCOMPARE(page.curves().layers(Stage::Transfer, "transfer.relative").size(), std::size_t(4));
        QSignalSpy resumed(&page, &TrainPage::resumeRequested);
        auto* remedy = page.findChild<QPushButton*>("remedy0");
        QCOMPARE(remedy->text(), QString("Resume from step 75"));
        QTest::mouseClick(remedy, Qt::LeftButton);
        QTRY_COMPARE(resumed.count(), 1);
        page.setState(RunState::Running);
        QVERIFY(!page.findChild<FailureBanner*>()->isShown());
    }

    void theLastEvaluationOpensTheResult() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        auto* tabs = page.findChild<QTabBar*>("trainTabs");
        QVERIFY(!tabs->isTabVisible(2));
        page.addMetrics(madeUpFinetune(10));
        QCOMPARE(tabs->currentIndex(), 1);
        page.setEvaluation(madeUpEvaluation("after transfer"));
        QCOMPARE(tabs->currentIndex(), 1);
        QVERIFY(tabs->isTabVisible(2));
        page.setEvaluation(madeUpEvaluation());
        page.setState(RunState::Completed);
        QCOMPARE(tabs->currentIndex(), 2);
        QCOMPARE(page.findChild<QLabel*>("resultHeadline")->text(), QString("The student is 0.046 nats above its teacher."));
        QCOMPARE(page.findChild<QLabel*>("resultVerdict")->text(),
                 QString("The student beats its own untrained window: KL 0.081 against 0.214 nats."));
        const QAbstractItemModel* rows = page.findChild<EvaluationTableView*>()->model();
        QCOMPARE(rows->index(1, EvaluationModel::NameColumn).data().toString(), QString("Student"));
        QCOMPARE(rows->index(1, EvaluationModel::AgreementColumn).data().toString(), QString("91.3"));
        QVERIFY(rows->index(1, EvaluationModel::KlColumn).data(EvaluationModel::BestRole).toBool());
        QSignalSpy exported(&page, &TrainPage::exportRequested);
        QTest::mouseClick(page.findChild<QPushButton*>("toExportButton"), Qt::LeftButton);
        QCOMPARE(exported.count(), 1);
    }

    void aTabThatThePersonChoseStays() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        page.addMetrics(madeUpFinetune(5));
        auto* tabs = page.findChild<QTabBar*>("trainTabs");
        tabs->setCurrentIndex(0);
        page.addMetrics(madeUpFinetune(10));
        page.setEvaluation(madeUpEvaluation());
        QCOMPARE(tabs->currentIndex(), 0);
    }

    void anotherRunStartsFromNothing() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        page.addMetrics(madeUpTransfer(4, 20));
        page.setEvaluation(madeUpEvaluation());
        QTRY_COMPARE(page.findChild<LayersTable*>()->model()->rowCount(), 4);
        page.showRun(madeUpRun(RunState::Stopped, "another"));
        QVERIFY(page.curves().empty());
        QCOMPARE(page.findChild<LayersTable*>()->model()->rowCount(), 0);
        QVERIFY(!page.findChild<QTabBar*>("trainTabs")->isTabVisible(2));
        QCOMPARE(page.selectedLayer(), -1);
    }

    void tokensAndTimeAreOfferedWhereTheyAreKnown() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        page.showRun(madeUpRun());
        auto* tokens = page.findChild<QToolButton*>("trainAxis1");
        QVERIFY(!tokens->isEnabled());
        page.addMetrics(madeUpTransfer(4, 20));
        QTRY_VERIFY(tokens->isEnabled());
        QVERIFY(page.findChild<QToolButton*>("trainAxis2")->isEnabled());
    }

    void aNarrowPageShowsCurvesOrTable() {
        TrainPage page(m_theme);
        page.resize(976, 628);
        page.show();
        page.showRun(madeUpRun());
        page.addMetrics(madeUpTransfer(4, 20));
        QTest::qWait(150);
        auto* table = page.findChild<LayersTable*>();
        QVERIFY(!table->isVisible());
        QVERIFY(page.findChild<QPushButton*>("pauseButton")->isVisible());
        QTest::mouseClick(page.findChild<QToolButton*>("trainView1"), Qt::LeftButton);
        QVERIFY(table->isVisible());
        QVERIFY(!page.findChild<QWidget*>("layerErrorPlot")->isVisible());
        QCOMPARE(page.width(), 976);
    }

    void pictures() {
        TrainPage page(m_theme);
        page.resize(1368, 828);
        page.show();
        takePicture(page, m_theme, "train-empty");
        page.showRun(madeUpRun());
        page.addMetrics(madeUpTransfer());
        for (const std::int64_t step : {300, 600, 900})
            page.addCheckpoint(Stage::Transfer, step);
        page.setProgress({Stage::Transfer, 1184, 1500, 48, 41200, "step"});
        QTest::qWait(200);
        auto* table = page.findChild<LayersTable*>();
        Q_EMIT table->pinToggled(17);
        Q_EMIT table->pinToggled(0);
        takePicture(page, m_theme, "train");
        auto* plot = page.findChild<QWidget*>("layerErrorPlot");
        QTest::mouseMove(plot, QPoint(520, 100));
        QTest::qWait(50);
        QTest::mouseMove(plot, QPoint(524, 100));
        takePicture(page, m_theme, "train-crosshair");
        page.resize(976, 628);
        takePicture(page, m_theme, "train-1024");
        page.resize(1368, 828);
        page.setState(RunState::Failed);
        page.setFailure({"TR-NAN", "The transfer loss of layer 12 became NaN at step 1,184.", "layer 12: nan",
                         "The weights of step 900 are intact; try a smaller rate."});
        takePicture(page, m_theme, "train-failed");
        page.setState(RunState::Running);
        page.setEvaluation(madeUpEvaluation("after transfer"));
        page.addMetrics(madeUpFinetune());
        page.addCheckpoint(Stage::Finetune, 300);
        page.addCheckpoint(Stage::Finetune, 600);
        takePicture(page, m_theme, "train-lora");
        page.setEvaluation(madeUpEvaluation());
        page.setState(RunState::Completed);
        takePicture(page, m_theme, "train-result");
    }

private:
    Theme m_theme;
};

QTEST_MAIN(TestTrainPage)
#include "test_train_page.moc"
