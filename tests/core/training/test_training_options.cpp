// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan may ask of both stages beside the common course: documents of a row apart, and adapters that learn in the
// transfer.
#include "core/training/lora_finetune.h"
#include "core/training/losses.h"
#include "core/training/row_batches.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <cmath>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// One row of three documents: 9, 1 and 14 tokens.
TokenRows packedRow() {
    TokenRows row = someRows(1, 24);
    row.documents.assign(24, 2);
    std::fill_n(row.documents.begin(), 9, 0);
    row.documents[9] = 1;
    return row;
}

TokenRows part(const TokenRows& row, std::int64_t first, std::int64_t count) {
    const auto cut = [&](const std::vector<std::int32_t>& all) {
        return std::vector<std::int32_t>(all.begin() + first, all.begin() + first + count);
    };
    return {count, cut(row.ids), cut(row.labels), {}};
}

ConversionPlan apartPlan() {
    ConversionPlan plan = smallPlan();
    plan.dataset = "rows";
    plan.documents = "apart";
    plan.transferSteps = plan.finetuneSteps = 1;
    plan.evaluateEvery = 0;
    return plan;
}

DecoderModel studentOf(const DecoderModel& teacher, const Students& students, const ConversionPlan& plan) {
    DecoderModel student = teacher.shared();
    installStudents(student, students);
    attachLora(student, loraSettings(plan));
    return student;
}

constexpr double kShares[] = {9.0 / 23, 14.0 / 23}; // the document of one token is left out

} // namespace

class TestTrainingOptions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void documentsOfARowArePiecesThatCountByTheirTokens() {
        const TokenRows row = packedRow();
        const std::vector<RowBatch> pieces = documentsOf(row, {0}, "cpu");
        QCOMPARE(pieces.size(), std::size_t{2});
        QVERIFY(at::equal(pieces[0].ids, batchOf(part(row, 0, 9), {0}, "cpu").ids));
        QVERIFY(at::equal(pieces[1].labels, batchOf(part(row, 10, 14), {0}, "cpu").labels));
        QCOMPARE(pieces[0].share, kShares[0]);
        QCOMPARE(pieces[1].share, kShares[1]);
        QCOMPARE(documentsOf(someRows(2, 24), {0, 1}, "cpu").size(), std::size_t{2}); // without borders a row is one document
    }

    void apartDocumentsAreTransferredAsIfAlone() {
        const DecoderModel teacher = tinyLlama();
        const TokenRows row = packedRow();
        const auto losses = [&](const std::string& documents) {
            ConversionPlan plan = apartPlan();
            plan.documents = documents;
            Students students = makeStudents(plan, teacher.shape());
            KeepingProgress progress;
            StageHooks hooks;
            hooks.progress = &progress;
            AttentionTransfer(teacher, students, plan).run(row, {}, hooks, nullptr);
            return progress.values("transfer.mse", 2).front();
        };
        const Students fresh = makeStudents(apartPlan(), teacher.shape());
        const double expected = kShares[0] * layerErrors(teacher, fresh, part(row, 0, 9), 1)[2].mse +
                                kShares[1] * layerErrors(teacher, fresh, part(row, 10, 14), 1)[2].mse;
        QVERIFY(std::abs(losses("apart") - expected) < 1e-6 * expected);
        QVERIFY(std::abs(losses("joined") - expected) > 1e-3 * expected);
    }

    void apartDocumentsAreFinetunedAsIfAlone() {
        const DecoderModel teacher = tinyLlama();
        const TokenRows row = packedRow();
        ConversionPlan plan = apartPlan();
        plan.finetuneLoss = "next-token";
        const Students students = makeStudents(plan, teacher.shape());
        DecoderModel student = studentOf(teacher, students, plan);
        const auto alone = [&](std::int64_t first, std::int64_t count) {
            const at::NoGradGuard guard;
            const RowBatch piece = batchOf(part(row, first, count), {0}, "cpu");
            return nextTokenLoss(student.hidden(piece.ids).narrow(1, 0, count - 1).flatten(0, 1),
                                 piece.labels.narrow(1, 1, count - 1).flatten(), student.head())
                .item<double>();
        };
        const double expected = kShares[0] * alone(0, 9) + kShares[1] * alone(10, 14);
        KeepingProgress progress;
        StageHooks hooks;
        hooks.progress = &progress;
        LoraFinetune(teacher, student, students, plan).run(row, {}, hooks, nullptr);
        QVERIFY(std::abs(progress.values("finetune.loss").front() - expected) < 1e-5 * expected);
    }

    void gradientsOfAdaptersInTheTransferMatchFiniteDifferences() {
        const DecoderModel teacher = widened(tinyLlama());
        const ConversionPlan plan = smallPlan();
        const Students students = makeStudents(plan, teacher.shape());
        const DecoderModel student = studentOf(teacher, students, plan);
        const at::NoGradGuard guard;
        const at::Tensor ids = at::arange(30, at::kLong).unsqueeze(0);
        const auto mse = [&](double factor) {
            LayerMeasure measure(teacher, students, {factor, 0, false, nullptr, false, &student});
            teacher.observe(ids, measure);
            return measure.means(1)[1].mse;
        };
        std::uint64_t seed = 1;
        for (const NamedTensor& adapter : loraTensors(student)) { // B off its start, so that A has a gradient too
            at::Generator generator = at::detail::createCPUGenerator(++seed);
            adapter.tensor.add_(at::empty_like(adapter.tensor).normal_(0, 0.02, generator));
        }
        mse(1);
        for (const NamedTensor& adapter : loraTensors(student)) {
            if (!adapter.name.starts_with("lora.1."))
                continue;
            const at::Tensor gradient = adapter.tensor.grad();
            if (adapter.name.starts_with("lora.1.o")) {
                QVERIFY(!gradient.defined()); // the error is measured before the output projection
                continue;
            }
            at::Generator generator = at::detail::createCPUGenerator(++seed);
            const at::Tensor direction = at::empty_like(adapter.tensor).normal_(0, 1, generator);
            const double h = 1e-5;
            adapter.tensor.add_(direction, h);
            const double above = mse(0);
            adapter.tensor.add_(direction, -2 * h);
            const double expected = (above - mse(0)) / (2 * h);
            adapter.tensor.add_(direction, h);
            const double found = (gradient * direction).sum().item<double>();
            QVERIFY2(std::abs(found - expected) < 1e-5 * std::abs(expected), adapter.name.c_str());
        }
    }

    void adaptersLearnInTheTransferAndAreKept() {
        const DecoderModel teacher = tinyLlama();
        ConversionPlan plan = smallPlan();
        plan.transferLora = true;
        plan.transferSteps = 12;
        const TokenRows rows = someRows(4, 24);
        const auto run = [&](bool adapted, KeepingProgress& progress) {
            Students students = makeStudents(plan, teacher.shape());
            DecoderModel student = studentOf(teacher, students, plan);
            StageHooks hooks;
            hooks.progress = &progress;
            AttentionTransfer(teacher, students, plan, adapted ? &student : nullptr).run(rows, rows, hooks, nullptr);
            return student;
        };
        KeepingProgress with, without;
        const DecoderModel student = run(true, with);
        run(false, without);
        QVERIFY(with.values("transfer.heldout.relative").back() < without.values("transfer.heldout.relative").back());
        const at::NoGradGuard guard;
        for (const NamedTensor& adapter : loraTensors(student))
            if (adapter.name.ends_with(".b"))
                QCOMPARE(adapter.tensor.abs().max().item<double>() > 0, adapter.name.find(".o.") == std::string::npos);
        const at::Tensor ids = at::arange(30, at::kLong).unsqueeze(0);
        QVERIFY(at::equal(restoredStudent(teacher, plan, *with.checkpoints.back()).hidden(ids), student.hidden(ids)));
    }
};

QTEST_GUILESS_MAIN(TestTrainingOptions)
#include "test_training_options.moc"
