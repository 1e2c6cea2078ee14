// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "tests/ui/made_up.h"
#include "ui/models/curves.h"
#include "ui/plots/colour_scale.h"
#include "ui/plots/numbers.h"
#include "ui/plots/plot.h"
#include "ui/plots/plot_group.h"
#include "ui/plots/row_profile.h"
#include "ui/plots/run_comparison.h"

#include <algorithm>
#include <limits>
#include <set>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Every metric that a plot of the list wants, `steps` long.
std::vector<Metric> metricsOf(const PlotKind& kind, std::int64_t steps) {
    std::vector<Metric> metrics;
    for (const std::string& name : kind.metrics)
        for (std::int64_t step = 1; step <= steps; ++step) {
            const double value = 1.0 + 10.0 / static_cast<double>(step);
            const Stage stage = name.rfind("finetune", 0) == 0 ? Stage::Finetune : Stage::Transfer;
            const bool perLayer = name == "transfer.relative" || name == "transfer.mse";
            const bool grows = name == "tokens" || name == "seconds";
            metrics.push_back({stage, name, step, perLayer ? 0 : -1, grows ? static_cast<double>(step) * 7 : value});
        }
    return metrics;
}

PlotSettings settingsOf(const PlotKind& kind) {
    PlotSettings settings;
    settings.stage = kind.metrics.front().rfind("finetune", 0) == 0 ? Stage::Finetune : Stage::Transfer;
    settings.selectedLayer = 0;
    return settings;
}

int differentPixels(const QImage& a, const QImage& b) {
    int count = 0;
    for (int y = 0; y < a.height(); ++y)
        for (int x = 0; x < a.width(); ++x)
            count += a.pixel(x, y) == b.pixel(x, y) ? 0 : 1;
    return count;
}

int pixelsOf(const QImage& image, const QColor& color) {
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            count += image.pixelColor(x, y) == color ? 1 : 0;
    return count;
}

} // namespace

class TestPlots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        m_theme.setMode(Theme::Mode::Light);
        m_theme.applyTo(*qApp);
    }
    void init() { failOnAnyWarning(); }

    void smoothingTakesItsStartOut() {
        const std::vector<double> constant(20, 3.0);
        for (const double value : smoothed(constant, 0.9))
            QVERIFY(std::abs(value - 3.0) < 1e-12);
        const std::vector<double> two = smoothed({1, 2}, 0.5);
        QCOMPARE(two[0], 1.0);
        QVERIFY(std::abs(two[1] - (0.25 + 1.0) / 0.75) < 1e-12);
        QCOMPARE(smoothed({4, 5, 6}, 0), std::vector<double>({4, 5, 6}));
    }

    void whatIsNoNumberLeavesAGapAndNoTraceInSmoothing() {
        const std::vector<double> with = smoothed({1, kNaN, 2}, 0.5);
        QVERIFY(std::isnan(with[1]));
        QCOMPARE(with[2], smoothed({1, 2}, 0.5)[1]);
    }

    void thinningLosesNoSpike() {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 100000; ++i)
            points.push_back({double(i), 1.0 + 0.001 * (i % 7)});
        points[54321].y = 900;
        points[12345].y = -900;
        const std::vector<PlotPoint> few = thinned(points, 0, 99999, 500);
        QVERIFY(few.size() <= 1010);
        const auto has = [&](double y) {
            return std::any_of(few.begin(), few.end(), [y](const PlotPoint& p) { return p.y == y; });
        };
        QVERIFY(has(900) && has(-900));
        QCOMPARE(few.front().x, 0.0);
        QCOMPARE(few.back().x, 99999.0);
        QVERIFY(std::is_sorted(few.begin(), few.end(), [](const PlotPoint& a, const PlotPoint& b) { return a.x < b.x; }));
    }

    void fewPointsAreNotThinned() {
        const std::vector<PlotPoint> points = {{0, 1}, {1, 2}, {2, 3}};
        QCOMPARE(thinned(points, 0, 2, 100).size(), std::size_t(3));
        QCOMPARE(thinned({}, 0, 2, 100).size(), std::size_t(0));
        // Zoomed in, a neighbour at each side stays, so that the line goes on to the edge.
        QCOMPARE(thinned(points, 0.9, 1.1, 100).size(), std::size_t(3));
    }

    void logarithmicTicksAreOneTwoFive() {
        QCOMPARE(oneTwoFive(0.02, 1.1, 8), std::vector<double>({0.02, 0.05, 0.1, 0.2, 0.5, 1}));
        const std::vector<double> wide = oneTwoFive(1e-6, 1, 8);
        QVERIFY(wide.size() <= 8);
        for (const double tick : wide)
            QVERIFY(std::abs(std::log10(tick) - std::round(std::log10(tick))) < 1e-9);
        QVERIFY(oneTwoFive(0, 1, 8).empty());
        QVERIFY(std::abs(oneTwoFiveBelow(0.0431) - 0.02) < 1e-12);
        QVERIFY(std::abs(oneTwoFiveBelow(0.05) - 0.05) < 1e-12);
        QVERIFY(std::abs(oneTwoFiveAbove(0.21) - 0.5) < 1e-12);
    }

    void numbersAreWrittenPlainly() {
        QCOMPARE(plainNumber(0.05), QString("0.05"));
        QCOMPARE(plainNumber(0.00002), QString("0.00002"));
        QCOMPARE(plainNumber(1500), QString("1,500"));
        QCOMPARE(plainNumber(0.2), QString("0.2"));
        QCOMPARE(figureText(0.3801), QString("0.380"));
        QCOMPARE(figureText(0.00012), QString("0.00012"));
        QCOMPARE(figureText(kNaN), QString("NaN"));
        QCOMPARE(countText(1184), QString("1,184"));
        QCOMPARE(signedPercent(-0.102), QString("−10.2 %"));
        QCOMPARE(signedPercent(0.041), QString("+4.1 %"));
        QCOMPARE(signedPercent(kNaN), QString("–"));
    }

    void labelsArePushedApartAndStayInside() {
        const std::vector<double> places = pushedApart({100, 102, 101, 10}, 15, 0, 200);
        std::vector<double> sorted = places;
        std::sort(sorted.begin(), sorted.end());
        for (std::size_t i = 1; i < sorted.size(); ++i)
            QVERIFY(sorted[i] - sorted[i - 1] >= 15 - 1e-9);
        QVERIFY(places[0] < places[2] && places[2] < places[1]); // in the order of their curves
        QCOMPARE(places[3], 10.0);
        const std::vector<double> low = pushedApart({199, 199, 199}, 15, 0, 200);
        QVERIFY(*std::max_element(low.begin(), low.end()) <= 200);
    }

    void aStepThatComesAgainTakesTheNewValue() {
        Curves curves;
        curves.add({{Stage::Transfer, "x", 1, 0, 1}, {Stage::Transfer, "x", 2, 0, 2}, {Stage::Transfer, "x", 3, 0, 3}});
        curves.add({{Stage::Transfer, "x", 2, 0, 20}});
        const auto& points = curves.points(Stage::Transfer, "x", 0);
        QCOMPARE(points.size(), std::size_t(3));
        QCOMPARE(points[1].value, 20.0);
        QCOMPARE(points[2].value, 3.0);
    }

    void historyThatComesAfterLivePointsIsPutInOrder() {
        Curves curves;
        curves.add({{Stage::Transfer, "x", 5, 0, 5}});
        curves.add({{Stage::Transfer, "x", 1, 0, 1}, {Stage::Transfer, "x", 3, 0, 3}});
        const auto& points = curves.points(Stage::Transfer, "x", 0);
        QCOMPARE(points.size(), std::size_t(3));
        QVERIFY(std::is_sorted(points.begin(), points.end(),
                               [](const CurvePoint& a, const CurvePoint& b) { return a.step < b.step; }));
    }

    void curvesKeepStagesNamesAndLayersApart() {
        Curves curves;
        curves.add({{Stage::Transfer, "gradient", 1, -1, 1},
                    {Stage::Finetune, "gradient", 9, -1, 2},
                    {Stage::Transfer, "transfer.relative", 1, 3, 0.5},
                    {Stage::Transfer, "transfer.relative", 1, 7, 1.5},
                    {Stage::Transfer, "transfer.relative", 1, -1, 9}});
        QCOMPARE(curves.points(Stage::Transfer, "gradient").size(), std::size_t(1));
        QCOMPARE(curves.layers(Stage::Transfer, "transfer.relative"), std::vector<int>({3, 7}));
        QCOMPARE(curves.mean(Stage::Transfer, "transfer.relative").front().value, 1.0);
        QCOMPARE(curves.lastStep(Stage::Finetune), std::int64_t(9));
        QCOMPARE(curves.lastStep(Stage::Measure), std::int64_t(0));
    }

    void anAxisOfTokensOrTimeLiesOnTheLineBetweenKnownSteps() {
        Curves curves;
        curves.add({{Stage::Transfer, "tokens", 1, -1, 512}, {Stage::Transfer, "tokens", 3, -1, 1536}});
        const AxisScale tokens(curves, Stage::Transfer, XAxis::Tokens);
        QVERIFY(tokens.usable());
        QCOMPARE(tokens.at(2), 1024.0);
        QCOMPARE(tokens.at(5), 2560.0);
        QVERIFY(!AxisScale(curves, Stage::Transfer, XAxis::Time).usable());
        QCOMPARE(AxisScale(curves, Stage::Transfer, XAxis::Step).at(7), 7.0);
    }

    void theListHasEveryPlotOnce() {
        std::set<std::string> ids;
        for (const PlotKind& kind : plotKinds()) {
            QVERIFY2(ids.insert(kind.id).second, kind.id.c_str());
            QVERIFY(!kind.title.isEmpty());
            QVERIFY(!kind.metrics.empty());
        }
        for (const char* id : {"layer_error", "layer_by_step", "mean_error", "finetune_loss", "throughput"})
            QCOMPARE(plotKind(id).id, std::string(id));
    }

    void everyPlotShowsNothingOnePointAndMany_data() {
        QTest::addColumn<QString>("id");
        for (const PlotKind& kind : plotKinds())
            QTest::newRow(kind.id.c_str()) << QString::fromStdString(kind.id);
    }
    // The contract of the list: each draws its ghost, its first point and a long run, live or at once, to the same picture.
    void everyPlotShowsNothingOnePointAndMany() {
        QFETCH(QString, id);
        const PlotKind& kind = plotKind(id.toStdString());
        Curves curves;
        const std::unique_ptr<Plot> plot = kind.make(m_theme, curves);
        plot->resize(620, 300);
        plot->setSettings(settingsOf(kind));
        plot->show();
        plot->drawNow();
        const QImage ghost = plot->grab().toImage();
        curves.add(metricsOf(kind, 1));
        plot->drawNow();
        const QImage one = plot->grab().toImage();
        QVERIFY(differentPixels(ghost, one) > 0);
        curves.add(metricsOf(kind, 50000));
        plot->drawNow();
        const QImage many = plot->grab().toImage();
        QVERIFY(differentPixels(one, many) > 50);

        Curves history;
        history.add(metricsOf(kind, 50000));
        const std::unique_ptr<Plot> stored = kind.make(m_theme, history);
        stored->resize(620, 300);
        stored->setSettings(settingsOf(kind));
        stored->show();
        stored->drawNow();
        QCOMPARE(differentPixels(many, stored->grab().toImage()), 0);
    }

    void valuesThatCannotBeDrawnAreSurvived() {
        Curves curves;
        std::vector<Metric> metrics;
        for (std::int64_t step = 1; step <= 30; ++step) {
            const double strange[] = {kNaN, 0, -1, std::numeric_limits<double>::infinity(), 0.5};
            metrics.push_back({Stage::Transfer, "transfer.relative", step, 0, strange[step % 5]});
            metrics.push_back({Stage::Transfer, "transfer.relative", step, 1, kNaN});
            metrics.push_back({Stage::Transfer, "transfer.heldout.relative", step, -1, kNaN});
            metrics.push_back({Stage::Transfer, "transfer.lr", step, -1, 0});
            metrics.push_back({Stage::Finetune, "finetune.loss", step, -1, kNaN});
            metrics.push_back({Stage::Transfer, "gradient", step, -1, std::numeric_limits<double>::infinity()});
        }
        curves.add(metrics);
        for (const PlotKind& kind : plotKinds()) {
            const std::unique_ptr<Plot> plot = kind.make(m_theme, curves);
            plot->resize(620, 300);
            plot->setSettings(settingsOf(kind));
            plot->show();
            plot->drawNow();
            QVERIFY(!plot->grab().isNull());
        }
    }

    void aPlotDrawsAtMostTenTimesASecondAndOnlyInView() {
        Curves curves;
        const std::unique_ptr<Plot> plot = plotKind("mean_error").make(m_theme, curves);
        plot->resize(500, 300);
        plot->show();
        QTest::qWait(250); // what showing it asks for
        QSignalSpy drawn(plot.get(), &QCustomPlot::afterReplot);
        for (int step = 1; step <= 1000; ++step) {
            curves.add({{Stage::Transfer, "transfer.relative", step, 0, 1.0 / step}});
            plot->touch();
        }
        QCOMPARE(drawn.count(), 0);
        QTRY_COMPARE(drawn.count(), 1);
        plot->hide();
        curves.add({{Stage::Transfer, "transfer.relative", 1001, 0, 1}});
        plot->touch();
        QTest::qWait(250);
        QCOMPARE(drawn.count(), 1);
        plot->show();
        QTRY_VERIFY(drawn.count() >= 2);
    }

    void theSelectedLayerHasTheStudentsColourAndPinnedOnesTheRuns() {
        PlotSettings settings;
        settings.selectedLayer = 5;
        settings.pinnedLayers = {9, 2};
        QCOMPARE(layerColor(m_theme, settings, 5), m_theme.color(Token::Student));
        QCOMPARE(layerColor(m_theme, settings, 9), m_theme.color(Token::S3));
        QCOMPARE(layerColor(m_theme, settings, 2), m_theme.color(Token::S4));
        QCOMPARE(layerColor(m_theme, settings, 1), m_theme.color(Token::Context));
        QVERIFY(isFocused(settings, 9) && !isFocused(settings, 1));
    }

    void clickingAMapsRowPicksItsLayer() {
        Curves curves;
        curves.add(madeUpTransfer(10, 100));
        PlotGroup group;
        PlotCard card("layer_by_step", m_theme, curves, group);
        card.resize(620, 340);
        card.show();
        QTest::qWait(50);
        QSignalSpy picked(&group, &PlotGroup::layerPicked);
        Plot* plot = card.plot();
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->axisRect()->rect().topLeft() + QPoint(20, 2));
        QCOMPARE(picked.count(), 1);
        QCOMPARE(picked.first().at(0).toInt(), 0);
        QTest::mouseClick(plot, Qt::LeftButton, {}, plot->axisRect()->rect().bottomLeft() + QPoint(20, -2));
        QCOMPARE(picked.last().at(0).toInt(), 9);
    }

    void stackedPlotsShareTheirEdges() {
        Curves curves;
        curves.add(madeUpTransfer(10, 100));
        PlotGroup group;
        PlotCard above("layer_error", m_theme, curves, group);
        PlotCard below("layer_by_step", m_theme, curves, group);
        for (PlotCard* card : {&above, &below}) {
            card->resize(900, 320);
            card->show();
        }
        QTest::qWait(50);
        QCOMPARE(above.plot()->axisRect()->left(), below.plot()->axisRect()->left());
        QCOMPARE(above.plot()->axisRect()->right(), below.plot()->axisRect()->right());
        QCOMPARE(above.plot()->xAxis->range().upper, below.plot()->xAxis->range().upper);
    }

    void aZoomStaysWhilePointsComeAndADoubleClickFits() {
        Curves curves;
        curves.add(madeUpTransfer(3, 100));
        const std::unique_ptr<Plot> plot = plotKind("layer_error").make(m_theme, curves);
        plot->resize(620, 300);
        plot->show();
        plot->drawNow();
        const QPoint middle = plot->axisRect()->rect().center();
        QWheelEvent wheel(middle, plot->mapToGlobal(middle), {}, {0, 240}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                          false);
        QCoreApplication::sendEvent(plot.get(), &wheel);
        const double zoomed = plot->xAxis->range().size();
        QVERIFY(zoomed < 100);
        curves.add(madeUpTransfer(3, 200));
        plot->drawNow();
        QCOMPARE(plot->xAxis->range().size(), zoomed);
        QTest::mouseDClick(plot.get(), Qt::LeftButton, {}, middle);
        QCOMPARE(plot->xAxis->range().size(), 200.0);
    }

    void aRunsReferenceIsDrawnAsADashedLine() {
        Curves curves;
        curves.add(madeUpFinetune(100));
        const std::unique_ptr<Plot> plot = plotKind("finetune_loss").make(m_theme, curves);
        plot->resize(700, 300);
        PlotSettings settings;
        settings.stage = Stage::Finetune;
        settings.finetuneLoss = "next-token";
        plot->setSettings(settings);
        plot->show();
        plot->drawNow();
        QCOMPARE(pixelsOf(plot->grab().toImage(), m_theme.color(Token::Teacher)), 0);
        settings.reference = 0.05;
        settings.referenceName = "teacher";
        plot->setSettings(settings);
        plot->drawNow();
        QVERIFY(pixelsOf(plot->grab().toImage(), m_theme.color(Token::Teacher)) > 100);
    }

    void comparedRunsHaveTheirColoursInOrder() {
        RunComparison plot(m_theme);
        plot.resize(700, 300);
        plot.setRuns({{"a", "a", {}}, {"b", "b", {}}});
        plot.setPoints("a", {{0, 2}, {100, 1}});
        plot.setPoints("b", {{0, 3}, {100, 2}});
        plot.show();
        plot.drawNow();
        const QImage both = plot.grab().toImage();
        QVERIFY(pixelsOf(both, m_theme.color(Token::S3)) > 50);
        QVERIFY(pixelsOf(both, m_theme.color(Token::S4)) > 50);
        plot.setRuns({{"b", "b", {}}}); // keeps the points it has
        plot.drawNow();
        const QImage one = plot.grab().toImage();
        QVERIFY(pixelsOf(one, m_theme.color(Token::S3)) > 50);
        QCOMPARE(pixelsOf(one, m_theme.color(Token::S4)), 0);
    }

    void theDifferenceScaleIsNothingInTheMiddle() {
        const auto table = colourTable({Qt::blue, Qt::white, Qt::red});
        QCOMPARE(QColor(table[0]), QColor(Qt::blue));
        QCOMPARE(QColor(table[255]), QColor(Qt::red));
        QVERIFY(QColor(table[127]).lightness() > 250);
    }

    void aRowProfileDrawsBothAndShadesTheWindow() {
        RowProfile profile(m_theme);
        profile.resize(600, 240);
        WeightTriangle teacher = unpacked(madeUpHead(3, 1, 100, 20, 2, true).teacher);
        WeightTriangle student = studentWeights(madeUpHead(3, 1, 100, 20, 2, true), StudentPart::Both);
        profile.setTokens(madeUpSnapshot(100).tokens, 20, 2);
        profile.setRow(teacher, student, 90, 40);
        const QImage picture = profile.grab().toImage();
        QVERIFY(pixelsOf(picture, m_theme.color(Token::Hover)) > 500);
        QVERIFY(pixelsOf(picture, m_theme.color(Token::Teacher)) > 20);
        QVERIFY(pixelsOf(picture, m_theme.color(Token::Student)) > 20);
    }

private:
    Theme m_theme;
};

QTEST_MAIN(TestPlots)
#include "test_plots.moc"
