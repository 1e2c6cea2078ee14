// SPDX-License-Identifier: GPL-3.0-or-later
// The contract of mixers, over the list of mixers and the list of feature maps: a new part is born tested.
#include "core/attention/weights_cross_entropy.h"
#include "kernels/reference_cluster.h"
#include "tests/core/attention/counting_allocator.h"
#include "tests/core/attention/mixers.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <set>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kKvHeads = 2;
constexpr std::int64_t kHeadDim = 6;
constexpr std::int64_t kFeatureDim = 5;

struct Setting {
    std::string id;
    std::string map;
    OptionValues options;
    std::int64_t window = 8;
};

bool has(const Choice& choice, const std::string& option) {
    return std::any_of(choice.options.begin(), choice.options.end(), [&](const auto& one) { return one.name == option; });
}

// Every window with the first of the maps; the others change nothing about windows, so a few serve.
void addSetting(const Setting& setting, std::vector<Setting>& settings, const Choice& choice) {
    if (!has(choice, "window")) {
        settings.push_back(setting);
        return;
    }
    const std::vector<std::string> shapes =
        has(choice, "window_shape") ? std::vector<std::string>{"sliding", "terraced"} : std::vector<std::string>{"sliding"};
    const bool all = setting.map.empty() || setting.map == featureMapParts().front().choice.id;
    for (const std::int64_t window : all ? std::vector<std::int64_t>{1, 3, 8, 40} : std::vector<std::int64_t>{3})
        for (const std::string& shape : shapes)
            for (const std::int64_t sinks : all ? std::vector<std::int64_t>{0, 1, 4} : std::vector<std::int64_t>{4}) {
                Setting one = setting;
                one.window = window;
                one.options.insert({{"window", window}, {"window_shape", shape}, {"sinks", sinks}});
                settings.push_back(one);
                if (has(choice, "combination") && sinks > 0 && (window == 3 || window == 8)) {
                    one.options.insert({"combination", std::string("ratio")});
                    settings.push_back(one);
                }
            }
}

std::vector<Setting> allSettings() {
    std::vector<Setting> settings;
    for (const AttentionPart& part : attentionParts()) {
        if (part.choice.id == "cluster") {
            addSetting({"cluster", "", {{"clusters", kFeatureDim}}}, settings, part.choice);
            for (const std::string positions : {"plain", "rotated"}) {
                const OptionValues one = {{"clusters", kFeatureDim},
                                          {"cluster_positions", positions},
                                          {"cluster_decay", false},
                                          {"window", std::int64_t{8}},
                                          {"sinks", std::int64_t{1}}};
                settings.push_back({"cluster", "", one});
            }
        } else if (!part.takesFeatureMap)
            addSetting({part.choice.id, "", {}}, settings, part.choice);
        else
            for (const FeatureMapPart& map : featureMapParts())
                addSetting({part.choice.id, map.choice.id, {{"feature_dim", kFeatureDim}, {"linear_factor", 0.3}}}, settings,
                           part.choice);
    }
    return settings;
}

std::string nameOf(const Setting& setting) {
    std::string name = setting.id + " " + setting.map;
    for (const auto& [option, value] : setting.options)
        if (option == "window" || option == "window_shape" || option == "sinks" || option == "combination" ||
            option.rfind("cluster_", 0) == 0)
            name += " " + option + " " + optionText(value);
    return name;
}

MixerShape shapeOf(at::ScalarType type, std::int64_t heads = kHeads, std::int64_t kvHeads = kKvHeads) {
    MixerShape shape{heads, kvHeads, kHeadDim, 3, type};
    shape.frequencies = frequencies();
    return shape;
}

// Learned parts moved off their starts, differently in each head.
void disturb(const AttentionMixer& mixer, std::uint64_t seed = 50) {
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : learnedTensors(mixer))
        learned.tensor.add_(random(learned.tensor.sizes(), seed++, learned.tensor.scalar_type()), 0.5);
}

std::unique_ptr<AttentionMixer> makeDisturbed(const Setting& setting, const MixerShape& shape) {
    std::unique_ptr<AttentionMixer> mixer = makeMixer(setting.id, shape, setting.map, setting.options);
    disturb(*mixer);
    return mixer;
}

AttentionInputs inputsOf(std::int64_t tokens, std::int64_t batch = 1, at::ScalarType type = at::kDouble) {
    return converted(atPositions(random({batch, kHeads, tokens, kHeadDim}, 1), random({batch, kKvHeads, tokens, kHeadDim}, 2),
                                 random({batch, kKvHeads, tokens, kHeadDim}, 3)),
                     type);
}

// Around the window, and around the chunks that tokens are cut into.
std::set<std::int64_t> lengthsFor(std::int64_t window) {
    std::set<std::int64_t> lengths = {1, window, window + 1, 2 * window, 2 * window + 1, 37, 64, 65, 129, 150};
    if (window > 1)
        lengths.insert(window - 1);
    return lengths;
}

std::vector<double> numbers(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.detach().contiguous();
    return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

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
    void promptsInPiecesAreThoseOfTheWhole_data() { everySetting(); }
    void promptsInPiecesAreThoseOfTheWhole();
    void allViewsAgree_data() { everySetting(); }
    void allViewsAgree();
    void singlePrecisionIsNear_data() { everySetting(); }
    void singlePrecisionIsNear();
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
    void hybridAgreesWithThePlainLoops_data() {
        everySetting([](const Setting& setting) {
            return setting.id == "hybrid" && setting.map == "hedgehog" && !setting.options.contains("combination");
        });
    }
    void hybridAgreesWithThePlainLoops();
    void clustersAgreeWithThePlainLoops_data() {
        everySetting([](const Setting& setting) { return setting.id == "cluster"; });
    }
    void clustersAgreeWithThePlainLoops();
    void clustersOfRepeatedKeysStartAsSoftmax();
    void startsFromDataAreRepeatable();
    void plainLoopsWithRunningSumsAreTheMixer_data() { everySetting(); }
    void plainLoopsWithRunningSumsAreTheMixer();
    void textChunksReadEarlierOnesThroughTheLinearPart();
    void softmaxAgreesWithThePlainLoops();
    void textsShorterThanALongWindowAreSoftmax();
    void equalLargestScoresShareTheirGradient();
    void fixedFactorsAreNotLearned();
    void startsAreTheOptions();
    void whatDoesNotExistOrFitIsRefused();

private:
    template <typename Question> static void everySetting(Question&& isAsked) {
        QTest::addColumn<int>("number");
        const std::vector<Setting> settings = allSettings();
        for (std::size_t i = 0; i < settings.size(); ++i)
            if (isAsked(settings[i]))
                QTest::newRow(nameOf(settings[i]).c_str()) << static_cast<int>(i);
    }
    static void everySetting() {
        everySetting([](const Setting&) { return true; });
    }
    static Setting settingOfRow() {
        QFETCH(int, number);
        return allSettings()[static_cast<std::size_t>(number)];
    }
};

void TestAttention::allViewsAgree() {
    const at::NoGradGuard noGrad;
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    for (const std::int64_t tokens : lengthsFor(setting.window)) {
        const AttentionInputs inputs = inputsOf(tokens, 2);
        const at::Tensor y = mixer->mix(inputs);
        const auto agrees = [&](const at::Tensor& other, const std::string& view) {
            QVERIFY2(
                largestDifference(y, other) < 1e-10,
                qPrintable(QStringLiteral("%1 tokens, %2: %3").arg(tokens).arg(view.c_str()).arg(largestDifference(y, other))));
        };
        agrees(weightedValues(*mixer, inputs), "map times values");
        agrees(decoded(*mixer, inputs, 0), "step by step");
        for (const std::int64_t prompt : {tokens, tokens / 2, tokens / 3 + 1})
            if (prompt > 0)
                agrees(decoded(*mixer, inputs, prompt), "prompt of " + std::to_string(prompt));
    }
}

// Pieces of unequal size, then steps, then a piece again: borders fall before, on and behind those of windows, blocks and
// chunks.
void TestAttention::promptsInPiecesAreThoseOfTheWhole() {
    const at::NoGradGuard noGrad;
    const Setting setting = settingOfRow();
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(700, 2);
    const at::Tensor y = mixer->mix(inputs);
    const std::int64_t window = setting.window;
    for (const std::vector<std::int64_t>& pieces :
         std::vector<std::vector<std::int64_t>>{{1, 2, 3, 30, 300, 7},
                                                {window, window + 1, 2 * window, 1, 1, 64, 65},
                                                {5, 1, 1, 1, 400, 1, 200},
                                                {128, 256, 300}}) {
        const std::unique_ptr<MixerState> state = mixer->emptyState();
        std::vector<at::Tensor> rows;
        std::int64_t first = 0;
        for (const std::int64_t count : pieces) {
            const AttentionInputs piece = tokensOf(inputs, first, count);
            rows.push_back(count == 1 ? mixer->step(piece, *state) : mixer->prefill(piece, *state));
            first += count;
        }
        for (const std::int64_t last = std::min<std::int64_t>(700, first + 20); first < last; ++first)
            rows.push_back(mixer->step(tokensOf(inputs, first, 1), *state));
        const double difference = largestDifference(at::cat(rows, 2), y.narrow(2, 0, first));
        QVERIFY2(difference < 1e-10, qPrintable(QString::number(difference)));
        QCOMPARE(state->bytes(), 2 * mixer->stateBytes(first) * 2); // two sequences, in double
    }
}

void TestAttention::singlePrecisionIsNear() {
    const at::NoGradGuard noGrad;
    const Setting setting = settingOfRow();
    const at::Tensor exact = makeDisturbed(setting, shapeOf(at::kDouble))->mix(inputsOf(150));
    const auto mixer = makeDisturbed(setting, shapeOf(at::kFloat));
    const at::Tensor single = mixer->mix(inputsOf(150, 1, at::kFloat));
    QCOMPARE(single.scalar_type(), at::kFloat);
    QVERIFY2(largestDifference(single, exact) < 1e-4, qPrintable(QString::number(largestDifference(single, exact))));
    QVERIFY(largestDifference(decoded(*mixer, inputsOf(150, 1, at::kFloat), 20), exact) < 1e-4);
    QCOMPARE(mixer->weights(inputsOf(20, 1, at::kFloat)).softmax.scalar_type(), at::kFloat);
    const at::Tensor half = mixer->mix(inputsOf(150, 1, at::kBFloat16));
    QCOMPARE(half.scalar_type(), at::kBFloat16);
    QVERIFY2(largestDifference(half, exact) < 0.1, qPrintable(QString::number(largestDifference(half, exact))));
}

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

void TestAttention::hybridAgreesWithThePlainLoops() {
    const Setting setting = settingOfRow();
    const at::NoGradGuard noGrad;
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(80);
    const at::Tensor y = mixer->mix(inputs);
    const AttentionWeights weights = mixer->weights(inputs);
    const std::vector<NamedTensor> learned = learnedTensors(*mixer); // maps of queries and keys, then both factors
    reference::HybridShape shape{80, kHeadDim, 2 * kFeatureDim, setting.window, integerOption(setting.options, "sinks")};
    if (textOption(setting.options, "window_shape") == "terraced")
        shape.shape = reference::WindowShape::Terraced;
    for (std::int64_t head = 0; head < kHeads; ++head) {
        const auto q = numbers(inputs.q[0][head]);
        const auto k = numbers(inputs.k[0][head / (kHeads / kKvHeads)]);
        const auto v = numbers(inputs.v[0][head / (kHeads / kKvHeads)]);
        const auto features = [&](const std::vector<double>& x, std::size_t map) {
            return reference::mapFeatures({kHeadDim, kFeatureDim}, 80, x, numbers(learned[map].tensor[head]));
        };
        shape.windowFactor = 1 / (1 + std::exp(-learned[2].tensor[0][head].item<double>()));
        shape.linearFactor = std::exp(learned[3].tensor[0][head].item<double>());
        const reference::HybridResult plain = reference::hybridAttention(shape, q, k, v, features(q, 0), features(k, 1));
        const auto agrees = [&](const at::Tensor& ours, const std::vector<double>& theirs) {
            return largestDifference(ours.reshape({-1}), at::tensor(theirs, at::kDouble)) < 1e-12;
        };
        QVERIFY(agrees(y[0][head], plain.y));
        QVERIFY(agrees(weights.softmax[0][head], plain.softmaxWeights));
        QVERIFY(agrees(weights.linear[0][head], plain.linearWeights));
    }
}

void TestAttention::clustersAgreeWithThePlainLoops() {
    const Setting setting = settingOfRow();
    const at::NoGradGuard noGrad;
    const auto mixer = makeDisturbed(setting, shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(80);
    const at::Tensor y = mixer->mix(inputs);
    const AttentionWeights weights = mixer->weights(inputs);
    const std::vector<NamedTensor> learned = learnedTensors(*mixer); // keys, bias, queries, spread, decay where there is one
    const bool turns =
        setting.options.count("cluster_positions") > 0 && textOption(setting.options, "cluster_positions") == "rotated";
    // The mean of turns by the distances from one window to sixteen, in the other direction.
    const at::Tensor angles = at::outer(at::arange(setting.window, 16 * setting.window + 1, at::dtype(at::kDouble)),
                                        at::tensor(frequencies(), at::kDouble));
    const at::Tensor meanK = rotated(inputs.plainK, angles.cos().mean(0, true), -angles.sin().mean(0, true));
    for (std::int64_t head = 0; head < kHeads; ++head) {
        const std::int64_t kv = head / (kHeads / kKvHeads);
        const at::Tensor decay =
            learned.size() > 4 ? 0.02 * at::sigmoid(learned[4].tensor[kv]) : at::zeros({kFeatureDim}, at::kDouble);
        const reference::HybridResult plain = reference::clusterAttention(
            {80, kHeadDim, kFeatureDim, setting.window, integerOption(setting.options, "sinks")}, numbers(inputs.q[0][head]),
            numbers(inputs.k[0][kv]), numbers(inputs.v[0][kv]), numbers((turns ? inputs.q : inputs.plainQ)[0][head]),
            numbers((turns ? inputs.k : meanK)[0][kv]),
            {numbers(learned[0].tensor[kv]), numbers(learned[1].tensor[kv]), numbers(learned[2].tensor[kv]),
             numbers(learned[3].tensor[kv]), numbers(decay)});
        const auto agrees = [&](const at::Tensor& ours, const std::vector<double>& theirs) {
            return largestDifference(ours.reshape({-1}), at::tensor(theirs, at::kDouble)) < 1e-12;
        };
        QVERIFY(agrees(y[0][head], plain.y));
        QVERIFY(agrees(weights.softmax[0][head], plain.softmaxWeights));
        QVERIFY(agrees(weights.linear[0][head], plain.linearWeights));
    }
}

// Keys that are nothing but a few points are as good as their clusters: before any training that is softmax attention.
void TestAttention::clustersOfRepeatedKeysStartAsSoftmax() {
    const auto softmax = makeMixer("softmax", shapeOf(at::kDouble), "", {});
    const auto mixer = makeMixer("cluster", shapeOf(at::kDouble), "",
                                 {{"clusters", std::int64_t{3}},
                                  {"cluster_positions", std::string("rotated")},
                                  {"cluster_decay", false},
                                  {"window", std::int64_t{8}},
                                  {"sinks", std::int64_t{1}}});
    QVERIFY(mixer->startsFromData());
    const AttentionInputs some = inputsOf(150);
    AttentionInputs inputs{some.q, some.k.narrow(2, 0, 3).repeat({1, 1, 50, 1}), some.v};
    QVERIFY(largestDifference(mixer->mix(inputs), softmax->mix(inputs)) > 1e-2);
    mixer->startFrom(inputs);
    const double difference = largestDifference(mixer->mix(inputs), softmax->mix(inputs));
    QVERIFY2(difference < 1e-6, qPrintable(QString::number(difference)));
}

void TestAttention::startsFromDataAreRepeatable() {
    const auto start = [](std::int64_t seed) {
        MixerShape shape = shapeOf(at::kFloat);
        shape.seed = seed;
        auto mixer = makeMixer("cluster", shape, "", {{"clusters", std::int64_t{7}}, {"window", std::int64_t{8}}});
        mixer->startFrom(inputsOf(100, 2, at::kFloat));
        return mixer;
    };
    const AttentionInputs inputs = inputsOf(100, 1, at::kFloat);
    const at::NoGradGuard noGrad;
    const at::Tensor once = start(1)->mix(inputs);
    QVERIFY(at::isfinite(once).all().item<bool>());
    QVERIFY(at::equal(once, start(1)->mix(inputs)));
    QVERIFY(!at::equal(once, start(2)->mix(inputs)));
    // More clusters than keys, and a text of one token: nothing to divide by, nothing that is not a number.
    auto mixer = makeMixer("cluster", shapeOf(at::kFloat), "", {{"clusters", std::int64_t{64}}});
    for (const std::int64_t tokens : {1, 3, 20}) {
        mixer->startFrom(inputsOf(tokens, 1, at::kFloat));
        QVERIFY(at::isfinite(mixer->mix(inputs)).all().item<bool>());
    }
}

void TestAttention::plainLoopsWithRunningSumsAreTheMixer() {
    const at::NoGradGuard noGrad;
    const auto mixer = makeDisturbed(settingOfRow(), shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(150);
    if (!mixer->plainLoops(inputs, 0).defined())
        QSKIP("this form has no such writing");
    const at::Tensor y = mixer->mix(inputs);
    for (std::int64_t head = 0; head < kHeads; ++head)
        QVERIFY(largestDifference(mixer->plainLoops(inputs, head), y[0][head]) < 1e-11);
}

// As the published code for long texts: a chunk is mixed alone, but for the sums of all that lies before it.
void TestAttention::textChunksReadEarlierOnesThroughTheLinearPart() {
    const at::NoGradGuard noGrad;
    for (const std::string shape : {"sliding", "terraced", "terraced-end"}) {
        const OptionValues options = {
            {"window", std::int64_t{8}}, {"window_shape", shape}, {"sinks", std::int64_t{0}}, {"text_chunk", std::int64_t{50}}};
        const auto mixer = makeMixer("hybrid", shapeOf(at::kDouble), "hedgehog", options);
        disturb(*mixer);
        for (const std::int64_t tokens : {1, 7, 49, 50, 51, 57, 100, 109, 150, 155}) {
            const AttentionInputs inputs = inputsOf(tokens, 2);
            const at::Tensor y = mixer->mix(inputs);
            QVERIFY(largestDifference(y, weightedValues(*mixer, inputs)) < 1e-11);
            if (tokens > 50) {
                QVERIFY(largestDifference(y.narrow(2, 0, 50), mixer->mix(tokensOf(inputs, 0, 50))) < 1e-11);
                const AttentionWeights rows = mixer->weightRows(inputs, 50, tokens - 50);
                QVERIFY(rows.softmax.narrow(3, 0, 50).abs().max().item<double>() == 0);
                QVERIFY(rows.linear.narrow(3, 0, 50).min().item<double>() > 0);
            }
        }
        QVERIFY(!mixer->decodesAsItTrains());
    }
}

void TestAttention::softmaxAgreesWithThePlainLoops() {
    const auto mixer = makeMixer("softmax", shapeOf(at::kDouble), "", {});
    const AttentionInputs inputs = inputsOf(80);
    for (std::int64_t head = 0; head < kHeads; ++head) {
        const std::int64_t kvHead = head / (kHeads / kKvHeads);
        const reference::HybridResult plain = reference::softmaxAttention(
            80, kHeadDim, numbers(inputs.q[0][head]), numbers(inputs.k[0][kvHead]), numbers(inputs.v[0][kvHead]));
        QVERIFY(largestDifference(mixer->mix(inputs)[0][head].reshape({-1}), at::tensor(plain.y, at::kDouble)) < 1e-12);
    }
    QCOMPARE(mixer->window(), 0);
}

void TestAttention::textsShorterThanALongWindowAreSoftmax() {
    const auto softmax = makeMixer("softmax", shapeOf(at::kDouble), "", {});
    for (const std::string shape : {"sliding", "terraced"})
        for (const std::int64_t tokens : {30, 100, 300}) {
            const auto hybrid = makeMixer("hybrid", shapeOf(at::kDouble), "hedgehog",
                                          {{"window", std::int64_t{1000}}, {"window_shape", shape}});
            QCOMPARE(hybrid->window(), 1000);
            QCOMPARE(hybrid->sinks(), 4);
            QVERIFY(largestDifference(hybrid->mix(inputsOf(tokens)), softmax->mix(inputsOf(tokens))) < 1e-12);
        }
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
