// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A run, its stages, metrics, evaluations and log, as history has them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lolcats {

enum class Stage { Prepare, Transfer, Finetune, Measure, Export };
const char* stageName(Stage stage);           // "prepare", "transfer", …
Stage stageFromName(const std::string& name); // refuses an unknown name (RUN-STAGE)

enum class RunState { Draft, Preparing, Running, Paused, Stopped, Completed, Failed, Interrupted };
const char* runStateName(RunState state); // "running"; the word a person reads is the same with a capital
RunState runStateFromName(const std::string& name);

// One number at one step. Layer −1: of the whole model.
// Names: "transfer.mse", "transfer.relative" (a layer's squared error over the teacher's own mean square), "transfer.loss",
// "transfer.heldout.relative", "transfer.lr"; "finetune.loss", "finetune.lr", "finetune.heldout.kl", "finetune.heldout.loss";
// "gradient" (norm), "tokens" (seen so far), "seconds" (of the stage).
struct Metric {
    Stage stage = Stage::Transfer;
    std::string name;
    std::int64_t step = 0;
    int layer = -1;
    double value = 0;

    bool operator==(const Metric&) const = default;
};

struct CurvePoint {
    std::int64_t step = 0;
    double value = 0;
};

// A row of an evaluation: teacher, untrained-window, untrained-student, student-after-transfer, student.
struct EvaluationRow {
    std::string name;
    double loss = 0; // mean next-token loss, nats
    double perplexity = 0;
    double kl = 0;                // mean over tokens of KL(teacher || this), nats
    double klBeyond = 0;          // the same, positions from 2 windows on; NaN where there are none
    double agreement = 0;         // share of positions with the teacher's top token
    std::int64_t stateBytes = 0;  // what one sequence keeps while decoding, at the evaluated length
    std::vector<double> bandKl{}; // kl of each of the table's bands

    bool operator==(const EvaluationRow&) const = default;
};
struct EvaluationTable {
    std::string name; // "final", "beyond" (longer than the training rows), or "asked"
    std::string text; // where the rows came from
    std::int64_t tokens = 0;
    std::int64_t length = 0; // tokens in a row
    Stage stage = Stage::Measure;
    std::int64_t step = 0;
    std::vector<EvaluationRow> rows;
    std::string verdict; // in words: does the student beat its own untrained window?
    // Where bands of positions begin: 0, 64, 128, 256, … below the length; each ends where the next begins.
    std::vector<std::int64_t> bands{};

    bool operator==(const EvaluationTable&) const = default;
};

enum class LogLevel { Info, Warning, Error };
struct LogLine {
    LogLevel level = LogLevel::Info;
    std::string text;
    double time = 0; // seconds since 1970; 0: the recorder sets it
};

struct StageRecord {
    Stage stage = Stage::Prepare;
    std::int64_t steps = 0; // planned
    std::int64_t step = 0;  // done
    double seconds = 0;
    bool finished = false;
};

struct CheckpointRecord {
    std::int64_t id = 0;
    Stage stage = Stage::Transfer;
    std::int64_t step = 0;
    std::string reason; // "every", "asked", "best", "stage end", "stop"
    double time = 0;
    std::int64_t bytes = 0;
};

struct Provenance {
    std::string program; // "lolcats 0.1.0"
    std::string modelPath;
    std::string modelSha256;
    std::string machine;
    std::string engine; // libtorch version and capability
    std::int64_t threads = 0;
    double started = 0;
};

// For a model card: what made the student and of what. Names no path of this machine.
std::string provenanceSentence(const Provenance& provenance);

// A run as a table shows it.
struct RunRecord {
    std::string id; // made at birth, never changes
    std::string path;
    std::string name;
    RunState state = RunState::Draft;
    std::string reason; // of Failed: the failure's summary
    Provenance provenance;
    std::string planJson;
    std::vector<StageRecord> stages;
    std::vector<CheckpointRecord> checkpoints;
    std::optional<EvaluationTable> evaluation; // the newest
    double bestRelative = -1;                  // mean over layers on held-out rows; −1: none yet
    double started = 0;
    double seconds = 0; // worked, over all sessions
};

} // namespace lolcats
