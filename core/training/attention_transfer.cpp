// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/attention_transfer.h"

#include "core/training/row_batches.h"
#include "core/training/training_loop.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace lolcats {

namespace {

constexpr double kNotConverted = std::numeric_limits<double>::quiet_NaN();

std::vector<LayerError> measured(const DecoderModel& teacher, const Students& students, const std::vector<RowBatch>& rows,
                                 const LossRule& rule) {
    const at::NoGradGuard guard;
    LayerMeasure measure(teacher, students, rule);
    double passes = 0;
    for (const RowBatch& row : rows) {
        measure.weigh(row.share);
        teacher.observe(row.ids, measure);
        passes += row.share;
    }
    return measure.means(passes > 0 ? passes : 1);
}

int layerOf(const std::string& name) { // "student.{layer}.feature_map_q"
    return std::stoi(name.substr(name.find('.') + 1));
}

std::vector<ParameterGroup> groupsOf(const Students& students, const LayerSchedule& schedule, double factorRatio) {
    std::vector<ParameterGroup> groups;
    const auto add = [&](const std::vector<NamedTensor>& tensors, double ratio) {
        for (const NamedTensor& named : tensors)
            groups.push_back({{named}, ratio * schedule.rateShare(layerOf(named.name))});
    };
    add(studentMaps(students), 1);
    add(studentFactors(students), factorRatio);
    return groups;
}

// The stage at work: what a step learns, what an evaluation says, and which layers rest.
class Transfer {
public:
    Transfer(const DecoderModel& teacher, Students& students, const ConversionPlan& plan, DecoderModel* adapted,
             const StageHooks& hooks)
        : m_teacher(teacher), m_students(students), m_plan(plan), m_adapted(adapted), m_progress(*hooks.progress),
          m_converted(convertedLayers(students)), m_schedule(plan, static_cast<std::int64_t>(students.size())) {}

    StepFigures learn(RowBatches& batches, std::int64_t step) const;
    HeldoutFigures evaluate(const std::vector<RowBatch>& rows);
    void describe(StageWork& work);

private:
    double weighted(const LayerError& error) const {
        const double mse = m_plan.transferLoss == "relative" ? relativeError(error) : error.mse;
        return m_plan.transferLossFactor * mse + m_plan.transferXentFactor * error.xent;
    }
    template <typename Figure> double meanOver(const std::vector<std::int64_t>& layers, Figure figure) const {
        double sum = 0;
        for (const std::int64_t layer : layers)
            sum += figure(layer);
        return layers.empty() ? 0 : sum / static_cast<double>(layers.size());
    }
    std::vector<std::int64_t> learning() const;
    void rest(const std::vector<LayerError>& errors);

    const DecoderModel& m_teacher;
    Students& m_students;
    const ConversionPlan& m_plan;
    DecoderModel* m_adapted;
    Progress& m_progress;
    std::vector<std::int64_t> m_converted;
    LayerSchedule m_schedule;
};

std::vector<std::int64_t> Transfer::learning() const {
    std::vector<std::int64_t> layers;
    for (const std::int64_t layer : m_converted)
        if (m_schedule.learns(layer))
            layers.push_back(layer);
    return layers;
}

StepFigures Transfer::learn(RowBatches& batches, std::int64_t step) const {
    const double share = 1 / (static_cast<double>(m_converted.size()) * static_cast<double>(m_plan.accumulation));
    LayerMeasure measure(m_teacher, m_students,
                         {share * m_plan.transferLossFactor, share * m_plan.transferXentFactor,
                          m_plan.transferLoss == "relative", &m_schedule, false, m_adapted});
    double passes = 0;
    for (std::int64_t i = 0; i < m_plan.accumulation; ++i) {
        if (!batches.counts(step, i))
            continue;
        if (m_adapted != nullptr)
            setDropoutSeeds(*m_adapted, dropoutSeed(m_plan, step, i));
        for (const RowBatch& piece : batches.at(step, i)) {
            measure.weigh(piece.share);
            m_teacher.observe(piece.ids, measure);
        }
        ++passes;
    }
    const std::vector<LayerError> errors = measure.means(passes);
    StepFigures figures;
    const std::vector<std::int64_t> layers = learning();
    figures.loss = meanOver(layers, [&](std::int64_t layer) { return weighted(errors[static_cast<std::size_t>(layer)]); });
    for (const std::int64_t layer : layers) {
        const LayerError& error = errors[static_cast<std::size_t>(layer)];
        const int number = static_cast<int>(layer);
        figures.metrics.push_back({Stage::Transfer, "transfer.mse", 0, number, error.mse});
        figures.metrics.push_back({Stage::Transfer, "transfer.relative", 0, number, relativeError(error)});
        if (m_plan.transferXentFactor > 0)
            figures.metrics.push_back({Stage::Transfer, "transfer.xent", 0, number, error.xent});
        if (!std::isfinite(weighted(error)) && figures.suspect.empty())
            figures.suspect = "the loss of layer " + std::to_string(layer);
    }
    return figures;
}

HeldoutFigures Transfer::evaluate(const std::vector<RowBatch>& rows) {
    const std::vector<LayerError> errors =
        measured(m_teacher, m_students, rows, {0, 0, false, nullptr, m_plan.transferXentFactor > 0, m_adapted});
    const auto relative = [&](std::int64_t layer) { return relativeError(errors[static_cast<std::size_t>(layer)]); };
    HeldoutFigures figures;
    figures.plateau =
        meanOver(m_converted, [&](std::int64_t layer) { return weighted(errors[static_cast<std::size_t>(layer)]); });
    const double mean = meanOver(m_converted, relative);
    figures.best = m_plan.keepBest == "published" ? figures.plateau : mean;
    for (const std::int64_t layer : m_converted)
        figures.metrics.push_back({Stage::Transfer, "transfer.heldout.relative", 0, static_cast<int>(layer), relative(layer)});
    figures.metrics.push_back({Stage::Transfer, "transfer.heldout.relative", 0, -1, mean});
    figures.metrics.push_back({Stage::Transfer, "transfer.heldout.loss", 0, -1, figures.plateau});
    rest(errors);
    return figures;
}

void Transfer::rest(const std::vector<LayerError>& errors) {
    std::vector<double> figures(m_students.size(), kNotConverted);
    for (const std::int64_t layer : m_converted)
        figures[static_cast<std::size_t>(layer)] = relativeError(errors[static_cast<std::size_t>(layer)]);
    for (const std::int64_t layer : m_schedule.evaluated(figures))
        m_progress.report(LogLine{LogLevel::Info,
                                  "Layer " + std::to_string(layer) +
                                      " rests from now on: its held-out error has not fallen for " +
                                      std::to_string(m_plan.transferPatience) + " evaluations.",
                                  0});
}

void Transfer::describe(StageWork& work) {
    work.groups = groupsOf(m_students, m_schedule, m_plan.transferFactorRatio);
    work.kept = studentTensors(m_students);
    for (const NamedTensor& adapter : m_adapted != nullptr ? loraTensors(*m_adapted) : std::vector<NamedTensor>()) {
        work.kept.push_back(adapter);
        const double ratio = m_plan.transferLr > 0 ? m_plan.finetuneLr / m_plan.transferLr : 0;
        if (adapter.name.find(".o.") == std::string::npos) // the error is measured before the output projection
            work.groups.push_back({{adapter}, ratio * m_schedule.rateShare(layerOf(adapter.name))});
    }
    work.firstMayBeBest = m_plan.keepBest != "published";
    work.finished = [this] { return m_schedule.allRest(m_converted); };
    work.state = [this] { return m_schedule.state(); };
    work.restore = [this](const std::string& state) { m_schedule.restore(state); };
}

} // namespace

std::vector<LayerError> layerErrors(const DecoderModel& teacher, const Students& students, const TokenRows& rows,
                                    std::int64_t atMost) {
    ConversionPlan plan;
    plan.device = teacher.embedding().device().str();
    return measured(teacher, students, firstRows(rows, atMost, plan), {});
}

AttentionTransfer::AttentionTransfer(const DecoderModel& teacher, Students& students, const ConversionPlan& plan,
                                     DecoderModel* adapted)
    : m_teacher(teacher), m_students(students), m_plan(plan), m_adapted(adapted) {}

StageOutcome AttentionTransfer::run(const TokenRows& train, const TokenRows& heldout, const StageHooks& hooks,
                                    const Checkpoint* from) {
    const at::NoGradGuard guard; // the teacher is never differentiated; the students switch gradients on for themselves
    RowBatches batches(train, m_plan);
    const std::vector<RowBatch> measuredRows = firstRows(heldout, kRowsBetweenSteps, m_plan);
    Transfer transfer(m_teacher, m_students, m_plan, m_adapted, hooks);

    StageWork work;
    work.stage = Stage::Transfer;
    work.prefix = "transfer";
    work.refusal = "NUM-TRANSFER";
    work.schedule = scheduleOf(m_plan, m_plan.transferSchedule, m_plan.transferLr, m_plan.transferWarmup, m_plan.transferSteps);
    work.tokensPerStep = batches.tokensPerStep();
    work.evaluateEvery = m_plan.evaluateEvery;
    work.checkpointEvery = m_plan.checkpointEvery;
    transfer.describe(work);
    for (const NamedTensor& named : work.kept)
        named.tensor.requires_grad_(true);
    work.gradients = [&](std::int64_t step) { return transfer.learn(batches, step); };
    if (!measuredRows.empty())
        work.evaluate = [&] { return transfer.evaluate(measuredRows); };
    return runStage(work, hooks, from);
}

} // namespace lolcats
