// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "tests/ui/made_up_plan.h"
#include "ui/pages/export_page.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/file_list.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>

namespace lolcats {

namespace {

RunRecord trainedRun() {
    RunRecord run = testing::madeUpRun(RunState::Completed);
    run.stages = {{Stage::Transfer, 100, 100, 190, true}, {Stage::Finetune, 100, 100, 420, true}};
    run.checkpoints = {{2, Stage::Finetune, 100, "stage end", 1.7e9, 30000000}};
    run.bestRelative = 0.121;
    return run;
}

} // namespace

class TestExportPage : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;
    ExportPage* m_page = nullptr;
    OptionValues m_options;
    QString m_format;
    QString m_folder;
    int m_asked = 0;

    template <typename T> T* part(const char* name) { return m_page->findChild<T*>(QLatin1String(name)); }
    QString text(const char* name) { return part<QLabel>(name)->text(); }

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() {
        testing::failOnAnyWarning();
        m_asked = 0;
        m_page = new ExportPage(*m_theme);
        connect(m_page, &ExportPage::exportRequested, this,
                [this](const QString& format, const QString& folder, const OptionValues& options) {
                    ++m_asked;
                    m_format = format;
                    m_folder = folder;
                    m_options = options;
                });
        m_page->resize(1368, 828);
        m_page->show();
    }
    void cleanup() { delete m_page; }

    void withoutARunThePageSaysWhereToGetOne() {
        m_page->showNothing();
        QVERIFY(!part<QPushButton>("exportButton")->isEnabled());
        QVERIFY(part<QLabel>("exportReason")->isVisible());
        QSignalSpy runs(m_page, &ExportPage::runsRequested);
        QTest::mouseClick(part<QPushButton>("chooseRunButton"), Qt::LeftButton);
        QCOMPARE(runs.count(), 1);
    }

    void theChoiceIsAskedForWithFolderAndOptions() {
        QSignalSpy forecast(m_page, &ExportPage::forecastWanted);
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        QCOMPARE(forecast.last().first().toString(), QStringLiteral("huggingface"));
        QCOMPARE(part<QLineEdit>("exportFolder")->text(), QStringLiteral("/runs/smollm2-135m-w64-export"));
        auto* type = part<QComboBox>("dtype");
        type->setFocus();
        QTest::keyClick(type, Qt::Key_Down);
        part<QLineEdit>("exportFolder")->setText(QStringLiteral("/tmp/out"));
        QTest::mouseClick(part<QPushButton>("exportButton"), Qt::LeftButton);
        QCOMPARE(m_asked, 1);
        QCOMPARE(m_format, QStringLiteral("huggingface"));
        QCOMPARE(m_folder, QStringLiteral("/tmp/out"));
        QCOMPARE(m_options.at("dtype"), OptionValue(std::string("bfloat16")));
        QTest::mouseClick(part<QAbstractButton>("format-adapters"), Qt::LeftButton);
        QCOMPARE(forecast.last().first().toString(), QStringLiteral("adapters"));
        QVERIFY(part<QComboBox>("dtype") == nullptr);
    }

    void whyThereIsNoGgufIsSaid() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        QVERIFY(part<QLabel>("noGguf")->isVisible() && text("noGguf").contains(QStringLiteral("GGUF")));
    }

    void aRunWithoutCheckpointCannotBeExported() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(testing::madeUpRun(RunState::Failed));
        QVERIFY(!part<QPushButton>("exportButton")->isEnabled());
        QVERIFY(text("exportReason").contains(QStringLiteral("no checkpoint")));
    }

    void whatWillBeWrittenIsListedAndTicked() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        m_page->setForecast(testing::madeUpExport());
        auto* files = part<FileList>("exportFiles");
        QCOMPARE(files->files().size(), 4);
        m_page->setRunning(true);
        QVERIFY(!part<QPushButton>("exportButton")->isEnabled());
        m_page->handle(FileWritten{"config.json", 2150});
        m_page->handle(FileWritten{"/out.partial/NOTICE", 90});
        QVERIFY(files->files()[0].written);
        QVERIFY(!files->files()[1].written);
        QCOMPARE(files->files().size(), 5);
        QCOMPARE(files->files()[4].name, QStringLiteral("NOTICE"));
    }

    void theThreeChecksEndInATickedOutcome() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        m_page->setForecast(testing::madeUpExport());
        m_page->setRunning(true);
        StageProgress progress;
        progress.stage = Stage::Export;
        progress.step = 1;
        progress.steps = 4;
        progress.doing = "writing weights";
        m_page->handle(progress);
        QCOMPARE(text("outcomeSubtitle"), QStringLiteral("writing weights, 25 %"));
        m_page->handle(CheckDone{"parity", true, "largest relative difference 7.5e-07 in layer 12; the limit is 1.0e-04"});
        m_page->handle(CheckDone{"written", true, "4 files, each synced to disk"});
        m_page->handle(CheckDone{"read-back", true, "332 tensors read back"});
        m_page->handle(progress);
        QCOMPARE(text("check-written"), QStringLiteral("4 files, each synced to disk"));
        m_page->handle(CheckDone{"logits", true, "largest difference 3.1e-06, limit 1e-04"});
        QVERIFY(!part<QLabel>("nextSentence")->isVisible());
        m_page->handle(CheckDone{"next", true, "Measure it:"});
        m_page->handle(CheckDone{"command", true, "lm_eval --model hf"});
        m_page->setRunning(false);
        m_page->setDone(QStringLiteral("/tmp/out"));
        QCOMPARE(text("nextSentence"), QStringLiteral("Measure it:"));
        QCOMPARE(text("nextCommand"), QStringLiteral("lm_eval --model hf"));
        QVERIFY(part<QLabel>("nextSentence")->isVisible() && part<QLabel>("nextCommand")->isVisible());
        QTest::mouseClick(part<QToolButton>("copyNextButton"), Qt::LeftButton);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("lm_eval --model hf"));
        QCOMPARE(text("check-logits"), QStringLiteral("largest difference 3.1e-06, limit 1e-04"));
        QCOMPARE(text("outcomeHeadline"), QStringLiteral("Export complete"));
        QSignalSpy opened(m_page, &ExportPage::openFolderRequested);
        QTest::mouseClick(part<QPushButton>("openFolderButton"), Qt::LeftButton);
        QCOMPARE(opened.first().first().toString(), QStringLiteral("/tmp/out"));
        QCOMPARE(part<QPushButton>("exportButton")->text(), QStringLiteral("Export again"));
        // One primary button.
        int primary = 0;
        for (const QPushButton* button : m_page->findChildren<QPushButton*>())
            primary += button->isVisible() && button->property("kind") == QVariant("primary");
        QCOMPARE(primary, 1);
    }

    void aFailedExportKeepsItsChecksAndOffersAnotherFolder() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        m_page->setRunning(true);
        m_page->handle(CheckDone{"written", true, "4 files"});
        m_page->setRunning(false);
        m_page->setFailure({"EXP-TARGET", "The target is not empty.", "", "Choose an empty folder."});
        QVERIFY(part<FailureBanner>("failureBanner")->isVisible());
        QCOMPARE(text("outcomeHeadline"), QStringLiteral("Not exported"));
        QCOMPARE(text("check-written"), QStringLiteral("4 files"));
        QVERIFY(part<QPushButton>("remedy0")->isVisible());
        QVERIFY(part<QPushButton>("exportButton")->isEnabled());
        m_page->setRunning(true);
        QVERIFY(!part<FailureBanner>("failureBanner")->isVisible());
    }

    void aForecastThatFailsBlamesNoExport() {
        m_page->setExporters(testing::madeUpCatalogue().exporters);
        m_page->showRun(trainedRun());
        m_page->setFailure({"GGUF-OPEN", "The base model is gone.", "", "Put it back."});
        QVERIFY(part<FailureBanner>("failureBanner")->isVisible());
        QCOMPARE(text("outcomeHeadline"), QStringLiteral("Not written yet"));
        m_page->setForecast(testing::madeUpExport());
        QVERIFY(!part<FailureBanner>("failureBanner")->isVisible());
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestExportPage)
#include "test_export_page.moc"
