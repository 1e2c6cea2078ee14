// SPDX-License-Identifier: GPL-3.0-or-later
// The contract of mixers, over the list of mixers and the list of feature maps: a new part is born tested.
#include "core/analysis/counting_allocator.h"
#include "core/attention/weights_cross_entropy.h"
#include "tests/core/attention/settings.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

std::int64_t peakOfTraining(const Setting& setting, std::int64_t tokens) {
    const std::unique_ptr<AttentionMixer> mixer = makeDisturbed(setting, shapeOf(at::kFloat));
    AttentionInputs inputs = inputsOf(tokens, 1, at::kFloat);
    inputs.q.set_requires_grad(true);
    CountingAllocator allocator;
    torch::autograd::grad({mixer->mix(inputs).sum()}, {inputs.q});
    return allocator.peak();
}

} // namespace

class TestAttention : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void laterTokensChangeNothingBefore_data() { everySetting(); }
    void laterTokensChangeNothingBefore();
    void mapsAreLowerTrianglesWhoseRowsSumToOne_data() { everySetting(); }
    void mapsAreLowerTrianglesWhoseRowsSumToOne();
    void rowsOfTheMapAreThoseOfTheWhole_data() { everySetting(); }
    void rowsOfTheMapAreThoseOfTheWhole();
    void crossEntropyIsThatOfTheWholeMap_data() { everySetting(); }
    void crossEntropyIsThatOfTheWholeMap();
    void gradientsMatchFiniteDifferences_data() { everySetting(); }
    void gradientsMatchFiniteDifferences();
    void learnedTensorsAreNamedLeavesThatCanBeLoaded_data() { everySetting(); }
    void learnedTensorsAreNamedLeavesThatCanBeLoaded();
    void statesKeepAsManyBytesAsPromised_data() { everySetting(); }
    void statesKeepAsManyBytesAsPromised();
    void memoryGrowsInProportionToTokens_data() { everySetting(); }
    void memoryGrowsInProportionToTokens();
    void equalLargestScoresShareTheirGradient();
    void fixedFactorsAreNotLearned();
    void startsAreTheOptions();
    void whatDoesNotExistOrFitIsRefused();
};

void TestAttention::laterTokensChangeNothingBefore() {
    const at::NoGradGuard noGrad;
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(150);
    const at::Tensor y = mixer->mix(inputs);
    for (const std::int64_t first : {3, 64, 101}) {
        const AttentionInputs changed = inputsOf(150);
        for (const at::Tensor& tensor : {changed.q, changed.k, changed.v})
            tensor.narrow(2, first, 150 - first).mul_(-3).add_(1);
        const at::Tensor other = mixer->mix(changed);
        QVERIFY(largestDifference(y.narrow(2, 0, first), other.narrow(2, 0, first)) < 1e-13);
        QVERIFY(largestDifference(y.narrow(2, first, 1), other.narrow(2, first, 1)) > 1e-3);
        QVERIFY(largestDifference(y.narrow(2, 0, first), mixer->mix(tokensOf(inputs, 0, first))) < 1e-13);
    }
}

void TestAttention::mapsAreLowerTrianglesWhoseRowsSumToOne() {
    const at::NoGradGuard noGrad;
    const Setting setting = settingOfRow();
    const AttentionWeights weights = makeDisturbed(setting, shapeOf(at::kDouble))->weights(inputsOf(70));
    const at::Tensor linear = weights.linear.defined() ? weights.linear : at::zeros_like(weights.softmax);
    const at::Tensor all = weights.softmax + linear;
    // Without a window, a query all of whose features lie on the floor (T2R's may) reads next to nothing.
    const at::Tensor sums = all.sum(-1);
    QVERIFY(sums.max().item<double>() < 1 + 1e-9);
    const double whole = (sums > 1 - 1e-9).to(at::kDouble).mean().item<double>();
    QVERIFY2(setting.map == "t2r" ? whole > 0.5 : whole == 1, qPrintable(QString::number(whole)));
    QVERIFY(at::equal(all.triu(1), at::zeros_like(all)));
    QVERIFY(all.min().item<double>() >= 0);
    QVERIFY((weights.softmax * linear).max().item<double>() == 0); // each key in one part only
}

void TestAttention::rowsOfTheMapAreThoseOfTheWhole() {
    const at::NoGradGuard noGrad;
    const auto mixer = makeDisturbed(settingOfRow(), shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(100, 2);
    const AttentionWeights whole = mixer->weights(inputs);
    for (const auto& [first, count] :
         {std::pair{0, 1}, std::pair{0, 41}, std::pair{41, 9}, std::pair{50, 50}, std::pair{99, 1}}) {
        const AttentionWeights rows = mixer->weightRows(inputs, first, count);
        const auto agree = [&, from = first, rowCount = count](const at::Tensor& piece, const at::Tensor& all) {
            return largestDifference(piece, all.narrow(2, from, rowCount).narrow(3, 0, from + rowCount)) < 1e-13;
        };
        QVERIFY(agree(rows.softmax, whole.softmax));
        QVERIFY(!rows.linear.defined() || agree(rows.linear, whole.linear));
    }
}

void TestAttention::crossEntropyIsThatOfTheWholeMap() {
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const auto teacher = makeMixer("softmax", shapeOf(at::kDouble), "", {});
    const AttentionInputs inputs = inputsOf(300); // more than two pieces
    const AttentionWeights found = mixer->weights(inputs);
    const at::Tensor all = (found.linear.defined() ? found.softmax + found.linear : found.softmax).clamp_min(1e-12);
    const at::Tensor whole = -(teacher->weights(inputs).softmax * at::log_softmax(all.log(), -1)).sum(-1).mean();
    const double value = weightsCrossEntropy(*teacher, *mixer, inputs, 0.25);
    QVERIFY(std::abs(value - whole.item<double>()) < 1e-10);
    for (const NamedTensor& learned : learnedTensors(*mixer)) {
        const at::Tensor gradient = torch::autograd::grad({whole}, {learned.tensor}, {}, true).front();
        QVERIFY2(largestDifference(learned.tensor.grad(), 0.25 * gradient) < 1e-10, learned.name.c_str());
    }
}

void TestAttention::gradientsMatchFiniteDifferences() {
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(139);
    std::vector<NamedTensor> leaves = learnedTensors(*mixer);
    for (const auto& [name, tensor] : {std::pair{"q", inputs.q}, std::pair{"k", inputs.k}, std::pair{"v", inputs.v},
                                       std::pair{"plain q", inputs.plainQ}, std::pair{"plain k", inputs.plainK}})
        leaves.push_back({name, tensor.set_requires_grad(true)});
    const at::Tensor cotangent = random(inputs.q.sizes(), 7);
    const auto value = [&] { return (mixer->mix(inputs) * cotangent).sum(); };
    std::vector<at::Tensor> tensors;
    for (const NamedTensor& leaf : leaves)
        tensors.push_back(leaf.tensor);
    std::vector<at::Tensor> gradients = torch::autograd::grad({value()}, tensors, {}, {}, false, true);
    for (std::size_t i = 0; i < leaves.size(); ++i) // what a mixer does not read has none
        gradients[i] = gradients[i].defined() ? gradients[i] : at::zeros_like(tensors[i]);
    const at::NoGradGuard noGrad;
    const double h = 1e-6;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
        const at::Tensor direction = random(tensors[i].sizes(), 20 + i);
        tensors[i].add_(direction, h);
        const double above = value().item<double>();
        tensors[i].add_(direction, -2 * h);
        const double below = value().item<double>();
        tensors[i].add_(direction, h);
        const double expected = (above - below) / (2 * h);
        const double ours = (gradients[i] * direction).sum().item<double>();
        QVERIFY2(std::abs(ours - expected) < 1e-5 * std::max(1.0, std::abs(expected)),
                 qPrintable(QStringLiteral("%1: %2, should be %3").arg(leaves[i].name.c_str()).arg(ours).arg(expected)));
    }
}

void TestAttention::learnedTensorsAreNamedLeavesThatCanBeLoaded() {
    const Setting setting = settingOfRow();
    const auto trained = makeDisturbed(setting, shapeOf(at::kDouble));
    const auto loaded = makeMixer(setting.id, shapeOf(at::kDouble), setting.map, setting.options);
    const std::vector<NamedTensor> from = learnedTensors(*trained);
    const std::vector<NamedTensor> to = learnedTensors(*loaded);
    QCOMPARE(from.size(), to.size());
    std::set<std::string> names;
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < from.size(); ++i) {
        QVERIFY(from[i].tensor.is_leaf() && from[i].tensor.requires_grad());
        QCOMPARE(from[i].name, to[i].name);
        names.insert(from[i].name);
        to[i].tensor.copy_(from[i].tensor);
    }
    QCOMPARE(names.size(), from.size());
    QVERIFY(at::equal(trained->mix(inputsOf(70)), loaded->mix(inputsOf(70))));
}

void TestAttention::statesKeepAsManyBytesAsPromised() {
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kFloat));
    for (const std::int64_t tokens : lengthsFor(setting.window)) {
        const AttentionInputs inputs = inputsOf(tokens, 1, at::kFloat);
        const auto prompted = mixer->emptyState();
        mixer->prefill(inputs, *prompted);
        QCOMPARE(prompted->bytes(), mixer->stateBytes(tokens));
        const auto stepped = mixer->emptyState();
        for (std::int64_t i = 0; i < tokens; ++i)
            mixer->step(tokensOf(inputs, i, 1), *stepped);
        QCOMPARE(stepped->bytes(), mixer->stateBytes(tokens));
    }
}

void TestAttention::memoryGrowsInProportionToTokens() {
    const Setting setting = settingOfRow();
    const double once = static_cast<double>(peakOfTraining(setting, 1024));
    const double twice = static_cast<double>(peakOfTraining(setting, 2048));
    QVERIFY2(once > 0 && twice / once < 2.1, qPrintable(QString::number(twice / once)));
}

void TestAttention::equalLargestScoresShareTheirGradient() {
    const auto mixer = makeMixer("hybrid", {1, 1, kHeadDim, 0, at::kDouble}, "hedgehog",
                                 {{"window", std::int64_t{2}}, {"sinks", std::int64_t{0}}, {"feature_dim", kFeatureDim}});
    AttentionInputs inputs = {random({1, 1, 3, kHeadDim}, 1), random({1, 1, 3, kHeadDim}, 2), random({1, 1, 3, kHeadDim}, 3)};
    inputs.k.narrow(2, 2, 1).copy_(inputs.k.narrow(2, 1, 1));
    inputs.v.narrow(2, 2, 1).copy_(inputs.v.narrow(2, 1, 1));
    inputs.k.set_requires_grad(true);
    const at::Tensor last = mixer->mix(inputs).narrow(2, 2, 1).sum();
    const at::Tensor gradient = torch::autograd::grad({last}, {inputs.k}).front();
    QVERIFY(gradient.abs().max().item<double>() > 1e-4);
    QVERIFY(largestDifference(gradient.select(2, 1), gradient.select(2, 2)) < 1e-15);
}

void TestAttention::fixedFactorsAreNotLearned() {
    const auto mixer = makeMixer("hybrid", shapeOf(at::kFloat), "hedgehog",
                                 {{"window_factor_learned", false}, {"linear_factor_learned", false}});
    QVERIFY(mixer->factors().empty());
    QCOMPARE(learnedTensors(*mixer).size(), std::size_t{2});
}

void TestAttention::startsAreTheOptions() {
    const auto mixer = makeMixer("hybrid", shapeOf(at::kDouble), "hedgehog", {{"window_factor", 0.1}});
    const std::vector<NamedTensor> factors = mixer->factors();
    QCOMPARE(factors.size(), std::size_t{2});
    QCOMPARE(factors[0].name, std::string("window_factor"));
    QCOMPARE(factors[1].name, std::string("linear_factor"));
    for (const NamedTensor& factor : factors)
        QVERIFY(factor.tensor.sizes() == at::IntArrayRef({1, kHeads, 1, 1}));
    QVERIFY(std::abs(factors[0].tensor.min().item<double>() + 2.1972245773362196) < 1e-12);
    QVERIFY(std::abs(factors[1].tensor.max().item<double>() + 3) < 1e-12);
    QCOMPARE(mixer->window(), 64);
}

void TestAttention::whatDoesNotExistOrFitIsRefused() {
    const auto code = [](const std::string& id, const std::string& map, const OptionValues& options) {
        return refusalCode([&] { makeMixer(id, shapeOf(at::kFloat), map, options); }).substr(0, 5);
    };
    LOLCATS_COMPARE_TEXT(code("quadratic", "", {}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "porcupine", {}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "hedgehog", {{"window", std::int64_t{0}}}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "hedgehog", {{"sinks", std::int64_t{65}}}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "hedgehog", {{"window_factor", 1.0}}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "hedgehog", {{"window_shape", std::string("round")}}), "PLAN-");
    LOLCATS_COMPARE_TEXT(code("hybrid", "hedgehog", {{"text_chunk", std::int64_t{64}}}), "PLAN-"); // with sinks
    LOLCATS_COMPARE_TEXT(
        code("hybrid", "hedgehog",
             {{"sinks", std::int64_t{0}}, {"text_chunk", std::int64_t{64}}, {"combination", std::string("ratio")}}),
        "PLAN-");
}

QTEST_GUILESS_MAIN(TestAttention)
#include "test_attention.moc"
