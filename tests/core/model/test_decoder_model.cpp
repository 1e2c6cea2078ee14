// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

at::Tensor someIds(std::int64_t rows, std::int64_t tokens) {
    return (at::arange(rows * tokens, at::kLong) * 37 + 11).remainder(256).reshape({rows, tokens});
}

class Counter : public AttentionObserver {
public:
    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor& output) override {
        layers.push_back(layer);
        inputsOfLast = inputs;
        outputOfLast = output;
    }
    std::vector<std::int64_t> layers;
    AttentionInputs inputsOfLast;
    at::Tensor outputOfLast;
};

} // namespace

class TestDecoderModel : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void tokensOneByOneGiveWhatAllTokensAtOnceGive() {
        const at::NoGradGuard guard;
        const DecoderModel model = tinyLlama();
        const at::Tensor ids = someIds(1, 40);
        const at::Tensor whole = model.hidden(ids);
        DecoderState state = model.emptyState();
        QVERIFY(largestDifference(model.prefill(ids.narrow(1, 0, 17), state), whole.narrow(1, 16, 1)) < 1e-5);
        for (std::int64_t i = 17; i < 40; ++i)
            QVERIFY(largestDifference(model.step(ids.narrow(1, i, 1), state), whole.narrow(1, i, 1)) < 1e-5);
        QCOMPARE(state.position, std::int64_t{40});
        QCOMPARE(state.bytes(), model.stateBytes(40));
    }

    void aPromptInPiecesGivesWhatAllTokensAtOnceGive() {
        const at::NoGradGuard guard;
        const DecoderModel model = tinyLlama();
        const at::Tensor ids = someIds(1, 40);
        const at::Tensor whole = model.hidden(ids);
        DecoderState state = model.emptyState();
        std::int64_t first = 0;
        for (const std::int64_t count : {5, 1, 20, 14}) {
            const at::Tensor last = model.prefill(ids.narrow(1, first, count), state);
            first += count;
            QVERIFY(largestDifference(last, whole.narrow(1, first - 1, 1)) < 1e-5);
        }
        QCOMPARE(state.position, first);
    }

    void aBatchGivesEachRowWhatItGetsAlone() {
        const at::NoGradGuard guard;
        const DecoderModel model = tinyLlama();
        const at::Tensor ids = someIds(3, 21);
        const at::Tensor together = model.hidden(ids);
        for (std::int64_t row = 0; row < 3; ++row)
            QVERIFY(largestDifference(model.hidden(ids.narrow(0, row, 1)), together.narrow(0, row, 1)) < 1e-5);
    }

    void observingSeesEachLayerOnceAndTheSameAsTheWholePass() {
        const at::NoGradGuard guard;
        const DecoderModel model = tinyLlama();
        const at::Tensor ids = someIds(1, 12);
        Counter whole, only;
        model.hidden(ids, &whole);
        model.observe(ids, only);
        Counter some;
        model.observe(ids, some, 2);
        QCOMPARE(some.layers, (std::vector<std::int64_t>{0, 1}));
        Counter first;
        model.observe(ids, first, 1);
        QVERIFY(at::equal(model.attentionInputs(0, at::embedding(model.embedding(), ids)).k, first.inputsOfLast.k));
        QCOMPARE(only.layers, (std::vector<std::int64_t>{0, 1, 2, 3}));
        QCOMPARE(only.layers, whole.layers);
        QVERIFY(at::equal(only.inputsOfLast.q, whole.inputsOfLast.q));
        QVERIFY(at::equal(only.outputOfLast, whole.outputOfLast));
        QCOMPARE(only.inputsOfLast.k.size(1), model.shape().kvHeads);
    }

    void aSharedModelTakesOtherMixersWithoutTouchingTheFirst() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        DecoderModel student = teacher.shared();
        const DecoderShape& shape = teacher.shape();
        const at::Tensor ids = someIds(1, 30);
        const at::Tensor before = teacher.hidden(ids);
        student.blocks()[1].mixer =
            makeMixer("linear", {shape.heads, shape.kvHeads, shape.headDim, 0, at::dtype(at::kFloat)}, "hedgehog", {});
        QVERIFY(at::equal(teacher.hidden(ids), before));
        QVERIFY(largestDifference(student.hidden(ids), before) > 1e-3);
        QVERIFY(student.blocks()[1].q.weight.is_same(teacher.blocks()[1].q.weight));
    }

    void anUnknownActivationIsRefused() {
        const DecoderModel model = tinyLlama();
        DecoderShape shape = model.shape();
        shape.activation = "sparkle";
        LOLCATS_COMPARE_TEXT(
            refusalCode([&] { DecoderModel(shape, model.embedding(), model.finalNorm(), model.head(), model.blocks()); }),
            "CFG-ACTIVATION");
    }

    void aStopWhileLoadingIsARefusalOfItsOwnCode() {
        const auto source = openModelSource(oraclesFolder() + "/tiny-llama");
        const CheckedModel checked = checkModel(*source);
        double last = 0;
        LOLCATS_COMPARE_TEXT(refusalCode([&] {
                                 loadModel(*source, checked, "float32", "cpu", [&](double share) {
                                     last = share;
                                     return share < 0.5;
                                 });
                             }),
                             "INT-STOPPED");
        QVERIFY(last >= 0.5 && last < 1);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { loadModel(*source, checked, "int3", "cpu", {}); }), "PLAN-DTYPE");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { loadModel(*source, checked, "float32", "abacus", {}); }), "RES-DEVICE");
    }
};

QTEST_GUILESS_MAIN(TestDecoderModel)
#include "test_decoder_model.moc"
