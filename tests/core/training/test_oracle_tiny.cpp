// SPDX-License-Identifier: GPL-3.0-or-later
// The tiny model through both stages, in float64: what is left of a difference is a difference of meaning.
#include "core/training/lora_finetune.h"
#include "core/training/losses.h"
#include "tests/core/training/tiny_oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

// Transfers of a known form: with one batch a step, or with accumulation over the borders of passes.
std::vector<std::string> transferFiles(bool accumulated) {
    std::vector<std::string> found;
    for (const std::string& file : filesOf(""))
        if (file.find("-transfer-") != std::string::npos &&
            oracleJson(file).at("expected").contains("micro_losses") == accumulated)
            found.push_back(file);
    return found;
}

class LayerOutputs : public AttentionObserver {
public:
    explicit LayerOutputs(const Students& students) : m_students(students) {}
    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor&) override {
        outputs.push_back(m_students[static_cast<std::size_t>(layer)]->mix(inputs));
    }
    std::vector<at::Tensor> outputs;

private:
    const Students& m_students;
};

// Stage two of an oracle, run by our own trainer: the student with its trained adapters.
struct Finetuned {
    Students students;
    DecoderModel student;
    KeepingProgress progress;
    std::vector<double> evaluations; // before the first step and after the last
};

Finetuned finetuned(const TinyOracle& lora, const DecoderModel& teacher) {
    const std::string base = lora.path.substr(0, lora.path.rfind("-lora.json"));
    const TinyOracle transfer(base + "-transfer-xent0.json");
    Finetuned result{publishedStudents(lora.json, teacher.shape()), teacher.shared(), {}, {}};
    at::NoGradGuard guard;
    for (const NamedTensor& tensor : studentTensors(result.students))
        tensor.tensor.copy_(transfer["after_step10__" + publishedName(tensor.name)]);
    installStudents(result.student, result.students);
    ConversionPlan plan = publishedPlan(lora["train_ids"]);
    plan.rank = lora.parameters().at("lora_r").get<std::int64_t>();
    plan.alpha = lora.parameters().at("lora_alpha").get<double>();
    attachLora(result.student, loraSettings(plan));
    for (const NamedTensor& adapter : loraTensors(result.student))
        if (adapter.name.ends_with(".a"))
            adapter.tensor.copy_(lora["initial__base_model.model.model.layers." + adapter.name.substr(5, 1) + ".self_attn." +
                                      adapter.name.substr(7, 1) + "_proj.lora_A.default.weight"]);
    const TokenRows heldout = rowsOf(lora["eval_ids"], lora["eval_labels"]);
    const auto measure = [&] {
        const at::Tensor ids = lora["eval_ids"].flatten(0, 1), labels = lora["eval_labels"].flatten(0, 1);
        const std::int64_t next = ids.size(1) - 1;
        const at::Tensor hidden = result.student.hidden(ids).narrow(1, 0, next).flatten(0, 1);
        result.evaluations.push_back(nextTokenLoss(hidden, labels.narrow(1, 1, next).flatten(), teacher.head()).item<double>());
    };
    measure();
    StageHooks hooks;
    hooks.progress = &result.progress;
    LoraFinetune(teacher, result.student, result.students, plan)
        .run(rowsOf(lora["train_ids"], lora["train_labels"]), heldout, hooks, nullptr);
    measure();
    return result;
}

} // namespace

class TestOracleTiny : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void theModelAsItStandsGivesTheStoredLogits() {
        const at::NoGradGuard guard;
        const std::vector<std::string> files = oracleFiles("tiny", "-base.json");
        if (files.empty())
            QSKIP("the oracles' folder has no tiny base");
        const DecoderModel teacher = tinyLlama(), wide = widened(teacher);
        for (const std::string& file : files) {
            const TinyOracle oracle(file);
            QVERIFY(largestDifference(wide.logits(wide.hidden(oracle["input_ids"])), oracle["logits"]) <=
                    oracle.json.at("tolerance").at("float64").get<double>());
            QVERIFY(largestDifference(teacher.logits(teacher.hidden(oracle["input_ids"])), oracle["logits"]) <=
                    oracle.json.at("tolerance").at("float32").get<double>());
        }
    }

    void aFreshStudentGivesTheStoredOutputsAndLogits() {
        const at::NoGradGuard guard;
        if (filesOf("-init").empty())
            QSKIP("the oracles' folder has no fresh student of a known form");
        const DecoderModel teacher = widened(tinyLlama());
        for (const std::string& file : filesOf("-init")) {
            const TinyOracle oracle(file);
            const double tolerance = oracle.json.at("tolerance").at("float64").get<double>();
            const Students students = publishedStudents(oracle.json, teacher.shape());
            LayerOutputs observer(students);
            teacher.observe(oracle["input_ids"], observer);
            for (std::size_t layer = 0; layer < students.size(); ++layer)
                QVERIFY2(largestDifference(observer.outputs[layer], oracle["layer" + std::to_string(layer) + "_y_pred"]) <=
                             tolerance,
                         file.c_str());
            DecoderModel student = teacher.shared();
            installStudents(student, students);
            QVERIFY(largestDifference(student.logits(student.hidden(oracle["input_ids"])), oracle["student_logits"]) <=
                    tolerance);
        }
    }

    void tenStepsOfTransferGiveTheStoredLossesAndParameters() {
        if (transferFiles(false).empty())
            QSKIP("the oracles' folder has no transfer of a known form");
        const DecoderModel teacher = widened(tinyLlama());
        for (const std::string& file : transferFiles(false)) {
            const TinyOracle oracle(file);
            Students students = publishedStudents(oracle.json, teacher.shape());
            const TokenRows heldout = rowsOf(oracle["eval_ids"], oracle["eval_ids"]);
            const auto measure = [&](std::int64_t row) {
                const auto errors = layerErrors(teacher, students, heldout, heldout.rows());
                for (std::size_t layer = 0; layer < errors.size(); ++layer)
                    QVERIFY2(relativeTo(errors[layer].mse,
                                        oracle["eval_mse_per_layer"][row][static_cast<std::int64_t>(layer)].item<double>()) <=
                                 kLossTolerance,
                             file.c_str());
            };
            measure(0);
            KeepingProgress progress;
            StageHooks hooks;
            hooks.progress = &progress;
            ConversionPlan plan = publishedPlan(oracle["train_ids"]);
            plan.transferXentFactor = oracle.parameters().at("xent_factor").get<double>();
            AttentionTransfer(teacher, students, plan)
                .run(rowsOf(oracle["train_ids"], oracle["train_ids"]), heldout, hooks, nullptr);
            measure(2);
            const at::Tensor perLayer = oracle["train_mse_per_layer"], losses = oracle["train_loss"];
            for (std::int64_t step = 0; step < losses.size(0); ++step) {
                const auto at = static_cast<std::size_t>(step);
                QVERIFY(relativeTo(progress.values("transfer.loss")[at], losses[step].item<double>()) <= kLossTolerance);
                for (std::int64_t layer = 0; layer < perLayer.size(1); ++layer)
                    QVERIFY(relativeTo(progress.values("transfer.mse", static_cast<int>(layer))[at],
                                       perLayer[step][layer].item<double>()) <= kLossTolerance);
                if (plan.transferXentFactor > 0)
                    for (std::int64_t layer = 0; layer < perLayer.size(1); ++layer)
                        QVERIFY(relativeTo(progress.values("transfer.xent", static_cast<int>(layer))[at],
                                           oracle["train_xent_per_layer"][step][layer].item<double>()) <= kLossTolerance);
            }
            for (const NamedTensor& tensor : studentTensors(students))
                QVERIFY2(largestDifference(tensor.tensor, oracle["after_step10__" + publishedName(tensor.name)]) <= 1e-7,
                         tensor.name.c_str());
        }
    }

    // The published trainer's own counting: a step that ends behind the border of two passes keeps only the batches from
    // behind it, the plateau rule fires, and the best state is one from after a step.
    void accumulationOverPassesFollowsThePublishedRule() {
        if (transferFiles(true).empty())
            QSKIP("the oracles' folder has no accumulated transfer of a known form");
        const DecoderModel teacher = widened(tinyLlama());
        for (const std::string& file : transferFiles(true)) {
            const TinyOracle oracle(file);
            const at::Tensor micro = oracle["micro_losses"], lr = oracle["lr_used_by_each_step"];
            const std::int64_t steps = lr.size(0), accumulation = micro.size(0) / steps, batches = oracle["train_ids"].size(0);
            ConversionPlan plan = publishedPlan(oracle["train_ids"]);
            plan.transferSteps = steps;
            plan.transferLr = lr[0].item<double>();
            plan.accumulation = accumulation;
            plan.accumulationRule = plan.keepBest = "published";
            plan.evaluateEvery = 2;
            plan.plateauFactor = 0.5; // as the file's sentence has it
            plan.plateauPatience = 0;
            plan.plateauFloor = 0.05;
            Students students = publishedStudents(oracle.json, teacher.shape());
            KeepingProgress progress;
            StageHooks hooks;
            hooks.progress = &progress;
            AttentionTransfer(teacher, students, plan)
                .run(rowsOf(oracle["train_ids"], oracle["train_ids"]), rowsOf(oracle["eval_ids"], oracle["eval_ids"]), hooks,
                     nullptr);
            constexpr double tolerance = 1e-7;
            for (std::int64_t step = 0; step < steps; ++step) {
                const auto at = static_cast<std::size_t>(step);
                QVERIFY(relativeTo(progress.values("transfer.lr")[at], lr[step].item<double>()) <= 1e-12);
                double sum = 0;
                int counted = 0;
                for (std::int64_t i = step * accumulation; i < (step + 1) * accumulation; ++i)
                    if (i / batches == ((step + 1) * accumulation - 1) / batches) {
                        sum += micro[i].item<double>();
                        ++counted;
                    }
                QVERIFY2(relativeTo(progress.values("transfer.loss")[at], sum / counted) <= tolerance,
                         std::to_string(step).c_str());
            }
            // The file also holds the evaluations at the start of each pass, which decide nothing.
            std::vector<double> evaluations;
            std::int64_t evaluation = 0, batch = 0;
            bool first = true; // of a pass
            for (const char phase : oracle.parameters().at("phase").get<std::string>()) {
                if (phase == 't') {
                    ++batch;
                    first = batch % batches == 0;
                } else if (const double loss = oracle["eval_losses"][evaluation++].item<double>();
                           !first || batch == 0 || batch == micro.size(0)) {
                    evaluations.push_back(loss);
                    first = false;
                } else {
                    first = false;
                }
            }
            const std::vector<double> found = progress.values("transfer.heldout.loss");
            QCOMPARE(found.size(), evaluations.size());
            for (std::size_t i = 0; i < found.size(); ++i)
                QVERIFY(relativeTo(found[i], evaluations[i]) <= tolerance);
            for (const NamedTensor& tensor : studentTensors(students))
                QVERIFY2(largestDifference(tensor.tensor, oracle["best__" + publishedName(tensor.name)]) <= 1e-6,
                         tensor.name.c_str());
        }
    }

    void tenStepsOfFinetuneGiveTheStoredLossesAndMergedLogits() {
        if (filesOf("-lora").empty())
            QSKIP("the oracles' folder has no finetune of a known form");
        const DecoderModel teacher = widened(tinyLlama());
        for (const std::string& file : filesOf("-lora")) {
            const TinyOracle oracle(file);
            Finetuned result = finetuned(oracle, teacher);
            const at::Tensor losses = oracle["train_loss"], evaluations = oracle["eval_loss"];
            for (std::int64_t step = 0; step < losses.size(0); ++step)
                QVERIFY2(relativeTo(result.progress.values("finetune.loss")[static_cast<std::size_t>(step)],
                                    losses[step].item<double>()) <= kLossTolerance,
                         file.c_str());
            QVERIFY(relativeTo(result.evaluations.front(), evaluations[0].item<double>()) <= kLossTolerance);
            QVERIFY(relativeTo(result.evaluations.back(), evaluations[2].item<double>()) <= kLossTolerance);
            const at::NoGradGuard guard;
            mergeLora(result.student);
            const at::Tensor logits = result.student.logits(result.student.hidden(oracle["input_ids"]));
            QVERIFY(largestDifference(logits, oracle["logits_merged"]) <= 1e-7);
        }
    }

    void tokensWrittenOneByOneAreTheStoredOnes() {
        if (filesOf("-generate").empty())
            QSKIP("the oracles' folder has no generation of a known form");
        const DecoderModel teacher = widened(tinyLlama());
        for (const std::string& file : filesOf("-generate")) {
            const TinyOracle oracle(file);
            Finetuned result = finetuned(TinyOracle(file.substr(0, file.rfind("-generate.json")) + "-lora.json"), teacher);
            const at::NoGradGuard guard;
            mergeLora(result.student);
            for (const auto& [name, ignored] : oracle.json.at("inputs").items()) {
                const at::Tensor tokens = oracle[name + "__tokens"], logits = oracle[name + "__logits"];
                DecoderState state = result.student.emptyState();
                at::Tensor hidden = result.student.prefill(oracle[name].unsqueeze(0), state);
                for (std::int64_t i = 0; i < tokens.size(0); ++i) {
                    const at::Tensor found = result.student.logits(hidden).flatten();
                    QVERIFY2(largestDifference(found, logits[i]) <= oracle.json.at("tolerance").at("float32").get<double>(),
                             (file + " " + name).c_str());
                    const at::Tensor id = found.argmax();
                    QCOMPARE(id.item<std::int64_t>(), tokens[i].item<std::int64_t>());
                    hidden = result.student.step(id.reshape({1, 1}), state);
                }
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleTiny)
#include "test_oracle_tiny.moc"
