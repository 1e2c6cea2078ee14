// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/lora.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

const at::Tensor& ids() {
    static const at::Tensor row = (at::arange(24, at::kLong) * 53 + 7).remainder(256).unsqueeze(0);
    return row;
}

LoraSettings settings() {
    return {4, 8, 0, {"q", "v"}, 3};
}

// Adapters that change something: B is zero at the start.
DecoderModel adapted(const DecoderModel& teacher, const LoraSettings& how) {
    const at::NoGradGuard guard;
    DecoderModel student = teacher.shared();
    attachLora(student, how);
    for (const NamedTensor& tensor : loraTensors(student))
        if (tensor.name.ends_with(".b"))
            tensor.tensor.fill_(0.01);
    return student;
}

} // namespace

class TestLora : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void targetsAreReadAndOthersRefused() {
        QCOMPARE(loraTargets("q,k, v,o"), (std::vector<std::string>{"q", "k", "v", "o"}));
        QCOMPARE(loraTargets("v"), (std::vector<std::string>{"v"}));
        for (const char* wrong : {"", "q,", "gate", "q,q", "Q"})
            LOLCATS_COMPARE_TEXT(refusalCode([&] { loraTargets(wrong); }), "PLAN-TARGETS");
    }

    void freshAdaptersChangeNothingAndDependOnTheSeedAlone() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        DecoderModel first = teacher.shared(), second = teacher.shared(), other = teacher.shared();
        attachLora(first, settings());
        attachLora(second, settings());
        LoraSettings otherSeed = settings();
        otherSeed.seed = 4;
        attachLora(other, otherSeed);
        QVERIFY(at::equal(first.hidden(ids()), teacher.hidden(ids())));
        const auto a = loraTensors(first), b = loraTensors(second), c = loraTensors(other);
        QCOMPARE(a.size(), std::size_t{16}); // 4 layers, 2 targets, a and b
        LOLCATS_COMPARE_TEXT(a[0].name, "lora.0.q.a");
        LOLCATS_COMPARE_TEXT(a[3].name, "lora.0.v.b");
        for (std::size_t i = 0; i < a.size(); ++i) {
            QVERIFY(a[i].tensor.requires_grad() && a[i].tensor.is_leaf());
            QVERIFY(at::equal(a[i].tensor, b[i].tensor));
            QCOMPARE(at::equal(a[i].tensor, c[i].tensor), a[i].name.ends_with(".b")); // B is zero in all of them
        }
        QVERIFY(!at::equal(a[0].tensor, a[4].tensor)); // layers differ
        const double bound = 1 / std::sqrt(128.0);
        QVERIFY(a[0].tensor.abs().max().item<double>() <= bound && a[0].tensor.abs().max().item<double>() > 0.9 * bound);
    }

    void aRankThatDoesNotFitIsRefused() {
        DecoderModel model = tinyLlama();
        LoraSettings large = settings();
        large.rank = 65; // v is 64 by 128
        LOLCATS_COMPARE_TEXT(refusalCode([&] { attachLora(model, large); }), "PLAN-RANK");
        large.rank = 0;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { attachLora(model, large); }), "PLAN-RANK");
    }

    void mergedWeightsGiveTheSameModelAndLeaveTheTeacherAlone() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        const at::Tensor before = teacher.hidden(ids());
        DecoderModel student = adapted(teacher, settings());
        const at::Tensor withAdapters = student.hidden(ids());
        QVERIFY(largestDifference(withAdapters, before) > 1e-3);
        mergeLora(student);
        QVERIFY(loraTensors(student).empty());
        QVERIFY(largestDifference(student.hidden(ids()), withAdapters) < 1e-5);
        QVERIFY(at::equal(teacher.hidden(ids()), before));
    }

    void dropoutFollowsItsSeedAndOnlyWhereGradientsAreWanted() {
        const DecoderModel teacher = tinyLlama();
        LoraSettings dropping = settings();
        dropping.dropout = 0.5;
        DecoderModel student = adapted(teacher, dropping);
        const auto with = [&](std::uint64_t seed) {
            setDropoutSeeds(student, seed);
            return student.hidden(ids()).detach();
        };
        const at::Tensor first = with(1);
        QVERIFY(at::equal(first, with(1)));
        QVERIFY(!at::equal(first, with(2)));
        const at::NoGradGuard guard;
        const DecoderModel plain = adapted(teacher, settings());
        QVERIFY(at::equal(with(1), plain.hidden(ids())));
    }
};

QTEST_GUILESS_MAIN(TestLora)
#include "test_lora.moc"
