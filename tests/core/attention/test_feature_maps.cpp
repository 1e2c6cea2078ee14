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

std::unique_ptr<FeatureMap> makeMap(const std::string& id, std::int64_t seed = 1, OptionValues options = {}) {
    options.insert({{"feature_dim", kSize}, {"feature_start", std::string("kaiming")}});
    return makeFeatureMap(id, {kHeads, kHeadDim, seed, at::kDouble}, options);
}

OptionValue word(const char* text) {
    return std::string(text);
}

struct Setting {
    std::string name;
    std::string id;
    OptionValues options;
};

// Every map with every form of its learned part, and what else changes what is learned.
std::vector<Setting> allSettings() {
    const std::vector<std::pair<std::string, OptionValues>> forms = {
        {"as it stands", {}},
        {"nothing learned", {{"feature_kernel", word("none")}}},
        {"affine", {{"feature_kernel", word("affine")}}},
        {"skip", {{"feature_kernel", word("affine")}, {"feature_skip", true}}},
        {"skip from zero", {{"feature_kernel", word("affine")}, {"feature_skip", true}, {"feature_start", word("zero")}}},
        {"larger than a head", {{"feature_kernel", word("affine")}, {"feature_skip", true}, {"feature_dim", std::int64_t{9}}}},
        {"bias a head", {{"feature_kernel", word("affine")}, {"feature_bias", word("head")}}},
        {"bias a column",
         {{"feature_kernel", word("affine")}, {"feature_bias", word("column")}, {"feature_bias_start", word("kaiming")}}},
        {"tied", {{"feature_kernel", word("affine")}, {"feature_tied", true}, {"feature_bias", word("column")}}},
        {"adapter", {{"feature_kernel", word("adapter")}, {"feature_adapter_width", std::int64_t{3}}}},
        {"adapter from zero",
         {{"feature_kernel", word("adapter")},
          {"feature_adapter_width", std::int64_t{3}},
          {"feature_start", word("identity")}}},
        {"tied adapter", {{"feature_kernel", word("adapter")}, {"feature_tied", true}}},
        {"gates", {{"feature_gates", word("both")}}}};
    std::vector<Setting> all;
    for (const FeatureMapPart& part : featureMapParts())
        for (const auto& [name, options] : forms) {
            all.push_back({part.choice.id + ", " + name, part.choice.id, options});
            for (const OptionDescription& option : part.choice.options)
                if (option.name == "feature_signs") {
                    Setting one{all.back().name + ", one sign", part.choice.id, options};
                    one.options["feature_signs"] = word("one");
                    all.push_back(one);
                }
        }
    return all;
}

std::unique_ptr<FeatureMap> makeMap(const Setting& setting) {
    return makeMap(setting.id, 1, setting.options);
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
    void everyLearnedPartLearns_data() { everyMap(); }
    void everyLearnedPartLearns();
    void affineMapsAgreeWithThePlainLoops();
    void gatesStartAtOneExactly();
    void tiedMapsAreOne();
    void skipFromZeroAndAdapterFromZeroAreTheIdentityStart();
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
        QTest::addColumn<int>("number");
        const std::vector<Setting> settings = allSettings();
        for (std::size_t i = 0; i < settings.size(); ++i)
            QTest::newRow(settings[i].name.c_str()) << static_cast<int>(i);
    }
    static Setting settingOfRow() {
        QFETCH(int, number);
        return allSettings()[static_cast<std::size_t>(number)];
    }
};

void TestFeatureMaps::featuresAreAsManyAsPromisedAndNeverNegative() {
    const auto map = makeMap(settingOfRow());
    const at::Tensor features = map->queries(random({2, kHeads, 5, kHeadDim}, 1));
    QVERIFY(features.sizes() == at::IntArrayRef({2, kHeads, 5, map->features()}));
    QVERIFY(features.min().item<double>() >= 0);
    QCOMPARE(features.scalar_type(), at::kDouble);
}

void TestFeatureMaps::hugeNumbersStayFinite() {
    const auto map = makeMap(settingOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 2) * 1e4;
    QVERIFY(map->keys(x).isfinite().all().item<bool>());
    QVERIFY(map->keys(x).min().item<double>() >= 0);
}

void TestFeatureMaps::halfPrecisionGivesSinglePrecision() {
    const auto map = makeMap(settingOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 3).to(at::kBFloat16);
    QCOMPARE(map->queries(x).scalar_type(), at::kFloat);
    QVERIFY(largestDifference(map->queries(x), map->queries(x.to(at::kDouble))) < 1e-5);
}

void TestFeatureMaps::gradientsMatchFiniteDifferences() {
    const auto map = makeMap(settingOfRow());
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
    const auto trained = makeMap(settingOfRow());
    const auto loaded = makeMap(settingOfRow());
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 6);
    const std::vector<NamedTensor> from = trained->parameters();
    const std::vector<NamedTensor> to = loaded->parameters();
    QCOMPARE(from.size(), to.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
        QVERIFY(from[i].tensor.is_leaf() && from[i].tensor.requires_grad());
        QCOMPARE(from[i].name, to[i].name);
        const at::NoGradGuard noGrad;
        from[i].tensor.add_(random(from[i].tensor.sizes(), 20 + i));
        QVERIFY(largestDifference(from[i].tensor, to[i].tensor) > 0.01);
        to[i].tensor.copy_(from[i].tensor);
    }
    QVERIFY(at::equal(trained->queries(x), loaded->queries(x)));
    QVERIFY(at::equal(trained->keys(x), loaded->keys(x)));
}

void TestFeatureMaps::affineMapsAgreeWithThePlainLoops() {
    const std::map<std::string, reference::Activation> activations = {{"hedgehog", reference::Activation::Softmax},
                                                                      {"exp", reference::Activation::Exp},
                                                                      {"t2r", reference::Activation::Relu},
                                                                      {"positive_elu", reference::Activation::Elu}};
    for (const FeatureMapPart& part : featureMapParts())
        for (const bool skip : {false, true})
            for (const char* signs : {"both", "one"}) {
                OptionValues options = {{"feature_kernel", word("affine")},
                                        {"feature_bias", word("column")},
                                        {"feature_bias_start", word("kaiming")},
                                        {"feature_skip", skip},
                                        {"feature_signs", word(signs)}};
                const auto map = makeMap(part.choice.id, 2, options);
                const auto learned = map->parameters();
                const reference::MapShape shape{kHeadDim, kSize, activations.at(part.choice.id), std::string(signs) == "both",
                                                skip};
                const at::Tensor x = random({1, kHeads, 7, kHeadDim}, 7) * 3;
                for (std::int64_t head = 0; head < kHeads; ++head) {
                    const std::vector<double> plain = reference::mapFeatures(
                        shape, 7, numbers(x[0][head]), numbers(learned[0].tensor[head]), numbers(learned[1].tensor[0][head]));
                    const at::Tensor expected = at::tensor(plain, at::kDouble).view({7, map->features()});
                    QVERIFY2(largestDifference(map->queries(x)[0][head], expected) < 1e-13, part.choice.id.c_str());
                }
            }
}

// A start from which no gradient reaches a learned part is a slip: the published adapter learned one bias alone (Q13).
void TestFeatureMaps::everyLearnedPartLearns() {
    const Setting setting = settingOfRow();
    const auto map = makeMap(setting);
    const at::Tensor x = random({1, kHeads, 40, kHeadDim}, 31);
    const at::Tensor products = at::matmul(map->queries(x), map->keys(random({1, kHeads, 40, kHeadDim}, 32)).transpose(2, 3));
    const at::Tensor value = (products * random(products.sizes(), 33)).sum();
    std::vector<at::Tensor> leaves;
    for (const NamedTensor& learned : map->parameters())
        leaves.push_back(learned.tensor);
    if (leaves.empty())
        return;
    const bool softmaxed = setting.id == "hedgehog" || setting.id == "exp"; // a number for the whole head cancels there
    const bool fromZero = setting.name.find("adapter from zero") != std::string::npos;
    const std::vector<at::Tensor> gradients = torch::autograd::grad({value}, leaves);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const std::string name = map->parameters()[i].name;
        if (softmaxed && leaves[i].numel() == kHeads && name.find("gate") == std::string::npos)
            continue;
        if (fromZero && name.find("_in") != std::string::npos) // wakes with the first step of the matrix behind it
            continue;
        QVERIFY2(gradients[i].abs().max().item<double>() > 1e-8, name.c_str());
    }
}

void TestFeatureMaps::gatesStartAtOneExactly() {
    const at::Tensor x = random({1, kHeads, 5, kHeadDim}, 34);
    const auto plain = makeMap("hedgehog");
    const auto gated = makeMap("hedgehog", 1, {{"feature_gates", word("keys")}});
    QVERIFY(at::equal(gated->keys(x), plain->keys(x)));
    QCOMPARE(gated->parameters().size(), plain->parameters().size() + 2);
    const at::NoGradGuard noGrad;
    gated->parameters().back().tensor.fill_(1);
    QVERIFY(largestDifference(gated->keys(x), plain->keys(x) * (2 / (1 + std::exp(-1.0)))) < 1e-14);
    QVERIFY(at::equal(gated->queries(x), plain->queries(x)));
}

void TestFeatureMaps::tiedMapsAreOne() {
    const auto map = makeMap("hedgehog", 1, {{"feature_tied", true}});
    QCOMPARE(map->parameters().size(), std::size_t{1});
    const at::NoGradGuard noGrad;
    map->parameters().front().tensor.mul_(2);
    const at::Tensor x = random({1, kHeads, 3, kHeadDim}, 35);
    QVERIFY(at::equal(map->queries(x), map->keys(x)));
}

void TestFeatureMaps::skipFromZeroAndAdapterFromZeroAreTheIdentityStart() {
    const at::Tensor x = random({1, kHeads, 3, kHeadDim}, 36);
    for (const std::int64_t size : {kSize, kHeadDim, kHeadDim + 3}) {
        const auto features = [&](OptionValues options) {
            options["feature_dim"] = size;
            return makeMap("hedgehog", 1, options)->queries(x);
        };
        const at::Tensor expected = features({{"feature_start", word("identity")}});
        QVERIFY(largestDifference(features({{"feature_skip", true}, {"feature_start", word("zero")}}), expected) < 1e-15);
        QVERIFY(largestDifference(features({{"feature_kernel", word("adapter")}, {"feature_start", word("zero")}}), expected) <
                1e-15);
    }
}

void TestFeatureMaps::identityReadsTheFirstDimensions() {
    const auto map = makeMap("hedgehog", 1, {{"feature_start", word("identity")}});
    const at::Tensor x = random({1, kHeads, 3, kHeadDim}, 8);
    const at::Tensor first = x.narrow(3, 0, kSize);
    const at::Tensor expected = at::cat({at::softmax(first, -1), at::softmax(-first, -1)}, -1);
    QVERIFY(largestDifference(map->queries(x), expected) < 1e-15);
}

void TestFeatureMaps::kaimingStaysInsideItsBound() {
    const at::Tensor w = makeMap("hedgehog", 3)->parameters().front().tensor;
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
        return makeMap("hedgehog", seed, {{"feature_start", start.toStdString()}})->parameters().front().tensor;
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
    LOLCATS_COMPARE_TEXT(code({{"feature_start", std::string("zero")}}), "PLAN-"); // could not learn
    LOLCATS_COMPARE_TEXT(code({{"feature_kernel", std::string("deep")}}), "PLAN-");
}

QTEST_GUILESS_MAIN(TestFeatureMaps)
#include "test_feature_maps.moc"
