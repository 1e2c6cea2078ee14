// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/attention_transfer.h"

#include "core/training/row_batches.h"
#include "core/training/training_loop.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {

std::int64_t convertedLayers(const Students& students) {
    return std::count_if(students.begin(), students.end(), [](const auto& student) { return student != nullptr; });
}

// Measures each layer's student on the teacher's own inputs; with a share above 0 it takes the layer's loss, times that share,
// backward at once and lets the graph go.
class LayerMeasure : public AttentionObserver {
public:
    LayerMeasure(const Students& students, double lossShare)
        : m_students(students), m_lossShare(lossShare), m_sums(students.size()) {}

    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor& output) override {
        const auto& student = m_students[static_cast<std::size_t>(layer)];
        if (!student)
            return;
        LayerError& sum = m_sums[static_cast<std::size_t>(layer)];
        sum.power += output.square().mean().item<double>();
        const at::AutoGradMode learning(m_lossShare > 0);
        const at::Tensor y = student->mix({inputs.q.detach(), inputs.k.detach(), inputs.v.detach()});
        const at::Tensor error = at::mse_loss(y, output.detach());
        sum.mse += error.item<double>();
        if (error.requires_grad())
            (error * m_lossShare).backward();
    }
    std::vector<LayerError> means(std::int64_t passes) const {
        std::vector<LayerError> means = m_sums;
        for (LayerError& mean : means) {
            mean.mse /= static_cast<double>(passes);
            mean.power /= static_cast<double>(passes);
        }
        return means;
    }

private:
    const Students& m_students;
    double m_lossShare;
    std::vector<LayerError> m_sums;
};

std::vector<LayerError> measured(const DecoderModel& teacher, const Students& students, const std::vector<RowBatch>& rows) {
    const at::NoGradGuard guard;
    LayerMeasure measure(students, 0);
    for (const RowBatch& row : rows)
        teacher.observe(row.ids, measure);
    return measure.means(std::max<std::int64_t>(1, static_cast<std::int64_t>(rows.size())));
}

double relative(const LayerError& error) {
    return error.power > 0 ? error.mse / error.power : 0;
}

double meanOver(const std::vector<LayerError>& errors, const Students& students, double (*figure)(const LayerError&)) {
    double sum = 0;
    for (std::size_t layer = 0; layer < errors.size(); ++layer)
        if (students[layer])
            sum += figure(errors[layer]);
    return sum / static_cast<double>(std::max<std::int64_t>(1, convertedLayers(students)));
}

StepFigures stepFigures(const std::vector<LayerError>& errors, const Students& students, double factor) {
    StepFigures figures;
    figures.loss = factor * meanOver(errors, students, [](const LayerError& error) { return error.mse; });
    for (std::size_t layer = 0; layer < errors.size(); ++layer) {
        if (!students[layer])
            continue;
        const int number = static_cast<int>(layer);
        figures.metrics.push_back({Stage::Transfer, "transfer.mse", 0, number, errors[layer].mse});
        figures.metrics.push_back({Stage::Transfer, "transfer.relative", 0, number, relative(errors[layer])});
        if (!std::isfinite(errors[layer].mse) && figures.suspect.empty())
            figures.suspect = "the loss of layer " + std::to_string(layer);
    }
    return figures;
}

HeldoutFigures heldoutFigures(const std::vector<LayerError>& errors, const Students& students, double factor) {
    HeldoutFigures figures;
    figures.best = meanOver(errors, students, relative);
    figures.plateau = factor * meanOver(errors, students, [](const LayerError& error) { return error.mse; });
    for (std::size_t layer = 0; layer < errors.size(); ++layer)
        if (students[layer])
            figures.metrics.push_back(
                {Stage::Transfer, "transfer.heldout.relative", 0, static_cast<int>(layer), relative(errors[layer])});
    figures.metrics.push_back({Stage::Transfer, "transfer.heldout.relative", 0, -1, figures.best});
    return figures;
}

} // namespace

std::vector<LayerError> layerErrors(const DecoderModel& teacher, const Students& students, const TokenRows& rows,
                                    std::int64_t atMost) {
    return measured(teacher, students, firstRows(rows, atMost, teacher.embedding().device().str()));
}

AttentionTransfer::AttentionTransfer(const DecoderModel& teacher, Students& students, const ConversionPlan& plan)
    : m_teacher(teacher), m_students(students), m_plan(plan) {}

StageOutcome AttentionTransfer::run(const TokenRows& train, const TokenRows& heldout, const StageHooks& hooks,
                                    const Checkpoint* from) {
    const at::NoGradGuard guard; // the teacher is never differentiated; the students switch gradients on for themselves
    RowBatches batches(train, m_plan);
    const std::vector<RowBatch> measuredRows = firstRows(heldout, kRowsBetweenSteps, m_plan.device);
    const double factor = m_plan.transferLossFactor;
    const double share =
        factor / static_cast<double>(std::max<std::int64_t>(1, convertedLayers(m_students)) * m_plan.accumulation);

    StageWork work;
    work.stage = Stage::Transfer;
    work.prefix = "transfer";
    work.refusal = "NUM-TRANSFER";
    work.schedule.kind = m_plan.transferSchedule;
    work.schedule.rate = m_plan.transferLr;
    work.schedule.warmup = m_plan.transferWarmup;
    work.schedule.steps = m_plan.transferSteps;
    work.tokensPerStep = batches.tokensPerStep();
    work.evaluateEvery = m_plan.evaluateEvery;
    work.checkpointEvery = m_plan.checkpointEvery;
    work.groups = {{studentMaps(m_students), 1}, {studentFactors(m_students), m_plan.transferFactorRatio}};
    work.kept = studentTensors(m_students);
    for (const NamedTensor& named : work.kept)
        named.tensor.requires_grad_(true);
    work.gradients = [&](std::int64_t step) {
        LayerMeasure measure(m_students, share);
        for (std::int64_t i = 0; i < m_plan.accumulation; ++i)
            m_teacher.observe(batches.at(step, i).ids, measure);
        return stepFigures(measure.means(m_plan.accumulation), m_students, factor);
    };
    if (!measuredRows.empty())
        work.evaluate = [&] { return heldoutFigures(measured(m_teacher, m_students, measuredRows), m_students, factor); };
    return runStage(work, hooks, from);
}

} // namespace lolcats
