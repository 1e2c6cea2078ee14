// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/models/head_list_model.h"
#include "ui/models/head_weights.h"
#include "ui/pages/attention_page.h"
#include "ui/pages/attention_parts.h"
#include "ui/pages/step_slider.h"
#include "ui/plots/attention_heatmap.h"
#include "ui/widgets/failure_banner.h"

#include <QAbstractItemModelTester>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

const std::vector<MapKey> kSnapshots = {{1, 0, "transfer"}, {2, 300, "transfer"}, {3, 600, "transfer"}, {4, 1184, "transfer"}};

// A page that is answered as the app would answer it.
struct AnsweredPage {
    explicit AnsweredPage(Theme& theme, int tokens = 160) : page(theme), snapshot(madeUpSnapshot(tokens)) {
        QObject::connect(&page, &AttentionPage::overviewWanted, &page, [this](qint64 id) { page.setOverview(id, snapshot); });
        QObject::connect(&page, &AttentionPage::headWanted, &page, [this, tokens](qint64 id, int layer, int head) {
            page.setHead(id, madeUpHead(layer, head, tokens, 64, 4, true));
        });
        page.resize(1368, 828);
        page.showRun(madeUpRun());
        page.show();
    }
    AttentionHeatmap* map(const char* name) { return page.findChild<AttentionHeatmap*>(name); }

    AttentionPage page;
    MapSnapshot snapshot;
};

} // namespace

class TestAttentionPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_theme.setMode(Theme::Mode::Light);
        m_theme.applyTo(*qApp);
    }
    void init() { failOnAnyWarning(); }

    void theWorstHeadIsShownFirst() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QCOMPARE(answered.page.layer(), 29);
        QCOMPARE(answered.page.head(), 4);
    }

    void arrowKeysGoThroughHeadsAndKeptLayers() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::keyClick(&answered.page, Qt::Key_Right);
        QCOMPARE(answered.page.head(), 5);
        QTest::keyClick(&answered.page, Qt::Key_Up);
        QCOMPARE(answered.page.layer(), 27); // 28 was not kept
        QTest::keyClick(&answered.page, Qt::Key_Left);
        QCOMPARE(answered.page.head(), 4);
        for (int i = 0; i < 20; ++i)
            QTest::keyClick(&answered.page, Qt::Key_Up);
        QCOMPARE(answered.page.layer(), 3);
        QSignalSpy wanted(&answered.page, &AttentionPage::headWanted);
        QTest::keyClick(&answered.page, Qt::Key_Up);
        QCOMPARE(wanted.count(), 0);
    }

    void bracketKeysGoThroughSnapshots() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QSignalSpy wanted(&answered.page, &AttentionPage::overviewWanted);
        QTest::keyClick(&answered.page, Qt::Key_BracketLeft);
        QCOMPARE(wanted.takeFirst().at(0).toLongLong(), 3);
        QCOMPARE(answered.page.findChild<StepSlider*>()->current(), 2);
        QTest::keyClick(&answered.page, Qt::Key_BracketRight);
        QCOMPARE(wanted.takeFirst().at(0).toLongLong(), 4);
        QTest::keyClick(&answered.page, Qt::Key_BracketRight);
        QCOMPARE(wanted.count(), 0);
    }

    void theSliderKeepsItsPlaceAndFollowsOnlyTheNewest() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots({kSnapshots.begin(), kSnapshots.begin() + 3});
        auto* slider = answered.page.findChild<StepSlider*>();
        QCOMPARE(slider->current(), 2);
        answered.page.setSnapshots(kSnapshots);
        QCOMPARE(slider->current(), 3);
        QTest::keyClick(&answered.page, Qt::Key_BracketLeft);
        QTest::keyClick(&answered.page, Qt::Key_BracketLeft);
        std::vector<MapKey> more = kSnapshots;
        more.push_back({5, 1400, "transfer"});
        answered.page.setSnapshots(more);
        QCOMPARE(slider->current(), 1);
    }

    void teacherAndStudentHaveOneScale() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::qWait(50);
        answered.page.grab();
        auto* teacher = answered.map("mapTeacher");
        auto* student = answered.map("mapStudent");
        QVERIFY(teacher != nullptr && student != nullptr);
        // Inside the window the made-up student has the teacher's own weights.
        for (const auto& [query, key] : {std::pair{100, 90}, {140, 140}, {30, 2}})
            QCOMPARE(student->cellColor(query, key), teacher->cellColor(query, key));
        QVERIFY(student->cellColor(150, 20) != teacher->cellColor(150, 20));
        QTest::keyClick(&answered.page, Qt::Key_L);
        answered.page.grab();
        for (const auto& [query, key] : {std::pair{100, 90}, {140, 140}})
            QCOMPARE(student->cellColor(query, key), teacher->cellColor(query, key));
    }

    void cellsAreWholeDevicePixelsAndOfOneSize() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::qWait(50);
        answered.page.grab();
        const int cell = answered.map("mapTeacher")->cellPixels();
        QVERIFY(cell >= 2);
        QCOMPARE(answered.map("mapStudent")->cellPixels(), cell);
        QCOMPARE(answered.map("mapDifference")->cellPixels(), cell);
    }

    void theCornerAboveTheDiagonalHasThePagesColour() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::qWait(50);
        answered.page.grab();
        for (const char* name : {"mapTeacher", "mapStudent", "mapDifference"})
            QCOMPARE(QColor(answered.map(name)->cellColor(10, 100)), m_theme.color(Token::Page));
    }

    void theWindowPartLeavesTheLinearPartDark() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::keyClick(&answered.page, Qt::Key_W);
        answered.page.grab();
        auto* student = answered.map("mapStudent");
        QCOMPARE(QColor(student->cellColor(150, 20)), m_theme.sequential().front());
        QVERIFY(QColor(student->cellColor(150, 149)) != m_theme.sequential().front());
        QTest::keyClick(&answered.page, Qt::Key_W);
        answered.page.grab();
        QCOMPARE(QColor(student->cellColor(150, 149)), m_theme.sequential().front());
        QVERIFY(QColor(student->cellColor(150, 20)) != m_theme.sequential().front());
    }

    void clickingACellPinsItsRow() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        QTest::qWait(50);
        auto* map = answered.map("mapTeacher");
        const double cell = map->cellPixels() / map->devicePixelRatioF();
        QSignalSpy picked(map, &AttentionHeatmap::picked);
        QTest::mouseClick(map, Qt::LeftButton, {},
                          QPoint(AttentionHeatmap::kLeft + static_cast<int>(60.5 * cell),
                                 AttentionHeatmap::kTop + static_cast<int>(131.5 * cell)));
        QCOMPARE(picked.count(), 1);
        QCOMPARE(picked.first().at(0).toInt(), 131);
        QCOMPARE(picked.first().at(1).toInt(), 60);
        QVERIFY(hasLabel(answered.page, "query 131"));
        // Above the diagonal there is nothing to pin.
        QTest::mouseClick(map, Qt::LeftButton, {},
                          QPoint(AttentionHeatmap::kLeft + static_cast<int>(100 * cell), AttentionHeatmap::kTop + 4));
        QCOMPARE(picked.count(), 1);
    }

    void thePageSaysWhichLayersWereKept() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        auto* note = answered.page.findChild<QLabel*>("keptLayers");
        QCOMPARE(note->text(), QString("Snapshots keep 7 of 30 layers: 3, 11, 17, 21, 24, 27, 29."));
    }

    void computeAsksForTheTypedTextAndNotForNone() {
        AttentionPage page(m_theme);
        page.show();
        auto* button = page.findChild<QPushButton*>("computeButton");
        auto* field = page.findChild<QLineEdit*>("probeField");
        QVERIFY(!button->isEnabled());
        QVERIFY(!button->toolTip().isEmpty());
        QSignalSpy wanted(&page, &AttentionPage::probeRequested);
        field->setText("  The quick brown fox ");
        QTest::mouseClick(button, Qt::LeftButton);
        QCOMPARE(wanted.count(), 1);
        QCOMPARE(wanted.first().at(0).toString(), QString("The quick brown fox"));
    }

    void anExampleFillsTheEmptyPagesField() {
        AttentionPage page(m_theme);
        page.show();
        QTest::mouseClick(page.findChild<QPushButton*>("probeExample0"), Qt::LeftButton);
        QVERIFY(page.findChild<QLineEdit*>("probeField")->text().startsWith("Once upon a time"));
        QVERIFY(page.findChild<QPushButton*>("computeButton")->isEnabled());
    }

    void anAnswerForAnotherHeadIsNotShown() {
        AttentionPage page(m_theme);
        page.showRun(madeUpRun());
        page.setSnapshots(kSnapshots);
        page.setOverview(4, madeUpSnapshot());
        page.setHead(4, madeUpHead(3, 0, 160, 64, 4, true));  // 29, 4 is wanted
        page.setHead(1, madeUpHead(29, 4, 160, 64, 4, true)); // of another snapshot
        QCOMPARE(page.findChild<HeadMaps*>()->teacher().tokens, 0);
        page.setHead(4, madeUpHead(29, 4, 160, 64, 4, true));
        QCOMPARE(page.findChild<HeadMaps*>()->teacher().tokens, 160);
    }

    void aFailureStandsOnThePageAndLeavesTheMaps() {
        AnsweredPage answered(m_theme);
        answered.page.setSnapshots(kSnapshots);
        answered.page.setFailure({"MAP-LONG", "The probe has 5,000 tokens, more than 1,024.", "", "Shorten the text."});
        QVERIFY(answered.page.findChild<FailureBanner*>()->isShown());
        QCOMPARE(answered.page.findChild<HeadMaps*>()->teacher().tokens, 160);
    }

    void longTextsAreDrawnAsBlockAverages() {
        AttentionHeatmap map(m_theme, AttentionHeatmap::Kind::Teacher);
        map.resize(236, 228);
        WeightTriangle weights{1000, std::vector<float>(1000 * 1001 / 2, 0.5F)};
        map.setWeights(weights, {0.001, 1, false});
        map.grab();
        QCOMPARE(map.cellPixels(), 1);
        QCOMPARE(map.cellColor(999, 0), map.cellColor(500, 400));
    }

    void aBrokenTriangleIsTakenForNone() {
        Triangle triangle;
        triangle.half.assign(5, halfFromFloat(0.5F)); // no n(n + 1) / 2
        QVERIFY(unpacked(triangle).empty());
        triangle.half.assign(6, halfFromFloat(0.5F));
        QCOMPARE(unpacked(triangle).tokens, 3);
    }

    void figuresAreThoseOfTheTriangle() {
        WeightTriangle weights{2, {1, 0.25F, 0.75F}};
        QCOMPARE(meanFirstMass(weights, 0), 0.625);
        QCOMPARE(meanFirstMass(weights, 1), 0.25);
        QVERIFY(std::abs(meanEntropy(weights, 1) - 0.562335) < 1e-5);
        QCOMPARE(rowSum(weights, 1), 1.0);
    }

    void headsAreWorstFirstAndBracketedByTheirKvHead() {
        HeadListModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        MapSnapshot snapshot;
        snapshot.layers = 2;
        snapshot.heads = 4;
        snapshot.kvHeads = 2;
        const double kls[] = {0.1, 0.9, 0.8, 0.7};
        for (int head = 0; head < 4; ++head) {
            HeadMap map;
            map.layer = 1;
            map.head = head;
            map.kl = kls[head];
            snapshot.maps.push_back(map);
        }
        model.setSnapshot(snapshot);
        QCOMPARE(model.index(0).data(HeadListModel::HeadRole).toInt(), 1);
        QCOMPARE(model.index(1).data(HeadListModel::HeadRole).toInt(), 2);
        QCOMPARE(model.index(0).data(HeadListModel::BracketRole).toInt(), int(HeadListModel::None));
        QCOMPARE(model.index(1).data(HeadListModel::BracketRole).toInt(), int(HeadListModel::First));
        QCOMPARE(model.index(2).data(HeadListModel::BracketRole).toInt(), int(HeadListModel::Last));
        QCOMPARE(model.index(0).data(HeadListModel::KvRole).toString(), QString("KV 0"));
    }

    void pictures() {
        AnsweredPage answered(m_theme);
        takePicture(answered.page, m_theme, "attention-empty");
        answered.page.setSnapshots(kSnapshots);
        QTest::qWait(50);
        auto* map = answered.map("mapTeacher");
        const double cell = map->cellPixels() / map->devicePixelRatioF();
        QTest::mouseClick(map, Qt::LeftButton, {},
                          QPoint(AttentionHeatmap::kLeft + static_cast<int>(60.5 * cell),
                                 AttentionHeatmap::kTop + static_cast<int>(131.5 * cell)));
        takePicture(answered.page, m_theme, "attention");
        answered.page.resize(976, 628);
        takePicture(answered.page, m_theme, "attention-1024");
        AnsweredPage shorter(m_theme, 18);
        shorter.page.setSnapshots(kSnapshots);
        takePicture(shorter.page, m_theme, "attention-short");
    }

private:
    static bool hasLabel(const QWidget& widget, const QString& start) {
        for (const QLabel* label : widget.findChildren<QLabel*>())
            if (label->text().startsWith(start))
                return true;
        return false;
    }

    Theme m_theme;
};

QTEST_MAIN(TestAttentionPage)
#include "test_attention_page.moc"
