// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/lora_finetune.h"

#include "core/training/losses.h"
#include "core/training/row_batches.h"
#include "core/training/training_loop.h"

#include <ATen/ATen.h>

#include <cmath>

namespace lolcats {

namespace {

// Every position but a row's last: the last has no next token, and the losses agree on where they look.
at::Tensor allButLast(const at::Tensor& hidden) {
    return hidden.narrow(1, 0, hidden.size(1) - 1).reshape({-1, hidden.size(2)});
}

at::Tensor nextLabels(const at::Tensor& labels) {
    return labels.narrow(1, 1, labels.size(1) - 1).reshape(-1);
}

class FinetuneLoss {
public:
    FinetuneLoss(const DecoderModel& teacher, const DecoderModel& student, bool kl)
        : m_teacher(teacher), m_student(student), m_kl(kl) {}

    at::Tensor operator()(const RowBatch& batch) const {
        at::Tensor truth;
        if (m_kl) {
            const at::NoGradGuard guard;
            truth = allButLast(m_teacher.hidden(batch.ids));
        }
        const at::Tensor found = allButLast(m_student.hidden(batch.ids));
        return m_kl ? klLoss(found, truth, m_student.head()) : nextTokenLoss(found, nextLabels(batch.labels), m_student.head());
    }

private:
    const DecoderModel& m_teacher;
    const DecoderModel& m_student;
    bool m_kl;
};

StageWork plannedWork(const ConversionPlan& plan) {
    StageWork work;
    work.stage = Stage::Finetune;
    work.prefix = "finetune";
    work.refusal = "NUM-FINETUNE";
    work.schedule = scheduleOf(plan, plan.finetuneSchedule, plan.finetuneLr, plan.finetuneWarmup, plan.finetuneSteps);
    work.firstMayBeBest = plan.keepBest != "published";
    work.evaluateEvery = plan.evaluateEvery;
    work.checkpointEvery = plan.checkpointEvery;
    return work;
}

HeldoutFigures heldoutFigures(const FinetuneLoss& loss, const std::vector<RowBatch>& rows, const std::string& metric) {
    const at::NoGradGuard guard;
    double sum = 0, passes = 0;
    for (const RowBatch& row : rows) {
        sum += row.share * loss(row).item<double>();
        passes += row.share;
    }
    HeldoutFigures figures;
    figures.best = figures.plateau = sum / passes;
    figures.metrics.push_back({Stage::Finetune, metric, 0, -1, figures.best});
    return figures;
}

} // namespace

LoraFinetune::LoraFinetune(const DecoderModel& teacher, DecoderModel& student, const Students& students,
                           const ConversionPlan& plan)
    : m_teacher(teacher), m_student(student), m_students(students), m_plan(plan) {}

StageOutcome LoraFinetune::run(const TokenRows& train, const TokenRows& heldout, const StageHooks& hooks,
                               const Checkpoint* from) {
    const bool kl = m_plan.finetuneLoss == "kl";
    RowBatches batches(train, m_plan);
    const std::vector<RowBatch> measuredRows = firstRows(heldout, kRowsBetweenSteps, m_plan);
    const FinetuneLoss loss(m_teacher, m_student, kl);

    StageWork work = plannedWork(m_plan);
    work.tokensPerStep = batches.tokensPerStep();
    work.groups = {{loraTensors(m_student), 1}};
    if (m_plan.finetuneMaps)
        work.groups.push_back({studentTensors(m_students), m_plan.finetuneMapsRatio});
    work.kept = studentTensors(m_students);
    for (const NamedTensor& named : work.kept)
        named.tensor.requires_grad_(m_plan.finetuneMaps);
    for (NamedTensor& adapter : loraTensors(m_student))
        work.kept.push_back(adapter);
    work.gradients = [&](std::int64_t step) {
        const at::AutoGradMode learning(true);
        StepFigures figures;
        for (std::int64_t i = 0; i < m_plan.accumulation; ++i) {
            if (!batches.counts(step, i))
                continue;
            setDropoutSeeds(m_student, dropoutSeed(m_plan, step, i));
            for (const RowBatch& piece : batches.at(step, i)) {
                const at::Tensor value = loss(piece) * (piece.share / static_cast<double>(m_plan.accumulation));
                figures.loss += value.item<double>();
                value.backward();
            }
        }
        if (!std::isfinite(figures.loss))
            figures.suspect = "the loss";
        return figures;
    };
    const std::string metric = kl ? "finetune.heldout.kl" : "finetune.heldout.loss";
    if (!measuredRows.empty())
        work.evaluate = [&] { return heldoutFigures(loss, measuredRows, metric); };
    return runStage(work, hooks, from);
}

} // namespace lolcats
