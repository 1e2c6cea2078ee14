// SPDX-License-Identifier: GPL-3.0-or-later
// What the mixer of clusters has beside the contract: its definition in loops, and its start from data.
#include "core/attention/plain_loops.h"
#include "kernels/reference_cluster.h"
#include "tests/core/attention/settings.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

class TestClusters : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void clustersAgreeWithThePlainLoops_data() {
        everySetting([](const Setting& setting) { return setting.id == "cluster"; });
    }
    void clustersAgreeWithThePlainLoops();
    void clustersOfRepeatedKeysStartAsSoftmax();
    void startsFromDataAreRepeatable();
    void positionsThatStretchAreRefused();
};

void TestClusters::clustersAgreeWithThePlainLoops() {
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
            {80, kHeadDim, kFeatureDim, setting.window, integerOption(setting.options, "sinks")}, numbersOf(inputs.q[0][head]),
            numbersOf(inputs.k[0][kv]), numbersOf(inputs.v[0][kv]), numbersOf((turns ? inputs.q : inputs.plainQ)[0][head]),
            numbersOf((turns ? inputs.k : meanK)[0][kv]),
            {numbersOf(learned[0].tensor[kv]), numbersOf(learned[1].tensor[kv]), numbersOf(learned[2].tensor[kv]),
             numbersOf(learned[3].tensor[kv]), numbersOf(decay)});
        QVERIFY(isNear(y[0][head], plain.y));
        QVERIFY(isNear(weights.softmax[0][head], plain.softmaxWeights));
        QVERIFY(isNear(weights.linear[0][head], plain.linearWeights));
    }
}

// Keys that are nothing but a few points are as good as their clusters: before any training that is softmax attention.
void TestClusters::clustersOfRepeatedKeysStartAsSoftmax() {
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

void TestClusters::startsFromDataAreRepeatable() {
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

void TestClusters::positionsThatStretchAreRefused() {
    MixerShape shape = shapeOf(at::kFloat);
    shape.frequencies.clear();
    LOLCATS_COMPARE_TEXT(refusalCode([&] { makeMixer("cluster", shape, "", {}); }), "PLAN-VALUE");
    QVERIFY(makeMixer("cluster", shape, "", {{"cluster_positions", std::string("rotated")}}) != nullptr);
}

QTEST_GUILESS_MAIN(TestClusters)
#include "test_clusters.moc"
