// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/models/run_table_model.h"
#include "ui/models/settings_model.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/runs_tables.h"
#include "ui/plots/run_comparison.h"
#include "ui/widgets/failure_banner.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

std::vector<RunRecord> madeUpRuns() {
    std::vector<RunRecord> runs;
    const auto add = [&](RunState state, const std::string& name, int window, double error, double started,
                         double seconds) -> RunRecord& {
        RunRecord run = madeUpRun(state, name, window);
        run.bestRelative = error;
        run.started = started;
        run.seconds = seconds;
        run.stages = {{Stage::Transfer, 1500, state == RunState::Completed ? 1500 : 402, seconds / 2, false},
                      {Stage::Finetune, 1000, state == RunState::Completed ? 1000 : 0, seconds / 2, false}};
        runs.push_back(run);
        return runs.back();
    };
    const double day = 86400;
    const double now = 1763900000;
    add(RunState::Completed, "smollm2-135m-w128", 128, 0.121, now - day, 840).evaluation = madeUpEvaluation();
    runs.back().evaluation->rows[4].kl = 0.071;
    runs.back().evaluation->rows[4].agreement = 0.924;
    add(RunState::Completed, "smollm2-135m-w64", 64, 0.158, now, 780).evaluation = madeUpEvaluation();
    runs.back().checkpoints = {{1, Stage::Finetune, 1000, "stage end", now, 31400000}};
    add(RunState::Completed, "smollm2-135m-w16", 16, 0.203, now - 1.2 * day, 720).evaluation = madeUpEvaluation();
    runs.back().evaluation->rows[4].kl = 0.164;
    runs.back().evaluation->rows[4].agreement = 0.869;
    add(RunState::Running, "smollm2-135m-w64-elu", 64, 0.271, now + 1300, 240);
    add(RunState::Paused, "llama-1b-w64", 64, 0.188, now - 2 * day, 6720);
    add(RunState::Interrupted, "llama-1b-w64-b", 64, 0.240, now - 2.4 * day, 2280);
    add(RunState::Failed, "llama-1b-lr1e-2", 64, -1, now - 3 * day, 360).reason =
        "The loss of layer 12 became NaN at step 412.";
    add(RunState::Stopped, "mistral-7b-first", 64, 0.402, now - 5 * day, 11100);
    return runs;
}

std::vector<CurvePoint> madeUpCurve(double floor) {
    std::vector<CurvePoint> points;
    for (int step = 0; step <= 1000; step += 20)
        points.push_back({step, floor + 0.4 * std::exp(-step / 160.0) + 0.003 * std::sin(step * 0.9)});
    return points;
}

} // namespace

class TestRunsPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_theme.setMode(Theme::Mode::Light);
        m_theme.applyTo(*qApp);
    }
    void init() { failOnAnyWarning(); }

    void theTableModelKeepsItsPromises() {
        RunTableModel model;
        RunFilter filter;
        filter.setSourceModel(&model);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester filterTester(&filter, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns(madeUpRuns());
        filter.sort(RunTableModel::ErrorColumn);
        model.setRuns(madeUpRuns()); // the same runs with new figures
        filter.setWords("w64");
        model.setRuns({});
        QCOMPARE(filter.rowCount(), 0);
    }

    void aRunsFiguresComeFromItsEvaluation() {
        RunTableModel model;
        model.setRuns(madeUpRuns());
        const auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(1, RunTableModel::StateColumn), QString("Completed"));
        QCOMPARE(text(1, RunTableModel::ModelColumn), QString("smollm2-135m"));
        QCOMPARE(text(1, RunTableModel::AttentionColumn), QString("hybrid"));
        QCOMPARE(text(1, RunTableModel::WindowColumn), QString("64"));
        QCOMPARE(text(1, RunTableModel::StepsColumn), QString("2,500 / 2,500"));
        QCOMPARE(text(1, RunTableModel::ErrorColumn), QString("0.158"));
        QCOMPARE(text(1, RunTableModel::KlColumn), QString("0.081"));
        QCOMPARE(text(1, RunTableModel::WindowKlColumn), QString("0.214"));
        QCOMPARE(text(1, RunTableModel::AgreementColumn), QString("91.3"));
        QCOMPARE(text(1, RunTableModel::TookColumn), QString("13 min"));
        QCOMPARE(text(6, RunTableModel::ErrorColumn), QString("–"));
        QVERIFY(model.index(0, RunTableModel::KlColumn).data(RunTableModel::BestRole).toBool());
        QVERIFY(!model.index(1, RunTableModel::KlColumn).data(RunTableModel::BestRole).toBool());
    }

    void aRunWhoseStudentWasNotFinetunedShowsTheStudentAfterTransfer() {
        std::vector<RunRecord> runs = {madeUpRuns()[1]};
        auto& rows = runs[0].evaluation->rows;
        rows.pop_back();
        RunTableModel model;
        model.setRuns(runs);
        QCOMPARE(model.index(0, RunTableModel::KlColumn).data().toString(), QString("0.187"));
    }

    void whatWasNotMeasuredIsSortedLastBothWays() {
        RunTableModel model;
        RunFilter filter;
        filter.setSourceModel(&model);
        model.setRuns(madeUpRuns());
        for (const Qt::SortOrder order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
            filter.sort(RunTableModel::ErrorColumn, order);
            const QModelIndex last = filter.index(filter.rowCount() - 1, RunTableModel::NameColumn);
            QCOMPARE(last.data().toString(), QString("llama-1b-lr1e-2"));
        }
    }

    void theFilterTakesPlainAndNamedWords() {
        RunTableModel model;
        RunFilter filter;
        filter.setSourceModel(&model);
        model.setRuns(madeUpRuns());
        filter.setWords("state:completed w64");
        QCOMPARE(filter.rowCount(), 1);
        filter.setWords("llama");
        QCOMPARE(filter.rowCount(), 3);
        filter.setWords("state:llama");
        QCOMPARE(filter.rowCount(), 0);
    }

    void settingsThatDifferAreFound() {
        SettingsModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const auto runs = madeUpRuns();
        model.setRuns({runs[0], runs[1], runs[2]}, {});
        QCOMPARE(model.rowCount(), 1);
        QCOMPARE(model.index(0, 0).data().toString(), QString("Window"));
        QCOMPARE(model.index(0, 1).data().toString(), QString("128"));
        QCOMPARE(model.index(0, 3).data().toString(), QString("16"));
        QVERIFY(model.index(0, 2).data(SettingsModel::DiffersRole).toBool());
        QVERIFY(model.equalCount() > 25);
        model.setAll(true);
        QCOMPARE(model.rowCount(), model.equalCount() + 1);
    }

    void selectedRunsAreComparedInTheirOrderAndKeepIt() {
        RunsPage page(m_theme);
        QSignalSpy wanted(&page, &RunsPage::curvesWanted);
        page.resize(1368, 828);
        page.setRuns(madeUpRuns());
        page.show();
        select(page, {"smollm2-135m-w128", "smollm2-135m-w64"});
        QCOMPARE(page.compared(), QStringList({"/runs/smollm2-135m-w128.lolcats", "/runs/smollm2-135m-w64.lolcats"}));
        QCOMPARE(wanted.last().at(0).toStringList(), page.compared());
        QCOMPARE(wanted.last().at(1).toString(), QString("finetune.heldout.kl"));
        // New figures arrive: what is compared stays.
        page.setRuns(madeUpRuns());
        QCOMPARE(page.compared().size(), 2);
        auto more = madeUpRuns();
        more.erase(more.begin());
        page.setRuns(more);
        QCOMPARE(page.compared(), QStringList({"/runs/smollm2-135m-w64.lolcats"}));
    }

    void anotherMetricAsksForOtherCurves() {
        RunsPage page(m_theme);
        page.setRuns(madeUpRuns());
        QSignalSpy wanted(&page, &RunsPage::curvesWanted);
        page.findChild<QComboBox*>("runMetric")->setCurrentIndex(1);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().at(1).toString(), QString("transfer.heldout.relative"));
    }

    void actionsFitTheRunAndSayWhyNot() {
        RunsPage page(m_theme);
        page.setRuns(madeUpRuns());
        page.show();
        auto* open = page.findChild<QPushButton*>("runOpenButton");
        auto* resume = page.findChild<QPushButton*>("runResumeButton");
        auto* exporting = page.findChild<QPushButton*>("runExportButton");
        select(page, {"smollm2-135m-w64"});
        QVERIFY(open->isEnabled());
        QVERIFY(exporting->isEnabled());
        QVERIFY(!resume->isEnabled());
        QCOMPARE(resume->toolTip(), QString("The run is completed"));
        QSignalSpy opened(&page, &RunsPage::runOpened);
        QTest::mouseClick(open, Qt::LeftButton);
        QCOMPARE(opened.first().at(0).toString(), QString("/runs/smollm2-135m-w64.lolcats"));
        select(page, {"llama-1b-w64-b"});
        QVERIFY(resume->isEnabled());
        QSignalSpy resumed(&page, &RunsPage::resumeRequested);
        QTest::mouseClick(resume, Qt::LeftButton);
        QCOMPARE(resumed.first().at(0).toString(), QString("/runs/llama-1b-w64-b.lolcats"));
        QVERIFY(!exporting->isEnabled());
        QCOMPARE(exporting->toolTip(), QString("The run has no checkpoint yet"));
    }

    void withoutRunsThePageSaysWhatComesHere() {
        RunsPage page(m_theme);
        page.show();
        auto* open = page.findChild<QPushButton*>("emptyOpenRunButton");
        QVERIFY(open->isVisible());
        QVERIFY(!page.findChild<RunTable*>()->isVisible());
        QSignalSpy wanted(&page, &RunsPage::openRunRequested);
        QTest::mouseClick(open, Qt::LeftButton);
        QCOMPARE(wanted.count(), 1);
        page.setRuns(madeUpRuns());
        QVERIFY(!open->isVisible());
        QVERIFY(page.findChild<RunTable*>()->isVisible());
    }

    void aFailureStandsAboveTheTable() {
        RunsPage page(m_theme);
        page.setRuns(madeUpRuns());
        page.show();
        page.setFailure({"RUN-NOT", "notes.txt is not a run.", "", "Choose a *.lolcats file."});
        QVERIFY(page.findChild<FailureBanner*>()->isShown());
        QVERIFY(page.findChild<RunTable*>()->isVisible());
    }

    void pictures() {
        RunsPage page(m_theme);
        QObject::connect(&page, &RunsPage::curvesWanted, &page, [&page](const QStringList& paths, const QString& metric) {
            double floor = 0.07;
            for (const QString& path : paths) {
                page.setCurves(path, metric.toStdString(), madeUpCurve(floor));
                floor += 0.045;
            }
        });
        page.resize(1368, 828);
        page.show();
        takePicture(page, m_theme, "runs-empty");
        page.setRuns(madeUpRuns());
        select(page, {"smollm2-135m-w128", "smollm2-135m-w64", "smollm2-135m-w16"});
        takePicture(page, m_theme, "runs");
        page.resize(976, 628);
        takePicture(page, m_theme, "runs-1024");
    }

private:
    static void select(RunsPage& page, const QStringList& names) {
        auto* table = page.findChild<RunTable*>();
        table->clearSelection();
        for (const QString& name : names)
            for (int row = 0; row < table->model()->rowCount(); ++row)
                if (table->model()->index(row, RunTableModel::NameColumn).data().toString() == name)
                    table->selectionModel()->setCurrentIndex(table->model()->index(row, 1),
                                                             QItemSelectionModel::Select | QItemSelectionModel::Rows);
    }

    Theme m_theme;
};

QTEST_MAIN(TestRunsPage)
#include "test_runs_page.moc"
