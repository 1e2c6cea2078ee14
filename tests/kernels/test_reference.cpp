// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>

using namespace lolcats::reference;

namespace {

bool near(double a, double b) {
    return std::abs(a - b) < 1e-14;
}

// As text: one row per query, s for softmax keys, l for linear ones.
QString picture(const HybridShape& shape) {
    QString rows;
    for (std::int64_t i = 0; i < shape.tokens; ++i) {
        for (std::int64_t j = 0; j <= i; ++j)
            rows += inWindow(shape, i, j) ? u's' : u'l';
        rows += u' ';
    }
    return rows.trimmed();
}

} // namespace

class TestReference : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }
    void slidingWindowHoldsTheQueryAndThoseBeforeIt();
    void terracedWindowHoldsItsBlockAndTheOneBefore();
    void noKeyAfterTheQueryIsSeen();
    void twoKeysInTheWindowAreSoftmax();
    void oneOldKeyIsLinearAndNotShifted();
    void rowsOfBothPartsSumToOne();
    void softmaxIsTheHybridWithAnEndlessWindow();
    void hedgehogFeaturesAreTwoSoftmaxes();
    void featuresNeverFallBelowTheirFloor();
    void otherActivationsAreTheirFormulas();
    void biasAndSkipConnectionAreAdded();
};

void TestReference::slidingWindowHoldsTheQueryAndThoseBeforeIt() {
    HybridShape shape{.tokens = 5, .window = 2};
    QCOMPARE(picture(shape), QStringLiteral("s ss lss llss lllss"));
    shape.sinks = 1;
    QCOMPARE(picture(shape), QStringLiteral("s ss sss slss sllss"));
    shape.shape = WindowShape::None;
    shape.sinks = 0;
    QCOMPARE(picture(shape), QStringLiteral("l ll lll llll lllll"));
}

void TestReference::terracedWindowHoldsItsBlockAndTheOneBefore() {
    HybridShape shape{.tokens = 7, .window = 2, .shape = WindowShape::Terraced};
    QCOMPARE(picture(shape), QStringLiteral("s ss sss ssss llsss llssss llllsss"));
    shape.sinks = 1;
    QCOMPARE(picture(shape), QStringLiteral("s ss sss ssss slsss slssss slllsss"));
}

void TestReference::noKeyAfterTheQueryIsSeen() {
    const HybridShape shape{.tokens = 3, .window = 8, .sinks = 3};
    QVERIFY(!inWindow(shape, 0, 1));
    QVERIFY(inWindow(shape, 1, 1));
}

void TestReference::twoKeysInTheWindowAreSoftmax() {
    HybridShape shape{.tokens = 2, .headDim = 4, .features = 1, .window = 2, .windowFactor = 0.3};
    const std::vector<double> q = {0, 0, 0, 0, 2, 0, 0, 0};
    const std::vector<double> k = {1, 0, 0, 0, 0, 1, 0, 0};
    const std::vector<double> v = {1, 0, 0, 0, 0, 1, 0, 0};
    const HybridResult result = hybridAttention(shape, q, k, v, {1, 1}, {1, 1});
    const double first = std::exp(1.0) / (std::exp(1.0) + 1); // scores 2 / sqrt(4) and 0; the factor cancels
    QVERIFY(near(result.y[0], 1));
    QVERIFY(near(result.y[4], first));
    QVERIFY(near(result.y[5], 1 - first));
}

void TestReference::oneOldKeyIsLinearAndNotShifted() {
    HybridShape shape{.tokens = 2, .headDim = 1, .features = 2, .window = 1, .windowFactor = 0.5, .linearFactor = 0.25};
    // The window holds the query's own key alone: its exponential is 1 however large the score, and the linear part stays.
    const HybridResult result = hybridAttention(shape, {1, 30}, {1, 2}, {3, 5}, {1, 0, 2, 4}, {0.5, 0.25, 7, 7});
    const double linear = 0.25 * (2 * 0.5 + 4 * 0.25);
    QVERIFY(near(result.softmaxWeights[3], 0.5 / (0.5 + linear)));
    QVERIFY(near(result.linearWeights[2], linear / (0.5 + linear)));
    QVERIFY(near(result.y[1], (0.5 * 5 + linear * 3) / (0.5 + linear)));
}

void TestReference::rowsOfBothPartsSumToOne() {
    HybridShape shape{.tokens = 6, .headDim = 1, .features = 1, .window = 2, .sinks = 1, .windowFactor = 0.7};
    const std::vector<double> x = {0.1, -2, 3, 0.5, 1, -1};
    const HybridResult result = hybridAttention(shape, x, x, x, {1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1});
    for (std::size_t i = 0; i < 6; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < 6; ++j)
            sum += result.softmaxWeights[i * 6 + j] + result.linearWeights[i * 6 + j];
        QVERIFY(near(sum, 1));
    }
}

void TestReference::softmaxIsTheHybridWithAnEndlessWindow() {
    const HybridResult result = softmaxAttention(3, 1, {0, 1, 2}, {0, 1, 2}, {1, 10, 100});
    const double sum = 1 + std::exp(2.0) + std::exp(4.0);
    QVERIFY(std::abs(result.y[2] - (1 + 10 * std::exp(2.0) + 100 * std::exp(4.0)) / sum) < 1e-12);
    QVERIFY(near(result.softmaxWeights[6], 1 / sum));
}

void TestReference::hedgehogFeaturesAreTwoSoftmaxes() {
    const std::vector<double> features = mapFeatures({.headDim = 2, .size = 2}, 1, {1, 2}, {1, 0, 0, 1});
    const double small = 1 / (1 + std::exp(1.0));
    QCOMPARE(features.size(), std::size_t{4});
    QVERIFY(near(features[0], small));
    QVERIFY(near(features[1], 1 - small));
    QVERIFY(near(features[2], 1 - small));
    QVERIFY(near(features[3], small));
}

void TestReference::featuresNeverFallBelowTheirFloor() {
    const std::vector<double> features = mapFeatures({.headDim = 1, .size = 2}, 1, {100}, {1, -1});
    QCOMPARE(features[1], 1e-12);
    QCOMPARE(features[2], 1e-12);
    QVERIFY(near(features[0], 1));
    QCOMPARE(mapFeatures({.headDim = 1, .size = 1, .activation = Activation::Relu}, 1, {-2}, {})[0], 1e-12);
}

void TestReference::otherActivationsAreTheirFormulas() {
    const std::vector<double> x = {1, -2};
    const auto of = [&](Activation activation, bool both) {
        return mapFeatures({.headDim = 2, .size = 2, .activation = activation, .bothSigns = both}, 1, x, {});
    };
    QCOMPARE(of(Activation::Relu, true), (std::vector<double>{1, 1e-12}));
    QCOMPARE(of(Activation::Elu, true), (std::vector<double>{2, std::exp(-2.0)}));
    QCOMPARE(of(Activation::Exp, false), (std::vector<double>{1, std::exp(-3.0)}));
    QCOMPARE(of(Activation::Exp, true), (std::vector<double>{1, std::exp(-3.0), std::exp(-3.0), 1}));
    QCOMPARE(of(Activation::Softmax, false).size(), std::size_t{2});
}

void TestReference::biasAndSkipConnectionAreAdded() {
    const MapShape shape{.headDim = 2, .size = 3, .activation = Activation::Relu, .skip = true};
    const std::vector<double> features = mapFeatures(shape, 1, {1, 2}, {1, 0, 5, 0, 1, 5}, {0.5, 0.5, 0.5});
    QCOMPARE(features, (std::vector<double>{2.5, 4.5, 15.5})); // the third column has no number of the head to add
}

QTEST_GUILESS_MAIN(TestReference)
#include "test_reference.moc"
