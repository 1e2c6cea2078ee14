// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The mechanics that both stages share: steps, evaluations, the best state, checkpoints, requests and what is reported. What a
// step learns and what an evaluation measures are functions that a stage gives.

#include "core/training/adamw.h"
#include "core/training/attention_transfer.h"
#include "core/training/learning_rate.h"

#include <functional>
#include <string>
#include <vector>

namespace lolcats {

// Evaluations between steps look at so few held-out rows, because they are paid for in training time; the table after a stage
// looks at all of them.
constexpr std::int64_t kRowsBetweenSteps = 4;

// Metrics without stage and step: the loop writes those.
struct StepFigures {
    double loss = 0;
    std::vector<Metric> metrics;
    std::string suspect; // the first thing that was not a number; empty: all were
};
struct HeldoutFigures {
    double best = 0;    // what decides which state is the best one; lower is better
    double plateau = 0; // what the plateau rule sees
    std::vector<Metric> metrics;
};

struct StageWork {
    Stage stage = Stage::Transfer;
    std::string prefix;  // of metrics: "transfer"
    std::string refusal; // code of three steps in a row that were no numbers
    ScheduleSettings schedule;
    std::int64_t tokensPerStep = 0;
    std::int64_t evaluateEvery = 0;
    std::int64_t checkpointEvery = 0;
    std::vector<ParameterGroup> groups;
    std::vector<NamedTensor> kept;                           // what a checkpoint holds beside the optimizer's moments
    std::function<StepFigures(std::int64_t step)> gradients; // leaves the gradients of a whole step in the groups' tensors
    bool firstMayBeBest = true;                              // whether the state before the first step counts for the best one
    std::function<bool()> finished;                          // asked after each step; empty: the stage takes all its steps
    std::function<std::string()> state;                      // of the stage itself, for a checkpoint; empty: none
    std::function<void(const std::string&)> restore;         // of that state
    std::function<HeldoutFigures()> evaluate;                // empty: no held-out rows, the last state counts as the best
};

StageOutcome runStage(const StageWork& work, const StageHooks& hooks, const Checkpoint* from);

} // namespace lolcats
