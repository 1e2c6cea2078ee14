// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/pages/home_page.h"
#include "ui/widgets/way_card.h"

#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace lolcats {

class TestHomePage : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;
    HomePage* m_page = nullptr;

    QAbstractButton* button(const char* name) { return m_page->findChild<QAbstractButton*>(QLatin1String(name)); }

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() {
        testing::failOnAnyWarning();
        m_page = new HomePage(*m_theme);
        m_page->resize(1368, 828);
        m_page->show();
    }
    void cleanup() { delete m_page; }

    void eachWayInIsSaid() {
        m_page->setSample(true, QStringLiteral("SmolLM2 and four novels."));
        QSignalSpy sample(m_page, &HomePage::sampleRequested);
        QSignalSpy model(m_page, &HomePage::openModelRequested);
        QSignalSpy run(m_page, &HomePage::openRunRequested);
        for (const char* name : {"sampleButton", "openModelButton", "openRunButton"})
            QTest::mouseClick(button(name), Qt::LeftButton);
        QCOMPARE(sample.count(), 1);
        QCOMPARE(model.count(), 1);
        QCOMPARE(run.count(), 1);
        QSignalSpy import(m_page, &HomePage::importRequested);
        QTest::mouseClick(button("importStudentButton"), Qt::LeftButton);
        QCOMPARE(import.count(), 1);
        QTest::keyClick(button("openRunButton"), Qt::Key_Space);
        QCOMPARE(run.count(), 2);
    }

    void aSampleThatIsNotThereSaysHowToGetIt() {
        m_page->setSample(false, QStringLiteral("Run packaging/fetch-sample.sh."));
        QSignalSpy sample(m_page, &HomePage::sampleRequested);
        QTest::mouseClick(button("sampleButton"), Qt::LeftButton);
        QCOMPARE(sample.count(), 0);
        QStringList words;
        for (const QLabel* label : button("sampleButton")->findChildren<QLabel*>())
            words << label->text();
        QVERIFY(words.join(QLatin1Char(' ')).contains(QStringLiteral("fetch-sample.sh")));
    }

    void withoutRunsTheListSaysWhatWillBeThere() {
        m_page->setRuns({});
        QVERIFY(button("recentRun0") == nullptr);
        QVERIFY(!m_page->findChild<QLabel*>(QStringLiteral("interruptedText"))->isVisible());
        bool said = false;
        for (const QLabel* label : m_page->findChildren<QLabel*>())
            said = said || (label->isVisible() && label->text() == QLatin1String("Runs you make appear here."));
        QVERIFY(said);
    }

    void aRunInTheListIsOpened() {
        m_page->setRuns({testing::madeUpRun(RunState::Completed, "first"), testing::madeUpRun(RunState::Failed, "second")});
        QSignalSpy opened(m_page, &HomePage::runOpened);
        QTest::mouseClick(button("recentRun1"), Qt::LeftButton);
        QCOMPARE(opened.first().first().toString(), QStringLiteral("/runs/second.lolcats"));
        QSignalSpy all(m_page, &HomePage::allRunsRequested);
        QTest::mouseClick(button("allRunsButton"), Qt::LeftButton);
        QCOMPARE(all.count(), 1);
    }

    void anInterruptedRunIsOfferedForResuming() {
        RunRecord run = testing::madeUpRun(RunState::Interrupted, "cut-off");
        run.stages = {{Stage::Transfer, 1500, 1240, 300, false}};
        run.checkpoints = {{1, Stage::Transfer, 1200, "every", 1.7e9, 30000000}};
        m_page->setRuns({testing::madeUpRun(RunState::Completed, "whole"), run});
        auto* text = m_page->findChild<QLabel*>(QStringLiteral("interruptedText"));
        QVERIFY(text->isVisible());
        QVERIFY(text->text().contains(QStringLiteral("1,240")));
        QVERIFY(text->text().contains(QStringLiteral("1,200")));
        QSignalSpy resumed(m_page, &HomePage::resumeRequested);
        QSignalSpy opened(m_page, &HomePage::runOpened);
        QTest::mouseClick(button("resumeButton"), Qt::LeftButton);
        QTest::mouseClick(button("lookButton"), Qt::LeftButton);
        QCOMPARE(resumed.first().first().toString(), QStringLiteral("/runs/cut-off.lolcats"));
        QCOMPARE(opened.first().first().toString(), QStringLiteral("/runs/cut-off.lolcats"));
    }

    void namesOfRunsAreNoMarkup() {
        m_page->setRuns({testing::madeUpRun(RunState::Interrupted, "<h1>big")});
        QVERIFY(
            m_page->findChild<QLabel*>(QStringLiteral("interruptedText"))->text().contains(QStringLiteral("&lt;h1&gt;big")));
    }

    void nothingScrollsSidewaysInTheSmallestWindow() {
        m_page->setMachine(
            QStringLiteral("CPU only: 2 cores, 15 GiB free. Fine for the sample and for models up to about 1 B."));
        m_page->setRuns(
            {testing::madeUpRun(RunState::Interrupted, "cut-off"), testing::madeUpRun(RunState::Completed, "whole")});
        m_page->resize(912, 500);
        QApplication::processEvents();
        for (const QWidget* part : m_page->findChildren<QWidget*>())
            if (part->isVisible() &&
                (qobject_cast<const QAbstractButton*>(part) != nullptr || qobject_cast<const QLabel*>(part) != nullptr))
                QVERIFY2(part->mapTo(m_page, QPoint(part->width(), 0)).x() <= m_page->width(), qPrintable(part->objectName()));
    }

    void theMachineIsLookedAtUntilItIsKnown() {
        auto* text = m_page->findChild<QLabel*>(QStringLiteral("machineText"));
        QCOMPARE(text->text(), QStringLiteral("Looking at it…"));
        m_page->setMachine(QStringLiteral("2 cores"));
        QCOMPARE(text->text(), QStringLiteral("2 cores"));
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestHomePage)
#include "test_home_page.moc"
