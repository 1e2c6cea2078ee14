// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "tests/ui/made_up_plan.h"
#include "ui/pages/plan_page.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/layer_toggles.h"
#include "ui/widgets/token_preview.h"

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTabBar>
#include <QToolButton>

namespace lolcats {

class TestPlanPage : public QObject {
    Q_OBJECT

    Theme* m_theme = nullptr;
    PlanPage* m_page = nullptr;
    std::vector<ConversionPlan> m_edited;

    template <typename T> T* part(const char* name) { return m_page->findChild<T*>(QLatin1String(name)); }
    bool mayStart() { return part<QPushButton>("startButton")->isEnabled(); }
    QString reason() { return part<QLabel>("startReason")->text(); }
    void type(const char* field, const QString& text) {
        part<QLineEdit>(field)->setFocus();
        part<QLineEdit>(field)->selectAll();
        QTest::keyClicks(part<QLineEdit>(field), text);
    }
    void choose(const char* box, int index) {
        auto* combo = part<QComboBox>(box);
        combo->setFocus();
        QTest::keyClick(combo, Qt::Key_Home);
        for (int i = 0; i < index; ++i)
            QTest::keyClick(combo, Qt::Key_Down);
    }
    void makeReady() {
        m_page->setCatalogue(testing::madeUpCatalogue());
        m_page->setEngineState(QStringLiteral("libtorch"), true);
        m_page->setPlan(testing::madeUpReadyPlan());
        m_page->setModel(testing::madeUpModel());
        m_page->setPreview(testing::madeUpPreview());
        m_page->setForecast(testing::madeUpForecast());
    }

private Q_SLOTS:
    void initTestCase() {
        m_theme = new Theme(this);
        m_theme->setMode(Theme::Mode::Light);
        m_theme->applyTo(*qApp);
    }
    void init() {
        testing::failOnAnyWarning();
        m_edited.clear();
        m_page = new PlanPage(*m_theme);
        connect(m_page, &PlanPage::planEdited, this, [this](const ConversionPlan& plan) { m_edited.push_back(plan); });
        m_page->resize(1368, 828);
        m_page->show();
        QApplication::setActiveWindow(m_page);
    }
    void cleanup() { delete m_page; }

    void whileTheEngineLoadsThePageSaysSo() {
        m_page->setEngineState(QStringLiteral("Loading the engine…"), false);
        QVERIFY(!mayStart());
        QVERIFY(part<QLabel>("startReason")->isVisible());
        QVERIFY(part<QLineEdit>("length") == nullptr);
        bool said = false;
        for (const QLabel* label : m_page->findChildren<QLabel*>())
            said = said || (label->isVisible() && label->text() == QStringLiteral("Loading the engine…"));
        QVERIFY(said);
    }

    void startIsGreyWithItsReasonUntilAllIsThere() {
        m_page->setCatalogue(testing::madeUpCatalogue());
        m_page->setEngineState(QStringLiteral("libtorch"), true);
        QVERIFY(!mayStart());
        QVERIFY2(reason().contains(QStringLiteral("No model is chosen.")), qPrintable(reason()));
        m_page->setPlan(testing::madeUpReadyPlan());
        QVERIFY2(reason().contains(QStringLiteral("header is being read")), qPrintable(reason()));
        m_page->setModel(testing::madeUpModel());
        m_page->setDataPending();
        QVERIFY2(reason().contains(QStringLiteral("text is being read")), qPrintable(reason()));
        m_page->setPreview(testing::madeUpPreview());
        QVERIFY(mayStart());
        QVERIFY(!part<QLabel>("startReason")->isVisible());
        QSignalSpy started(m_page, &PlanPage::startRequested);
        QTest::mouseClick(part<QPushButton>("startButton"), Qt::LeftButton);
        QCOMPARE(started.count(), 1);
        m_page->setBusy(true);
        QVERIFY(!mayStart());
        QCOMPARE(reason(), QStringLiteral("A run is going on."));
    }

    void whatStandsInTheWayIsNamed_data() {
        QTest::addColumn<int>("what");
        QTest::addColumn<QString>("said");
        QTest::newRow("a model that cannot be converted") << 0 << "sliding windows";
        QTest::newRow("a tokenizer we do not know") << 1 << "unigram";
        QTest::newRow("a text that cannot be read") << 2 << "Line 3,107";
        QTest::newRow("too little memory") << 3 << "are free";
        QTest::newRow("a layer that is not there") << 4 << "only 30 layers";
        QTest::newRow("nothing left to convert") << 5 << "nothing would be converted";
        QTest::newRow("no steps at all") << 6 << "no steps";
    }
    void whatStandsInTheWayIsNamed() {
        QFETCH(int, what);
        QFETCH(QString, said);
        makeReady();
        QVERIFY(mayStart());
        ModelSummary model = testing::madeUpModel();
        Forecast forecast = testing::madeUpForecast();
        ConversionPlan plan = m_page->plan();
        switch (what) {
        case 0:
            model.convertible = false;
            model.verdict = "Its layers have sliding windows.";
            m_page->setModel(model);
            break;
        case 1:
            model.tokenizerUsable = false;
            model.tokenizer = "A unigram tokenizer is not understood.";
            m_page->setModel(model);
            break;
        case 2:
            m_page->setDataFailure({"DATA-FIELD", "Line 3,107 has no field output.", "", "Mend the line."});
            break;
        case 3:
            forecast.availableBytes = 1 << 30;
            m_page->setForecast(forecast);
            break;
        case 4:
            plan.keepSoftmax = {30};
            m_page->setPlan(plan);
            break;
        case 5:
            for (int layer = 0; layer < 30; ++layer)
                plan.keepSoftmax.push_back(layer);
            m_page->setPlan(plan);
            break;
        default:
            plan.transferSteps = plan.finetuneSteps = 0;
            m_page->setPlan(plan);
        }
        QVERIFY(!mayStart());
        QVERIFY2(reason().contains(said), qPrintable(reason()));
        QVERIFY(reason().startsWith(QStringLiteral("1 problem")));
    }

    void failuresOfModelAndTextStandInTheirSections() {
        makeReady();
        m_page->setModelFailure({"GGUF-TRUNC", "The file ends early.", "", "Fetch it again."});
        auto* model = part<FailureBanner>("modelBanner");
        QVERIFY(model->isVisible());
        QSignalSpy wanted(m_page, &PlanPage::modelRequested);
        QTest::mouseClick(model->findChild<QPushButton*>(QStringLiteral("remedy0")), Qt::LeftButton);
        QTRY_COMPARE(wanted.count(), 1);
        m_page->setModel(testing::madeUpModel());
        QVERIFY(!model->isVisible());
        m_page->setDataFailure({"DATA-EMPTY", "The text is empty.", "", "Choose another."});
        QVERIFY(part<FailureBanner>("dataBanner")->isVisible());
        QVERIFY(!part<TokenPreview>("dataPreview")->isVisible());
        m_page->setPreview(testing::madeUpPreview());
        QVERIFY(!part<FailureBanner>("dataBanner")->isVisible());
        QVERIFY(part<TokenPreview>("dataPreview")->isVisible());
    }

    void anEditReachesPlanCommandAndUndo() {
        makeReady();
        type("window", QStringLiteral("128"));
        QCOMPARE(m_page->plan().options.at("window"), OptionValue(std::int64_t{128}));
        QCOMPARE(m_edited.back(), m_page->plan());
        QVERIFY(part<QLabel>("commandText")->text().contains(QStringLiteral("--window 128")));
        m_page->undoStack()->undo();
        QCOMPARE(m_page->plan(), testing::madeUpReadyPlan());
        QCOMPARE(m_edited.back(), m_page->plan());
        QCOMPARE(part<QLineEdit>("window")->text(), QStringLiteral("64"));
        m_page->undoStack()->redo();
        QCOMPARE(part<QLineEdit>("window")->text(), QStringLiteral("128"));
    }

    void aFieldThatCannotBeReadHoldsTheStart() {
        makeReady();
        type("transfer_steps", QStringLiteral("x"));
        QVERIFY(!mayStart());
        QVERIFY(reason().contains(QStringLiteral("cannot be used")));
        QCOMPARE(m_page->plan(), testing::madeUpReadyPlan());
        type("transfer_steps", QStringLiteral("50"));
        QVERIFY(mayStart());
        QCOMPARE(m_page->plan().transferSteps, std::int64_t{50});
    }

    void anotherPartBringsItsOwnOptions() {
        makeReady();
        QVERIFY(part<QLineEdit>("window") != nullptr);
        choose("attention", 1);
        QCOMPARE(m_page->plan().attention, std::string("linear"));
        QVERIFY(part<QLineEdit>("window") == nullptr);
        QVERIFY(m_page->plan().options.count("window") == 0);
        QVERIFY(mayStart());
        m_page->undoStack()->undo();
        QVERIFY(part<QLineEdit>("window") != nullptr);
        QCOMPARE(m_page->plan(), testing::madeUpReadyPlan());
    }

    void aPresetSetsItsValuesAndKeepsModelAndText() {
        makeReady();
        choose("presetChoice", 1);
        QCOMPARE(m_page->plan().preset, std::string("paper"));
        QCOMPARE(m_page->plan().length, std::int64_t{1024});
        QCOMPARE(m_page->plan().options.at("sinks"), OptionValue(std::int64_t{0}));
        QCOMPARE(m_page->plan().model, testing::madeUpReadyPlan().model);
        QCOMPARE(m_page->plan().data, testing::madeUpReadyPlan().data);
        QVERIFY(!part<QToolButton>("lengthReset")->isVisible());
    }

    void layersAreKeptByAClickAndAResetTakesThemBack() {
        makeReady();
        auto* layers = m_page->findChild<LayerToggles*>();
        QCOMPARE(layers->layers(), 30);
        QTest::mouseClick(layers, Qt::LeftButton, {}, layers->box(29).center());
        QTest::mouseClick(layers, Qt::LeftButton, {}, layers->box(0).center());
        QCOMPARE(m_page->plan().keepSoftmax, (std::vector<std::int64_t>{0, 29}));
        type("window", QStringLiteral("32"));
        QTest::mouseClick(part<QToolButton>("attentionResetSection"), Qt::LeftButton);
        QCOMPARE(m_page->plan(), testing::madeUpReadyPlan());
        QVERIFY(layers->kept().empty());
    }

    void theModelIsShownWithItsFacts() {
        makeReady();
        const auto* facts = part<Facts>("modelFacts");
        QVERIFY(facts->isVisible());
        QCOMPARE(facts->value(QStringLiteral("Heads")), QStringLiteral("9, 3 key-value"));
        QCOMPARE(facts->value(QStringLiteral("Verdict")), QStringLiteral("30 of 30 layers can be converted"));
    }

    void theButtonsAskForFiles() {
        makeReady();
        QSignalSpy model(m_page, &PlanPage::modelRequested);
        QSignalSpy data(m_page, &PlanPage::dataRequested);
        QSignalSpy heldout(m_page, &PlanPage::heldoutRequested);
        for (const char* name : {"changeModelButton", "chooseDataButton", "chooseHeldoutButton"})
            QTest::mouseClick(part<QAbstractButton>(name), Qt::LeftButton);
        QCOMPARE(model.count(), 1);
        QCOMPARE(data.count(), 1);
        QCOMPARE(heldout.count(), 1);
    }

    void theCommandIsCopied() {
        makeReady();
        m_page->setRunPath(QStringLiteral("/runs/smollm2.lolcats"));
        QTest::mouseClick(part<QPushButton>("copyCommandButton"), Qt::LeftButton);
        QVERIFY(QApplication::clipboard()->text().startsWith(QStringLiteral("lolcats convert /models/smollm2-135m.gguf")));
        QVERIFY(QApplication::clipboard()->text().contains(QStringLiteral("--run /runs/smollm2.lolcats")));
    }

    void theForecastIsSaidInBytesAndMinutes() {
        makeReady();
        QCOMPARE(part<QLabel>("fitFinetune")->text(), QStringLiteral("2.1 GiB"));
        QCOMPARE(part<QLabel>("fitTime")->text(), QStringLiteral("11 min"));
    }

    void aNarrowWindowHasTheChecksInATab() {
        makeReady();
        m_page->resize(960, 560);
        QApplication::processEvents();
        QVERIFY(!part<QLabel>("commandText")->isVisible());
        QVERIFY(part<QLineEdit>("length")->isVisible());
        part<QTabBar>("planTabs")->setCurrentIndex(1);
        QVERIFY(part<QLabel>("commandText")->isVisible());
        QVERIFY(!part<QLineEdit>("length")->isVisible());
        auto* start = part<QPushButton>("startButton");
        QVERIFY(m_page->rect().contains(QRect(start->mapTo(m_page, QPoint()), start->size())));
    }

    void seldomNeededRowsStandBehindAdvanced() {
        makeReady();
        QVERIFY(!part<QLineEdit>("transfer_warmup")->isVisible());
        QTest::mouseClick(part<QToolButton>("transferAdvanced"), Qt::LeftButton);
        QVERIFY(part<QLineEdit>("transfer_warmup")->isVisible());
        ConversionPlan plan = m_page->plan();
        plan.dropout = 0.1;
        m_page->setPlan(plan);
        QVERIFY(part<QLineEdit>("dropout")->isVisible());
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestPlanPage)
#include "test_plan_page.moc"
