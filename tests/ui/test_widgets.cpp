// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/layer_toggles.h"
#include "ui/widgets/log_drawer.h"
#include "ui/widgets/options_form.h"
#include "ui/widgets/run_strip.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>

#include <limits>

namespace lolcats {

namespace {

OptionDescription windowOption() {
    return {"window", "Window", OptionKind::Integer, std::int64_t{64}, 1, 4096, {}, "tokens", "How many keys stay in softmax."};
}

StageProgress progressOf(std::int64_t step) {
    StageProgress progress;
    progress.stage = Stage::Transfer;
    progress.step = step;
    progress.steps = 1503;
    progress.secondsLeft = 700;
    progress.tokensPerSecond = 11240;
    return progress;
}

} // namespace

class TestWidgets : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() { testing::failOnAnyWarning(); }

    void aTypedValueIsSaidAndMarkedAsChanged() {
        ParameterRow row(windowOption(), *m_theme);
        row.show();
        OptionValue said;
        connect(&row, &ParameterRow::edited, &row, [&](const QString&, const OptionValue& value) { said = value; });
        auto* field = row.findChild<QLineEdit*>(QStringLiteral("window"));
        field->selectAll();
        QTest::keyClicks(field, QStringLiteral("128"));
        QCOMPARE(said, OptionValue(std::int64_t{128}));
        QVERIFY(row.isChanged());
        QCOMPARE(row.findChild<QLabel*>(QStringLiteral("windowHint"))->text(), QStringLiteral("preset 64"));
        auto* reset = row.findChild<QToolButton*>(QStringLiteral("windowReset"));
        QVERIFY(reset->isVisible());
        QTest::mouseClick(reset, Qt::LeftButton);
        QCOMPARE(said, OptionValue(std::int64_t{64}));
        QCOMPARE(field->text(), QStringLiteral("64"));
        QVERIFY(!reset->isVisible());
    }

    void aValueThatCannotBeUsedIsMarkedAndNotSaid() {
        ParameterRow row(windowOption(), *m_theme);
        row.show();
        auto* field = row.findChild<QLineEdit*>(QStringLiteral("window"));
        for (const char* wrong : {"0", "many", ""}) {
            int said = 0;
            const auto connection = connect(&row, &ParameterRow::edited, &row, [&] { ++said; });
            field->selectAll();
            QTest::keyClick(field, Qt::Key_Backspace);
            QTest::keyClicks(field, QLatin1String(wrong));
            disconnect(connection);
            QCOMPARE(said, 0);
            QVERIFY(row.isTroubled());
            QVERIFY(field->property("invalid").toBool());
            QVERIFY(row.findChild<QLabel*>(QStringLiteral("windowTrouble"))->text().contains(QStringLiteral("from 1 to 4096")));
        }
        // What a person types is not overwritten by the value that still counts, but it is by another one.
        row.setValue(std::int64_t{64});
        QCOMPARE(field->text(), QString());
        row.setValue(std::int64_t{32});
        QCOMPARE(field->text(), QStringLiteral("32"));
        QVERIFY(!row.isTroubled());
    }

    void aRateMayBeTypedWithAnExponent() {
        ParameterRow row({"lr", "Rate", OptionKind::Number, 0.01, 0, 10, {}, "", ""}, *m_theme);
        OptionValue said;
        connect(&row, &ParameterRow::edited, &row, [&](const QString&, const OptionValue& value) { said = value; });
        auto* field = row.findChild<QLineEdit*>(QStringLiteral("lr"));
        field->selectAll();
        QTest::keyClicks(field, QStringLiteral("1e-3"));
        QCOMPARE(said, OptionValue(0.001));
        row.setValue(0.001);
        QCOMPARE(field->text(), QStringLiteral("1e-3"));
    }

    void aFormOfEveryKindGivesItsValues() {
        OptionsForm form(*m_theme);
        form.setOptions({windowOption(),
                         {"type", "Type", OptionKind::Word, std::string("a"), 0, 0, {"a", "b"}, "", ""},
                         {"on", "On", OptionKind::Flag, false, 0, 0, {}, "", ""},
                         {"probe", "Probe", OptionKind::Text, std::string(), 0, 0, {}, "", ""}});
        form.show();
        auto* words = form.findChild<QComboBox*>(QStringLiteral("type"));
        words->setFocus();
        QTest::keyClick(words, Qt::Key_Down);
        QTest::mouseClick(form.row("on")->editor(), Qt::LeftButton, {}, QPoint(8, form.row("on")->editor()->height() / 2));
        QTest::keyClicks(form.row("probe")->editor(), QStringLiteral("a b"));
        const OptionValues expected{{"type", std::string("b")}, {"on", true}, {"probe", std::string("a b")}};
        QCOMPARE(form.values(), expected);
        QCOMPARE(form.changed(), 3);
        QCOMPARE(form.troubled(), 0);
    }

    void aDragOverLayersKeepsARangeInSoftmax() {
        LayerToggles layers(*m_theme);
        layers.setLayers(30);
        layers.resize(600, 40);
        layers.show();
        std::vector<std::int64_t> said;
        connect(&layers, &LayerToggles::keptChanged, &layers, [&](const std::vector<std::int64_t>& kept) { said = kept; });
        QTest::mousePress(&layers, Qt::LeftButton, {}, layers.box(3).center());
        QTest::mouseMove(&layers, layers.box(6).center());
        QTest::mouseRelease(&layers, Qt::LeftButton, {}, layers.box(6).center());
        QCOMPARE(said, (std::vector<std::int64_t>{3, 4, 5, 6}));
        QTest::keyClick(&layers, Qt::Key_End);
        QTest::keyClick(&layers, Qt::Key_Space);
        QCOMPARE(said, (std::vector<std::int64_t>{3, 4, 5, 6, 29}));
        layers.setKept({0, 99});
        QCOMPARE(layers.kept(), (std::vector<std::int64_t>{0}));
    }

    void manyLayersGoOnInRowsThatFit() {
        LayerToggles layers(*m_theme);
        layers.setLayers(80);
        layers.resize(400, layers.heightForWidth(400));
        for (int layer = 0; layer < 80; ++layer)
            QVERIFY(layers.rect().contains(layers.box(layer)));
    }

    void aFailureIsSaidWithRemediesAndCopied() {
        FailureBanner banner(*m_theme);
        QVERIFY(!banner.isVisible());
        banner.show({"ST-TRUNC", "model.safetensors ends early.", "4.1 of 4.9 GB", "Fetch it again."},
                    {"Fetch", "Choose another"});
        QVERIFY(banner.isVisible());
        QCOMPARE(banner.findChild<QLabel*>(QStringLiteral("failureSummary"))->text(),
                 QStringLiteral("model.safetensors ends early."));
        QSignalSpy chosen(&banner, &FailureBanner::remedyChosen);
        QTest::mouseClick(banner.findChild<QPushButton*>(QStringLiteral("remedy1")), Qt::LeftButton);
        QTRY_COMPARE(chosen.count(), 1);
        QCOMPARE(chosen.first().first().toInt(), 1);
        auto* detail = banner.findChild<QLabel*>(QStringLiteral("failureDetail"));
        QVERIFY(!detail->isVisible());
        QTest::mouseClick(banner.findChild<QPushButton*>(QStringLiteral("failureDetails")), Qt::LeftButton);
        QVERIFY(detail->isVisible());
        QTest::mouseClick(banner.findChild<QPushButton*>(QStringLiteral("copyDiagnostics")), Qt::LeftButton);
        const QString copied = QApplication::clipboard()->text();
        for (const char* part : {"ST-TRUNC", "ends early", "4.1 of 4.9 GB", "Fetch it again", "Lolcats Workbench"})
            QVERIFY2(copied.contains(QLatin1String(part)), part);
        banner.clear();
        QVERIFY(!banner.isVisible());
    }

    void theStripOffersWhatTheStateAllows() {
        RunStrip strip(*m_theme);
        strip.resize(1440, 40);
        strip.show();
        const auto isOffered = [&](const char* name) {
            return strip.findChild<QPushButton*>(QLatin1String(name))->isVisible();
        };
        const std::tuple<RunState, bool, bool, bool> states[] = {
            {RunState::Preparing, false, false, true},  {RunState::Running, true, false, true},
            {RunState::Paused, false, true, true},      {RunState::Stopped, false, true, false},
            {RunState::Completed, false, false, false}, {RunState::Failed, false, true, false},
            {RunState::Interrupted, false, true, false}};
        for (const auto& [state, pause, resume, stop] : states) {
            strip.showRun(QStringLiteral("smollm2"), state, progressOf(410));
            QCOMPARE(isOffered("pauseButton"), pause);
            QCOMPARE(isOffered("resumeButton"), resume);
            QCOMPARE(isOffered("stopButton"), stop);
        }
        strip.showIdle(QStringLiteral("2 cores, 15 GiB free"));
        for (const char* name : {"pauseButton", "resumeButton", "stopButton"})
            QVERIFY(!isOffered(name));
        QCOMPARE(strip.findChild<QLabel*>(QStringLiteral("stripState"))->text(), QStringLiteral("Idle"));
    }

    void theStripShowsNumbersAndKeepsThemInTheirPlaces() {
        RunStrip strip(*m_theme);
        strip.resize(1440, 40);
        strip.show();
        strip.showRun(QStringLiteral("smollm2"), RunState::Running, progressOf(410));
        strip.setError(0.612, true);
        auto* percent = strip.findChild<QLabel*>(QStringLiteral("stripPercent"));
        QCOMPARE(percent->text(), QStringLiteral("27 %"));
        QCOMPARE(strip.findChild<QLabel*>(QStringLiteral("stripCount"))->text(), QStringLiteral("410 / 1,503"));
        QCOMPARE(strip.findChild<QLabel*>(QStringLiteral("stripLeft"))->text(), QStringLiteral("12 min"));
        QCOMPARE(strip.findChild<QLabel*>(QStringLiteral("stripError"))->text(), QStringLiteral("0.612"));
        const QPoint before = percent->mapTo(&strip, QPoint());
        strip.showRun(QStringLiteral("smollm2"), RunState::Running, progressOf(1503));
        QTRY_COMPARE(percent->text(), QStringLiteral("100 %"));
        QCOMPARE(percent->mapTo(&strip, QPoint()), before);
        QVERIFY(strip.findChild<QLabel*>(QStringLiteral("stripCount"))
                    ->fontMetrics()
                    .horizontalAdvance(QStringLiteral("1,503 / 1,503")) <=
                strip.findChild<QLabel*>(QStringLiteral("stripCount"))->width());
    }

    void theNarrowStripGivesUpTheLeastNeededFirst() {
        RunStrip strip(*m_theme);
        strip.show();
        strip.showRun(QStringLiteral("smollm2-135m-window-64-rank-16"), RunState::Running, progressOf(410));
        strip.setError(0.612, true);
        const char* order[] = {"stripStage", "stripSpeed", "stripCount", "stripError"};
        for (int width = 1440; width >= 700; width -= 20) {
            strip.resize(width, 40);
            QApplication::processEvents();
            bool gone = true;
            // What leaves later is never gone while something that leaves earlier is there.
            for (const char* name : order) {
                const bool isThere = strip.findChild<QLabel*>(QLatin1String(name))->isVisible();
                QVERIFY2(gone || isThere, qPrintable(QStringLiteral("%1 at %2").arg(QLatin1String(name)).arg(width)));
                gone = gone && !isThere;
            }
            for (const char* name : {"stripState", "stripRun", "stripPercent", "stripLeft"})
                QVERIFY(strip.findChild<QLabel*>(QLatin1String(name))->isVisible());
            for (const char* name : {"pauseButton", "stopButton"}) {
                auto* button = strip.findChild<QPushButton*>(QLatin1String(name));
                QVERIFY(button->isVisible());
                QVERIFY2(strip.rect().contains(QRect(button->mapTo(&strip, QPoint()), button->size())),
                         qPrintable(QString::number(width)));
            }
        }
        QVERIFY(!strip.findChild<QLabel*>(QStringLiteral("stripSpeed"))->isVisible());
    }

    void logLinesKeepTheirLevels() {
        LogDrawer log(*m_theme);
        log.add({LogLevel::Info, "step 400, checkpoint written", 1.7e9});
        log.add({LogLevel::Error, "layer 12 became NaN\nthe update was not applied", 1.7e9});
        const QStringList lines = log.text().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 3);
        QVERIFY(lines[0].contains(QStringLiteral("info     step 400")));
        QVERIFY(lines[1].contains(QStringLiteral("error    layer 12")));
        QVERIFY(lines[2].endsWith(QStringLiteral("the update was not applied")));
    }

    void figuresAreWrittenTheSameEverywhere() {
        QCOMPARE(bytesText(270885376), QStringLiteral("258 MiB"));
        QCOMPARE(bytesText(512), QStringLiteral("512 B"));
        QCOMPARE(bytesText(2254857830), QStringLiteral("2.1 GiB"));
        QCOMPARE(shortCountText(134515008), QStringLiteral("134.5 M"));
        QCOMPARE(countText(51760), QStringLiteral("51,760"));
        QCOMPARE(durationText(-1), QStringLiteral("–"));
        QCOMPARE(durationText(42), QStringLiteral("42 s"));
        QCOMPARE(durationText(7500), QStringLiteral("2 h 05 min"));
        QCOMPARE(errorText(std::numeric_limits<double>::quiet_NaN()), QStringLiteral("NaN"));
        QCOMPARE(errorText(0.1214), QStringLiteral("0.121"));
    }

    void whatIsCutIsSaidByTheTooltip() {
        ElidedLabel label(QStringLiteral("a name that is far too long for its place"));
        QVERIFY(label.minimumSizeHint().width() < label.sizeHint().width() / 2);
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestWidgets)
#include "test_widgets.moc"
