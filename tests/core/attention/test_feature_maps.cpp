// SPDX-License-Identifier: GPL-3.0-or-later
#include "kernels/reference.h"
#include "tests/core/attention/mixers.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <torch/csrc/autograd/autograd.h>

#include <cmath>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

constexpr std::int64_t kHeads = 2;
constexpr std::int64_t kHeadDim = 6;
constexpr std::int64_t kSize = 4;

std::unique_ptr<FeatureMap> makeMap(const std::string& id, std::int64_t seed = 1, const std::string& start = "kaiming") {
    return makeFeatureMap(id, {kHeads, kHeadDim, seed, at::kDouble}, {{"feature_dim", kSize}, {"feature_start", start}});
}

std::vector<double> numbers(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.detach().contiguous();
    return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

} // namespace

class TestFeatureMaps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void featuresAreAsManyAsPromisedAndNeverNegative_data() { everyMap(); }
    void featuresAreAsManyAsPromisedAndNeverNegative();
    void hugeNumbersStayFinite_data() { everyMap(); }
    void hugeNumbersStayFinite();
    void halfPrecisionGivesSinglePrecision_data() { everyMap(); }
    void halfPrecisionGivesSinglePrecision();
    void gradientsMatchFiniteDifferences_data() { everyMap(); }
    void gradientsMatchFiniteDifferences();
    void learnedTensorsAreNamedLeavesThatCanBeLoaded_data() { everyMap(); }
    void learnedTensorsAreNamedLeavesThatCanBeLoaded();
    void hedgehogAgreesWithThePlainLoops();
    void identityReadsTheFirstDimensions();
    void kaimingStaysInsideItsBound();
    void equalSeedsGiveEqualStarts_data();
    void equalSeedsGiveEqualStarts();
    void queriesAndKeysStartAlikeAndLearnApart();
    void positiveEluIsOnePlusElu();
    void anUnknownMapIsRefusedWithThoseThatExist();
    void anOptionOutsideItsRangeIsRefused();

private:
    static void everyMap() {
        QTest::addColumn<QString>("id");
        for (const FeatureMapPart& part : featureMapParts())
            QTest::newRow(part.choice.id.c_str()) << QString::fromStdString(part.choice.id);
    }
    static std::string idOfRow() {
        QFETCH(QString, id);
        return id.toStdString();
    }
};

void TestFeatureMaps::featuresAreAsManyAsPromisedAndNeverNegative() {
    const auto map = makeMap(idOfRow());
    const at::Tensor features = map->queries(random({2, kHeads, 5, kHeadDim}, 1));
    QVERIFY(features.sizes() == at::IntArrayRef({2, kHeads, 5, map->features()}));
    QVERIFY(features.min().item<double>() >= 0);
    QCOMPARE(features.scalar_type(), at::kDouble);
}

void TestFeatureMaps::hugeNumbersStayFinite() {
    const auto map = makeMap(idOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 2) * 1e4;
    QVERIFY(map->keys(x).isfinite().all().item<bool>());
    QVERIFY(map->keys(x).min().item<double>() >= 0);
}

void TestFeatureMaps::halfPrecisionGivesSinglePrecision() {
    const auto map = makeMap(idOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 3).to(at::kBFloat16);
    QCOMPARE(map->queries(x).scalar_type(), at::kFloat);
    QVERIFY(largestDifference(map->queries(x), map->queries(x.to(at::kDouble))) < 1e-5);
}

void TestFeatureMaps::gradientsMatchFiniteDifferences() {
    const auto map = makeMap(idOfRow());
    at::Tensor x = random({1, kHeads, 5, kHeadDim}, 4).set_requires_grad(true);
    const at::Tensor cotangent = random({1, kHeads, 5, map->features()}, 5);
    std::vector<at::Tensor> leaves = {x};
    for (const NamedTensor& learned : map->parameters())
        leaves.push_back(learned.tensor);
    const auto value = [&] { return ((map->queries(x) + 2 * map->keys(x)) * cotangent).sum(); };
    const std::vector<at::Tensor> gradients = torch::autograd::grad({value()}, leaves);
    const at::NoGradGuard noGrad;
    const double h = 1e-5;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const at::Tensor direction = random(leaves[i].sizes(), 10 + i);
        leaves[i].add_(direction, h);
        const double above = value().item<double>();
        leaves[i].add_(direction, -2 * h);
        const double below = value().item<double>();
        leaves[i].add_(direction, h);
        const double expected = (above - below) / (2 * h);
        QVERIFY(std::abs((gradients[i] * direction).sum().item<double>() - expected) <
                1e-7 * std::max(1.0, std::abs(expected)));
    }
}

void TestFeatureMaps::learnedTensorsAreNamedLeavesThatCanBeLoaded() {
    const auto trained = makeMap(idOfRow());
    const auto loaded = makeMap(idOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 6);
    const std::vector<NamedTensor> from = trained->parameters();
    const std::vector<NamedTensor> to = loaded->parameters();
    QCOMPARE(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        QVERIFY(from[i].tensor.is_leaf() && from[i].tensor.requires_grad());
        QCOMPARE(from[i].name, to[i].name);
        const at::NoGradGuard noGrad;
        from[i].tensor.add_(random(from[i].tensor.sizes(), 20 + i));
        QVERIFY(largestDifference(from[i].tensor, to[i].tensor) > 0.1);
        to[i].tensor.copy_(from[i].tensor);
    }
    QVERIFY(at::equal(trained->queries(x), loaded->queries(x)));
    QVERIFY(at::equal(trained->keys(x), loaded->keys(x)));
}

void TestFeatureMaps::hedgehogAgreesWithThePlainLoops() {
    const auto map = makeMap("hedgehog");
    const at::Tensor x = random({1, kHeads, 7, kHeadDim}, 7) * 3;
    for (std::int64_t head = 0; head < kHeads; ++head) {
        const std::vector<double> plain = reference::hedgehogFeatures(7, kHeadDim, kSize, numbers(x[0][head]),
                                                                      numbers(map->parameters().front().tensor[head]));
        const at::Tensor expected = at::tensor(plain, at::kDouble).view({7, 2 * kSize});
        QVERIFY(largestDifference(map->queries(x)[0][head], expected) < 1e-14);
    }
}

void TestFeatureMaps::identityReadsTheFirstDimensions() {
    const auto map = makeMap("hedgehog", 1, "identity");
    const at::Tensor x = random({1, kHeads, 3, kHeadDim}, 8);
    const at::Tensor first = x.narrow(3, 0, kSize);
    const at::Tensor expected = at::cat({at::softmax(first, -1), at::softmax(-first, -1)}, -1);
    QVERIFY(largestDifference(map->queries(x), expected) < 1e-15);
}

void TestFeatureMaps::kaimingStaysInsideItsBound() {
    const at::Tensor w = makeMap("hedgehog", 3, "kaiming")->parameters().front().tensor;
    const double bound = std::sqrt(6.0 / static_cast<double>(kHeadDim * kSize));
    QVERIFY(w.abs().max().item<double>() <= bound);
    QVERIFY(w.abs().max().item<double>() > bound / 2);
    QVERIFY(w.min().item<double>() < 0);
}

void TestFeatureMaps::equalSeedsGiveEqualStarts_data() {
    QTest::addColumn<QString>("start");
    QTest::newRow("kaiming") << QStringLiteral("kaiming");
    QTest::newRow("normal") << QStringLiteral("normal");
}

void TestFeatureMaps::equalSeedsGiveEqualStarts() {
    QFETCH(QString, start);
    const auto w = [&](std::int64_t seed) {
        return makeMap("hedgehog", seed, start.toStdString())->parameters().front().tensor;
    };
    QVERIFY(at::equal(w(5), w(5)));
    QVERIFY(!at::equal(w(5), w(6)));
}

void TestFeatureMaps::queriesAndKeysStartAlikeAndLearnApart() {
    const auto map = makeMap("hedgehog");
    const at::Tensor x = random({1, kHeads, 3, kHeadDim}, 9);
    QVERIFY(at::equal(map->queries(x), map->keys(x)));
    const at::NoGradGuard noGrad;
    map->parameters().front().tensor.mul_(2);
    QCOMPARE(map->parameters().front().name, std::string("feature_map_q"));
    QVERIFY(largestDifference(map->queries(x), map->keys(x)) > 1e-3);
}

void TestFeatureMaps::positiveEluIsOnePlusElu() {
    const auto map = makeMap("positive_elu");
    const at::Tensor features = map->queries(at::tensor({-1.0, 0.0, 2.0}, at::kDouble).view({1, 1, 1, 3}));
    QVERIFY(largestDifference(features.flatten(), at::tensor({std::exp(-1.0), 1.0, 3.0}, at::kDouble)) < 1e-15);
    QVERIFY(map->parameters().empty());
}

void TestFeatureMaps::anUnknownMapIsRefusedWithThoseThatExist() {
    LOLCATS_COMPARE_TEXT(refusalCode([] { makeMap("porcupine"); }), "PLAN-CHOICE");
}

void TestFeatureMaps::anOptionOutsideItsRangeIsRefused() {
    const auto code = [](const OptionValues& options) {
        return refusalCode([&] { makeFeatureMap("hedgehog", {kHeads, kHeadDim, 1, at::kDouble}, options); }).substr(0, 5);
    };
    LOLCATS_COMPARE_TEXT(code({{"feature_dim", std::int64_t{0}}}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code({{"feature_start", std::string("zeros")}}), "PLAN-");
}

QTEST_GUILESS_MAIN(TestFeatureMaps)
#include "test_feature_maps.moc"
