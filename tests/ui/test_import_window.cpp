// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/import_window.h"

#include <QLabel>
#include <QPointer>
#include <QPushButton>

namespace lolcats {

class TestImportWindow : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;
    QPointer<ImportWindow> m_window;

    QPushButton* button(const char* name) { return m_window->findChild<QPushButton*>(QLatin1String(name)); }
    void fill() {
        m_window->addPath(QStringLiteral("/student/x_distill.pt"));
        m_window->addPath(QStringLiteral("/student/x_ft.pt"));
        m_window->setModel(QStringLiteral("/models/tiny-llama"));
    }

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() {
        testing::failOnAnyWarning();
        m_window = new ImportWindow(*m_theme);
        m_window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_window));
    }
    void cleanup() { delete m_window; }

    void nothingStartsBeforeStudentAndModelAreThere() {
        QVERIFY(!button("importButton")->isEnabled());
        QVERIFY(!button("importButton")->toolTip().isEmpty());
        m_window->setModel(QStringLiteral("/models/tiny-llama"));
        QVERIFY(!button("importButton")->isEnabled());
        fill();
        QVERIFY(button("importButton")->isEnabled());
    }

    void pathsAreAddedOnceAndTakenAway() {
        fill();
        fill();
        QCOMPARE(m_window->paths().size(), 2);
        QTest::mouseClick(button("removeStudentButton"), Qt::LeftButton);
        QCOMPARE(m_window->paths(), QStringList{QStringLiteral("/student/x_ft.pt")});
    }

    void theRequestSaysAllOfIt() {
        fill();
        QSignalSpy asked(m_window, &ImportWindow::importRequested);
        QTest::mouseClick(button("importButton"), Qt::LeftButton);
        QCOMPARE(asked.count(), 1);
        QCOMPARE(asked.front()[0].toString(), QStringLiteral("/models/tiny-llama"));
        QCOMPARE(asked.front()[1].toStringList(), m_window->paths());
    }

    void cancelStopsAnImportThatGoesOnAndClosesOtherwise() {
        fill();
        m_window->setRunning(true);
        StageProgress progress;
        progress.doing = "reading the student";
        progress.step = 1;
        progress.steps = 2;
        m_window->setProgress(progress);
        QVERIFY(!button("importButton")->isEnabled());
        QSignalSpy stopped(m_window, &ImportWindow::stopRequested);
        QTest::mouseClick(button("cancelImportButton"), Qt::LeftButton);
        QCOMPARE(stopped.count(), 1);
        QVERIFY(m_window->isVisible());
        m_window->setFailure({"INT-STOPPED", "The import was stopped.", {}, "Start it again."});
        QVERIFY(m_window->findChild<FailureBanner*>()->isShown());
        QVERIFY(button("importButton")->isEnabled());
        QTest::mouseClick(button("cancelImportButton"), Qt::LeftButton);
        QTRY_VERIFY(m_window.isNull());
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestImportWindow)
#include "test_import_window.moc"
