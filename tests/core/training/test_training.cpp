// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/lora_finetune.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// Forwards to torch's own allocator and remembers the largest block asked for since the last reset.
class WatchedAllocator : public c10::Allocator {
public:
    c10::DataPtr allocate(std::size_t bytes) override {
        largest = std::max(largest, bytes);
        return c10::GetDefaultCPUAllocator()->allocate(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override { return c10::GetDefaultCPUAllocator()->raw_deleter(); }
    void copy_data(void* to, const void* from, std::size_t count) const override { default_copy_data(to, from, count); }
    std::size_t largest = 0;
};

struct Bench {
    DecoderModel teacher = tinyLlama();
    TokenRows train = someRows(5, 24), heldout = someRows(2, 24, 9);

    StageOutcome transfer(Students& students, const ConversionPlan& plan, KeepingProgress& progress,
                          const Checkpoint* from = nullptr) {
        StageHooks hooks;
        hooks.progress = &progress;
        hooks.mapsWanted = [&](std::int64_t step) { maps.push_back(step); };
        return AttentionTransfer(teacher, students, plan).run(train, heldout, hooks, from);
    }
    StageOutcome finetune(const ConversionPlan& plan, const Checkpoint& transferred, KeepingProgress& progress,
                          const Checkpoint* from = nullptr) {
        tuned = makeStudents(plan, teacher.shape());
        loadInto(studentTensors(tuned), transferred.tensors);
        student = teacher.shared();
        installStudents(student, tuned);
        attachLora(student, loraSettings(plan));
        StageHooks hooks;
        hooks.progress = &progress;
        return LoraFinetune(teacher, student, tuned, plan).run(train, heldout, hooks, from);
    }
    std::vector<std::int64_t> maps;
    Students tuned;
    DecoderModel student = teacher.shared();
};

const TensorBytes& tensorOf(const Checkpoint& checkpoint, const std::string& name) {
    for (const TensorBytes& tensor : checkpoint.tensors)
        if (tensor.name == name)
            return tensor;
    throw std::runtime_error("no tensor " + name);
}

// Stops before the step after `steps`.
std::function<JobRequests(std::int64_t)> stopAfter(std::int64_t steps) {
    return [steps](std::int64_t question) { return JobRequests{question == steps + 1, false}; };
}

} // namespace

class TestTraining : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void transferLowersTheErrorAndReportsWhatItPromises() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.transferSteps = 20;
        plan.transferLr = 5e-2;
        plan.keepSoftmax = {2};
        plan.options["window_factor"] = 0.1; // the published start: far from the teacher
        plan.options["linear_factor"] = 1.0;
        bench.heldout = bench.train; // random weights have nothing in common that could be learned for other rows
        Students students = makeStudents(plan, bench.teacher.shape());
        QVERIFY(students[2] == nullptr);
        KeepingProgress progress;
        const StageOutcome outcome = bench.transfer(students, plan, progress);
        QCOMPARE(outcome.steps, std::int64_t{20});
        QVERIFY(!outcome.stopped);
        const std::vector<double> heldout = progress.values("transfer.heldout.relative");
        QCOMPARE(heldout.size(), std::size_t{11}); // before the first step and after every second
        const double best = *std::min_element(heldout.begin(), heldout.end());
        QVERIFY(best < 0.9 * heldout.front());
        QCOMPARE(progress.values("transfer.mse", 3).size(), std::size_t{20});
        QVERIFY(progress.values("transfer.mse", 2).empty());
        QCOMPARE(progress.values("tokens").back(), 20.0 * 24);
        QCOMPARE(progress.last.step, std::int64_t{20});
        QVERIFY(progress.last.tokensPerSecond > 0);
        LOLCATS_COMPARE_TEXT(progress.reasons().back(), "stage end");
        QCOMPARE(bench.maps.front(), std::int64_t{0});
        QCOMPARE(bench.maps.back(), std::int64_t{20});
        QCOMPARE(bench.maps.size(), std::size_t{10});
        // The best state is what is left in the students.
        double sum = 0;
        const auto errors = layerErrors(bench.teacher, students, bench.heldout, 4);
        for (const std::size_t layer : {0U, 1U, 3U})
            sum += errors[layer].mse / errors[layer].power / 3;
        QVERIFY(std::abs(sum - best) < 1e-9);
        QVERIFY(!students[0]->maps()[0].tensor.grad().defined());
    }

    void theLossIsTheMeanOverConvertedLayersTimesTheFactor() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.keepSoftmax = {0};
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress progress;
        bench.transfer(students, plan, progress);
        for (std::size_t step = 0; step < 6; ++step) {
            double mean = 0;
            for (int layer = 1; layer < 4; ++layer)
                mean += progress.values("transfer.mse", layer)[step] / 3;
            QVERIFY(std::abs(progress.values("transfer.loss")[step] - 1000 * mean) < 1e-9 * 1000 * mean);
        }
    }

    void accumulatedMicroBatchesGiveTheStepOfOneLargeBatch() {
        Bench bench;
        ConversionPlan large = smallPlan(), small = smallPlan();
        large.batch = 2;
        small.accumulation = 2;
        large.transferFactorRatio = small.transferFactorRatio = 5;
        std::vector<std::vector<double>> losses;
        for (const ConversionPlan& plan : {large, small}) {
            Students students = makeStudents(plan, bench.teacher.shape());
            KeepingProgress progress;
            bench.transfer(students, plan, progress);
            losses.push_back(progress.values("transfer.loss"));
            QCOMPARE(progress.values("tokens").back(), 6.0 * 48);
        }
        for (std::size_t i = 0; i < 6; ++i)
            QVERIFY(std::abs(losses[0][i] / losses[1][i] - 1) < 1e-4);
    }

    void aStoppedTransferGoesOnAsIfItHadNotStopped() {
        Bench bench;
        for (const char* schedule : {"cosine", "plateau"}) {
            ConversionPlan plan = smallPlan();
            plan.transferSchedule = schedule;
            Students whole = makeStudents(plan, bench.teacher.shape());
            KeepingProgress straight, first, second;
            bench.transfer(whole, plan, straight);
            Students halves = makeStudents(plan, bench.teacher.shape());
            first.answer = stopAfter(3);
            const StageOutcome outcome = bench.transfer(halves, plan, first);
            QVERIFY(outcome.stopped);
            QCOMPARE(outcome.steps, std::int64_t{3});
            LOLCATS_COMPARE_TEXT(first.reasons().back(), "stop");
            Students fresh = makeStudents(plan, bench.teacher.shape());
            QVERIFY(!bench.transfer(fresh, plan, second, first.checkpoints.back().get()).stopped);
            std::vector<double> both = first.values("transfer.loss");
            for (const double loss : second.values("transfer.loss"))
                both.push_back(loss);
            QCOMPARE(both, straight.values("transfer.loss"));
            for (std::size_t i = 0; i < studentTensors(whole).size(); ++i)
                QVERIFY(at::equal(studentTensors(whole)[i].tensor, studentTensors(fresh)[i].tensor));
        }
    }

    void aLayersRateIsAMultipleOfItsOwn() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.transferLayerRates = "1-2:0,3:1";
        const Students fresh = makeStudents(plan, bench.teacher.shape());
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress progress;
        bench.heldout = TokenRows{}; // the last state is what is left
        bench.transfer(students, plan, progress);
        for (const std::size_t layer : {0U, 1U, 2U, 3U})
            QCOMPARE(at::equal(students[layer]->maps()[0].tensor, fresh[layer]->maps()[0].tensor), layer == 1 || layer == 2);
        plan.transferLayerRates = "4:2";
        LOLCATS_COMPARE_TEXT(refusalCode([&] { bench.transfer(students, plan, progress); }), "PLAN-LAYERS");
    }

    void aLayerThatGetsNoBetterRestsAndAStoppedRunKnowsIt() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.transferSteps = 12;
        plan.transferPatience = 2;
        plan.transferLayerRates = "2:0"; // never gets better
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress straight, first, second;
        bench.transfer(students, plan, straight);
        QCOMPARE(straight.values("transfer.mse", 2).size(),
                 std::size_t{4}); // evaluations after steps 2 and 4 found no progress
        QVERIFY(std::any_of(straight.log.begin(), straight.log.end(),
                            [](const std::string& line) { return line.starts_with("Layer 2 rests"); }));
        Students halves = makeStudents(plan, bench.teacher.shape());
        first.answer = stopAfter(5);
        bench.transfer(halves, plan, first);
        Students again = makeStudents(plan, bench.teacher.shape());
        bench.transfer(again, plan, second, first.checkpoints.back().get());
        QVERIFY(second.values("transfer.mse", 2).empty());
        plan.transferLayerRates = "0-3:0"; // all rest, so the stage ends early
        Students still = makeStudents(plan, bench.teacher.shape());
        KeepingProgress early;
        QCOMPARE(bench.transfer(still, plan, early).steps, std::int64_t{4});
        LOLCATS_COMPARE_TEXT(early.reasons().back(), "stage end");
    }

    void theRelativeLossCountsEachLayerInUnitsOfItsOwnPower() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.transferLoss = "relative";
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress progress;
        bench.transfer(students, plan, progress);
        for (std::size_t step = 0; step < 6; ++step) {
            double mean = 0;
            for (int layer = 0; layer < 4; ++layer)
                mean += progress.values("transfer.relative", layer)[step] / 4;
            QVERIFY(std::abs(progress.values("transfer.loss")[step] - 1000 * mean) < 1e-9 * 1000 * mean);
        }
    }

    void aStageThatHasEndedIsNotTrainedAgain() {
        Bench bench;
        const ConversionPlan plan = smallPlan();
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress progress, again;
        bench.transfer(students, plan, progress);
        Students fresh = makeStudents(plan, bench.teacher.shape());
        QCOMPARE(bench.transfer(fresh, plan, again, progress.checkpoints.back().get()).steps, std::int64_t{6});
        QVERIFY(again.metrics.empty());
        QVERIFY(at::equal(studentTensors(fresh)[0].tensor, studentTensors(students)[0].tensor));
    }

    void aCheckpointIsTakenWhenAskedFor() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.evaluateEvery = plan.checkpointEvery = 0;
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress progress;
        progress.answer = [](std::int64_t question) { return JobRequests{false, question == 5}; };
        bench.transfer(students, plan, progress);
        QCOMPARE(progress.reasons(), (std::vector<std::string>{"asked", "stage end"}));
        QCOMPARE(progress.checkpoints[0]->step, std::int64_t{4});
    }

    void finetuneLowersKlAndKeepsTheTeacherAsItWas() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.options["window_factor"] = 0.1;
        plan.options["linear_factor"] = 1.0;
        Students students = makeStudents(plan, bench.teacher.shape());
        KeepingProgress transferred, progress;
        bench.transfer(students, plan, transferred);
        const at::Tensor before = bench.teacher.hidden(at::arange(20, at::kLong).unsqueeze(0));
        plan.finetuneSteps = 20;
        plan.finetuneLr = 1e-2;
        bench.heldout = bench.train;
        bench.finetune(plan, *transferred.checkpoints.back(), progress);
        const std::vector<double> kl = progress.values("finetune.heldout.kl");
        QVERIFY(*std::min_element(kl.begin(), kl.end()) < 0.95 * kl.front());
        QVERIFY(at::equal(bench.teacher.hidden(at::arange(20, at::kLong).unsqueeze(0)), before));
        const Checkpoint& end = *progress.checkpoints.back();
        QVERIFY(end.stage == Stage::Finetune);
        QVERIFY(tensorOf(end, "student.0.feature_map_q").bytes !=
                tensorOf(*transferred.checkpoints.back(), "student.0.feature_map_q").bytes);
        tensorOf(end, "lora.3.o.b");
        tensorOf(end, "optimizer.lora.3.o.b.v");
        // What a checkpoint restores is what was trained.
        const at::NoGradGuard guard;
        const at::Tensor ids = at::arange(30, at::kLong).unsqueeze(0);
        QVERIFY(at::equal(restoredStudent(bench.teacher, plan, end).hidden(ids), bench.student.hidden(ids)));
    }

    void aStoppedFinetuneGoesOnAsIfItHadNotStopped() {
        Bench bench;
        for (const char* loss : {"kl", "next-token"}) {
            ConversionPlan plan = smallPlan();
            plan.finetuneLoss = loss;
            plan.dropout = 0.1;
            plan.finetuneMaps = std::string(loss) == "kl";
            Students students = makeStudents(plan, bench.teacher.shape());
            KeepingProgress transferred, straight, first, second;
            bench.transfer(students, plan, transferred);
            const Checkpoint& start = *transferred.checkpoints.back();
            bench.finetune(plan, start, straight);
            first.answer = stopAfter(3);
            QVERIFY(bench.finetune(plan, start, first).stopped);
            bench.finetune(plan, start, second, first.checkpoints.back().get());
            std::vector<double> both = first.values("finetune.loss");
            for (const double value : second.values("finetune.loss"))
                both.push_back(value);
            QCOMPARE(both, straight.values("finetune.loss"));
            QVERIFY(tensorOf(*second.checkpoints.back(), "lora.0.q.b").bytes ==
                    tensorOf(*straight.checkpoints.back(), "lora.0.q.b").bytes);
            QCOMPARE(tensorOf(start, "student.0.feature_map_q").bytes ==
                         tensorOf(*second.checkpoints.back(), "student.0.feature_map_q").bytes,
                     !plan.finetuneMaps);
        }
    }

    void threeStepsWithoutNumbersRefuseAndNameTheLayer() {
        Bench bench;
        const ConversionPlan plan = smallPlan();
        Students students = makeStudents(plan, bench.teacher.shape());
        {
            const at::NoGradGuard guard;
            students[1]->maps()[0].tensor.fill_(std::numeric_limits<float>::quiet_NaN());
        }
        KeepingProgress progress;
        std::string summary;
        try {
            bench.transfer(students, plan, progress);
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "NUM-TRANSFER");
            summary = refusal.failure().summary;
        }
        QVERIFY2(summary.find("layer 1") != std::string::npos && summary.find("step 3") != std::string::npos, summary.c_str());
        QCOMPARE(progress.log.size(), std::size_t{2});
    }

    void layersAndCheckpointsThatDoNotFitAreRefused() {
        Bench bench;
        ConversionPlan plan = smallPlan();
        plan.keepSoftmax = {4};
        LOLCATS_COMPARE_TEXT(refusalCode([&] { makeStudents(plan, bench.teacher.shape()); }), "PLAN-LAYERS");
        plan.keepSoftmax.clear();
        const Students students = makeStudents(plan, bench.teacher.shape());
        Checkpoint checkpoint;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { restoredStudent(bench.teacher, plan, checkpoint); }), "RUN-CHECKPOINT");
        for (const NamedTensor& tensor : studentTensors(students))
            checkpoint.tensors.push_back(bytesOf(tensor.name, tensor.tensor));
        restoredStudent(bench.teacher, plan, checkpoint);
        std::swap(checkpoint.tensors[0].shape[0], checkpoint.tensors[0].shape[1]);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { restoredStudent(bench.teacher, plan, checkpoint); }), "RUN-CHECKPOINT");
        checkpoint.tensors[0].shape = {1, 2};
        LOLCATS_COMPARE_TEXT(refusalCode([&] { tensorFrom(checkpoint.tensors[0]); }), "RUN-CHECKPOINT");
    }

    // Per head and layer a map of 1,024 x 1,024 would be 4 MiB of float32, 16 MiB for the layer's four heads.
    void aTransferStepMakesNoTensorOfTokensTimesTokens() {
        Bench bench;
        static WatchedAllocator watched; // torch keeps the pointer
        std::vector<std::size_t> largest;
        for (const std::int64_t tokens : {512, 1024}) {
            ConversionPlan plan = smallPlan();
            plan.length = tokens;
            plan.transferSteps = 1;
            bench.train = someRows(1, tokens);
            bench.heldout = TokenRows();
            Students students = makeStudents(plan, bench.teacher.shape());
            KeepingProgress progress;
            c10::SetCPUAllocator(&watched, 1);
            watched.largest = 0;
            bench.transfer(students, plan, progress);
            largest.push_back(watched.largest);
            c10::SetCPUAllocator(c10::GetDefaultCPUAllocator(), 1);
        }
        QVERIFY2(largest[1] < 5 * largest[0] / 2, std::to_string(largest[1]).c_str());
        QVERIFY2(largest[1] < 4 * 1024 * 1024, std::to_string(largest[1]).c_str());
    }
};

QTEST_GUILESS_MAIN(TestTraining)
#include "test_training.moc"
