// SPDX-License-Identifier: GPL-3.0-or-later
// One specification, several writings: all tokens at once in chunks, all pairs, one token with a state, a prompt in pieces, and
// plain loops give the same numbers.
#include "core/attention/plain_loops.h"
#include "kernels/reference.h"
#include "tests/core/attention/settings.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <torch/types.h>

#include <cmath>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// A text of this length in pieces of unequal size, then one token at a time: what comes out.
at::Tensor written(const AttentionMixer& mixer, const AttentionInputs& inputs, const std::vector<std::int64_t>& pieces) {
    const std::unique_ptr<MixerState> state = mixer.emptyState();
    std::vector<at::Tensor> rows;
    std::int64_t first = 0;
    for (const std::int64_t count : pieces) {
        rows.push_back(mixer.prefill(tokensOf(inputs, first, count), *state));
        first += count;
    }
    for (; first < inputs.q.size(2); ++first)
        rows.push_back(mixer.step(tokensOf(inputs, first, 1), *state));
    return at::cat(rows, 2);
}

} // namespace

class TestAttentionForms : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void promptsInPiecesAreThoseOfTheWhole_data() { everySetting(); }
    void promptsInPiecesAreThoseOfTheWhole();
    void allViewsAgree_data() { everySetting(); }
    void allViewsAgree();
    void singlePrecisionIsNear_data() { everySetting(); }
    void singlePrecisionIsNear();
    void longTextsAgreeInEachPrecision_data() {
        everySetting([](const Setting& setting) {
            return !setting.options.contains("window") ||
                   (integerOption(setting.options, "window") == 40 && integerOption(setting.options, "sinks") == 4);
        });
    }
    void longTextsAgreeInEachPrecision();
    void hybridAgreesWithThePlainLoops_data() {
        everySetting([](const Setting& setting) {
            return setting.id == "hybrid" && setting.map == "hedgehog" && !setting.options.contains("combination");
        });
    }
    void hybridAgreesWithThePlainLoops();
    void plainLoopsWithRunningSumsAreTheMixer_data() {
        everySetting(
            [](const Setting& setting) { return setting.id != "softmax" && !setting.options.contains("combination"); });
    }
    void plainLoopsWithRunningSumsAreTheMixer();
    void textChunksReadEarlierOnesThroughTheLinearPart();
    void softmaxAgreesWithThePlainLoops();
    void textsShorterThanALongWindowAreSoftmax();
};

// Pieces of unequal size, then steps, then a piece again: borders fall before, on and behind those of windows, blocks and
// chunks.
void TestAttentionForms::promptsInPiecesAreThoseOfTheWhole() {
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

void TestAttentionForms::allViewsAgree() {
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

void TestAttentionForms::singlePrecisionIsNear() {
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

void TestAttentionForms::hybridAgreesWithThePlainLoops() {
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
        const auto q = numbersOf(inputs.q[0][head]);
        const auto k = numbersOf(inputs.k[0][head / (kHeads / kKvHeads)]);
        const auto v = numbersOf(inputs.v[0][head / (kHeads / kKvHeads)]);
        const auto features = [&](const std::vector<double>& x, std::size_t map) {
            return reference::mapFeatures({kHeadDim, kFeatureDim}, 80, x, numbersOf(learned[map].tensor[head]));
        };
        shape.windowFactor = 1 / (1 + std::exp(-learned[2].tensor[0][head].item<double>()));
        shape.linearFactor = std::exp(learned[3].tensor[0][head].item<double>());
        const reference::HybridResult plain = reference::hybridAttention(shape, q, k, v, features(q, 0), features(k, 1));
        QVERIFY(isNear(y[0][head], plain.y));
        QVERIFY(isNear(weights.softmax[0][head], plain.softmaxWeights));
        QVERIFY(isNear(weights.linear[0][head], plain.linearWeights));
    }
}

void TestAttentionForms::plainLoopsWithRunningSumsAreTheMixer() {
    const at::NoGradGuard noGrad;
    const auto mixer = makeDisturbed(settingOfRow(), shapeOf(at::kDouble));
    const AttentionInputs inputs = inputsOf(150);
    QVERIFY(mixer->plainLoops(inputs, 0).defined());
    const at::Tensor y = mixer->mix(inputs);
    for (std::int64_t head = 0; head < kHeads; ++head)
        QVERIFY(largestDifference(mixer->plainLoops(inputs, head), y[0][head]) < 1e-11);
}

// As the published code for long texts: a chunk is mixed alone, but for the sums of all that lies before it.
void TestAttentionForms::textChunksReadEarlierOnesThroughTheLinearPart() {
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

void TestAttentionForms::softmaxAgreesWithThePlainLoops() {
    const auto mixer = makeMixer("softmax", shapeOf(at::kDouble), "", {});
    const AttentionInputs inputs = inputsOf(80);
    for (std::int64_t head = 0; head < kHeads; ++head) {
        const std::int64_t kvHead = head / (kHeads / kKvHeads);
        const reference::HybridResult plain = reference::softmaxAttention(
            80, kHeadDim, numbersOf(inputs.q[0][head]), numbersOf(inputs.k[0][kvHead]), numbersOf(inputs.v[0][kvHead]));
        QVERIFY(largestDifference(mixer->mix(inputs)[0][head].reshape({-1}), at::tensor(plain.y, at::kDouble)) < 1e-12);
    }
    QCOMPARE(mixer->window(), 0);
}

void TestAttentionForms::textsShorterThanALongWindowAreSoftmax() {
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

// 4,096 tokens, grouped queries, against all pairs in double of the same inputs. Weights are positive and sum to 1, so y is as
// wrong as its two sums are, times the largest |v|. In chunks a sum has 64 terms at a time and one for each chunk before, each
// rounded to 2^-24 of it; with a state it has one for each token; exponentials and features add a few roundings of their own.
// In bfloat16 y is rounded to 2^-9 at the end, and torch's softmax rounds its weights and their sum as well.
void TestAttentionForms::longTextsAgreeInEachPrecision() {
    const at::NoGradGuard noGrad;
    constexpr std::int64_t tokens = 4096;
    const Setting setting = settingOfRow();
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
        const AttentionInputs inputs = inputsOf(tokens, 1, type), wide = converted(inputs, at::kDouble);
        const auto exact = makeDisturbed(setting, shapeOf(at::kDouble));
        const auto mixer = makeDisturbed(setting, shapeOf(at::kFloat));
        const double largest = wide.v.abs().max().item<double>(), single = 0x1p-24 * 4 * largest;
        const double ending = type == at::kBFloat16 ? 3 * 0x1p-9 * largest : 0;
        const at::Tensor chunked = mixer->mix(inputs);
        const at::Tensor decoded = written(*mixer, inputs, {1000, 1, 513, 2047});
        for (const std::int64_t first : {0, 1024, 2500, 3968}) {
            const AttentionWeights weights = exact->weightRows(wide, first, 128);
            const at::Tensor all = weights.linear.defined() ? weights.softmax + weights.linear : weights.softmax;
            const at::Tensor y = at::matmul(all, wide.v.narrow(2, 0, first + 128).repeat_interleave(kHeads / kKvHeads, 1));
            const double differences[] = {largestDifference(chunked.narrow(2, first, 128), y),
                                          largestDifference(decoded.narrow(2, first, 128), y)};
            QVERIFY2(differences[0] < ending + single * (64 + tokens / 64), qPrintable(QString::number(differences[0])));
            QVERIFY2(differences[1] < ending + single * tokens, qPrintable(QString::number(differences[1])));
        }
    }
}

QTEST_GUILESS_MAIN(TestAttentionForms)
#include "test_attention_forms.moc"
