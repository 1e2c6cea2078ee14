// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/training_loop.h"

#include "core/files/json_file.h"
#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <utility>

namespace lolcats {

namespace {

constexpr int kPatienceForNumbers = 3;   // so many steps in a row without numbers end a stage
constexpr std::int64_t kMapsBetween = 8; // snapshots between the first and the last of a stage
constexpr double kMemoryOfSpeed = 0.9;   // of the moving average of a step's seconds
constexpr const char* kBest = "best.";   // before the names of the best state's tensors

class TrainingLoop {
public:
    TrainingLoop(const StageWork& work, const StageHooks& hooks)
        : m_work(work), m_hooks(hooks), m_optimizer(work.groups), m_rate(work.schedule) {}

    StageOutcome run(const Checkpoint* from);

private:
    using Clock = std::chrono::steady_clock;

    void restore(const Checkpoint& from);
    void learn();
    void countBadStep(const StepFigures& figures, double norm);
    void evaluate();
    void keepBest(double figure);
    void takeBest();
    void afterStep();
    bool serveRequests();
    bool mapDue() const;
    bool finished() const { return m_step >= m_work.schedule.steps || (m_work.finished && m_work.finished()); }
    double seconds() const { return m_secondsBefore + std::chrono::duration<double>(Clock::now() - m_begin).count(); }
    std::string stateJson() const;
    void checkpoint(const std::string& reason);
    void metric(Metric metric) const;
    void metric(const std::string& name, double value) const { metric({m_work.stage, name, m_step, -1, value}); }
    void progress() const;

    const StageWork& m_work;
    const StageHooks& m_hooks;
    AdamW m_optimizer;
    LearningRate m_rate;
    std::int64_t m_step = 0; // done
    std::int64_t m_tokens = 0;
    double m_secondsBefore = 0; // worked before this session
    Clock::time_point m_begin = Clock::now();
    double m_stepSeconds = 0; // moving average
    int m_badInARow = 0;
    std::vector<at::Tensor> m_best; // as m_work.kept; empty: none measured yet
    double m_bestFigure = 0;
    std::int64_t m_bestStep = -1;
};

void TrainingLoop::metric(Metric metric) const {
    if (!std::isfinite(metric.value))
        return;
    metric.stage = m_work.stage;
    metric.step = m_step;
    m_hooks.progress->report(metric);
}

void TrainingLoop::progress() const {
    StageProgress news;
    news.stage = m_work.stage;
    news.step = m_step;
    news.steps = m_work.schedule.steps;
    news.doing = "step";
    if (m_stepSeconds > 0) {
        news.secondsLeft = m_stepSeconds * static_cast<double>(m_work.schedule.steps - m_step);
        news.tokensPerSecond = static_cast<double>(m_work.tokensPerStep) / m_stepSeconds;
    }
    m_hooks.progress->report(news);
}

std::string TrainingLoop::stateJson() const {
    Json json = {{"seconds", seconds()},
                 {"tokens", m_tokens},
                 {"optimizer_steps", m_optimizer.steps()},
                 {"bad_in_a_row", m_badInARow},
                 {"schedule", m_rate.state()}};
    if (m_work.state)
        json["stage"] = m_work.state();
    if (m_bestStep >= 0) {
        json["best_step"] = m_bestStep;
        json["best"] = m_bestFigure;
    }
    return json.dump();
}

void TrainingLoop::checkpoint(const std::string& reason) {
    auto taken = std::make_shared<Checkpoint>();
    taken->stage = m_work.stage;
    taken->step = m_step;
    taken->reason = reason;
    taken->stateJson = stateJson();
    const bool currentIsBest = m_best.empty() || m_bestStep == m_step || reason == "stage end";
    for (std::size_t i = 0; i < m_work.kept.size(); ++i) {
        taken->tensors.push_back(bytesOf(m_work.kept[i].name, m_work.kept[i].tensor));
        if (!currentIsBest)
            taken->tensors.push_back(bytesOf(kBest + m_work.kept[i].name, m_best[i]));
    }
    for (TensorBytes& tensor : m_optimizer.state())
        taken->tensors.push_back(std::move(tensor));
    m_hooks.progress->report(CheckpointTaken{taken});
}

void TrainingLoop::restore(const Checkpoint& from) {
    const Json state = parseStrictJson(from.stateJson, "the checkpoint's state", "RUN");
    loadInto(m_work.kept, from.tensors);
    m_step = from.step;
    m_tokens = state.value("tokens", std::int64_t{0});
    m_secondsBefore = state.value("seconds", 0.0);
    m_badInARow = state.value("bad_in_a_row", 0);
    m_optimizer.restore(from.tensors, state.value("optimizer_steps", m_step));
    m_rate.restore(state.value("schedule", std::string("{}")));
    if (m_work.restore && state.contains("stage"))
        m_work.restore(state.at("stage").get<std::string>());
    if (!state.contains("best_step"))
        return;
    keepBest(state.value("best", 0.0));
    m_bestStep = state.value("best_step", m_step);
    std::vector<NamedTensor> apart;
    for (std::size_t i = 0; i < m_best.size(); ++i)
        apart.push_back({kBest + m_work.kept[i].name, m_best[i]});
    if (m_bestStep != m_step && from.reason != "stage end")
        loadInto(apart, from.tensors);
}

void TrainingLoop::keepBest(double figure) {
    m_best.clear();
    for (const NamedTensor& named : m_work.kept)
        m_best.push_back(named.tensor.detach().clone());
    m_bestFigure = figure;
    m_bestStep = m_step;
}

void TrainingLoop::takeBest() {
    const at::NoGradGuard guard;
    for (std::size_t i = 0; i < m_best.size(); ++i)
        m_work.kept[i].tensor.copy_(m_best[i]);
}

// The evaluation before the first step counts for the best state, not for the plateau rule: as published.
void TrainingLoop::evaluate() {
    if (!m_work.evaluate)
        return;
    const HeldoutFigures figures = m_work.evaluate();
    for (const Metric& one : figures.metrics)
        metric(one);
    if (m_step > 0)
        m_rate.evaluated(figures.plateau);
    if (std::isfinite(figures.best) && (m_step > 0 || m_work.firstMayBeBest) && (m_best.empty() || figures.best < m_bestFigure))
        keepBest(figures.best);
}

void TrainingLoop::countBadStep(const StepFigures& figures, double norm) {
    if (std::isfinite(norm) && std::isfinite(figures.loss)) {
        m_badInARow = 0;
        return;
    }
    const std::string what = figures.suspect.empty() ? "the gradient of " + m_optimizer.nonFinite() : figures.suspect;
    const std::string where =
        "In step " + std::to_string(m_step) + " of the " + m_work.prefix + ", " + what + " was not a finite number";
    if (++m_badInARow >= kPatienceForNumbers)
        throw Refusal(m_work.refusal, where + ", for the third step in a row.",
                      "Take a lower learning rate, or go on from an earlier checkpoint.");
    m_hooks.progress->report(LogLine{LogLevel::Warning, where + "; the step was left out.", 0});
}

void TrainingLoop::learn() {
    const auto begin = Clock::now();
    const double rate = m_rate.at(m_step);
    const StepFigures figures = m_work.gradients(m_step);
    const double norm = m_optimizer.step(rate);
    ++m_step;
    m_tokens += m_work.tokensPerStep;
    countBadStep(figures, norm);
    for (const Metric& one : figures.metrics)
        metric(one);
    metric(m_work.prefix + ".loss", figures.loss);
    metric(m_work.prefix + ".lr", rate);
    metric("gradient", norm);
    metric("tokens", static_cast<double>(m_tokens));
    metric("seconds", seconds());
    const double took = std::chrono::duration<double>(Clock::now() - begin).count();
    m_stepSeconds = m_stepSeconds == 0 ? took : kMemoryOfSpeed * m_stepSeconds + (1 - kMemoryOfSpeed) * took;
    progress();
}

bool TrainingLoop::mapDue() const {
    const std::int64_t steps = m_work.schedule.steps, parts = kMapsBetween + 1;
    return m_step < steps && m_step * parts / steps != (m_step - 1) * parts / steps;
}

void TrainingLoop::afterStep() {
    const bool last = finished();
    const bool evaluateNow = last || (m_work.evaluateEvery > 0 && m_step % m_work.evaluateEvery == 0);
    if (evaluateNow)
        evaluate();
    if (!last) { // the end of a stage has a checkpoint of its own
        if (m_bestStep == m_step)
            checkpoint("best");
        else if (m_work.checkpointEvery > 0 && m_step % m_work.checkpointEvery == 0)
            checkpoint("every");
    }
    if (m_hooks.mapsWanted && mapDue())
        m_hooks.mapsWanted(m_step);
}

bool TrainingLoop::serveRequests() {
    const JobRequests requests = m_hooks.progress->mayGoOn();
    if (requests.stop) {
        checkpoint("stop");
        return false;
    }
    if (requests.checkpointNow)
        checkpoint("asked");
    return true;
}

StageOutcome TrainingLoop::run(const Checkpoint* from) {
    const std::int64_t steps = m_work.schedule.steps;
    if (from != nullptr && from->stage == m_work.stage) {
        restore(*from);
        if (from->reason == "stage end")
            return {m_step, false};
    } else {
        if (steps == 0)
            return {};
        evaluate();
        if (m_hooks.mapsWanted)
            m_hooks.mapsWanted(0);
    }
    progress();
    while (!finished()) {
        if (!serveRequests())
            return {m_step, true};
        learn();
        afterStep();
    }
    takeBest();
    checkpoint("stage end");
    if (m_hooks.mapsWanted)
        m_hooks.mapsWanted(m_step);
    return {m_step, false};
}

} // namespace

StageOutcome runStage(const StageWork& work, const StageHooks& hooks, const Checkpoint* from) {
    TrainingLoop loop(work, hooks);
    return loop.run(from);
}

} // namespace lolcats
