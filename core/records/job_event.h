// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The closed list of what a job can report. Adding a kind makes every visitor fail to compile until it answers.

#include "core/records/attention_map.h"
#include "core/records/checkpoint.h"
#include "core/records/run_record.h"

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace lolcats {

// News: where the job stands. May be merged or dropped on its way to a screen.
struct StageProgress {
    Stage stage = Stage::Prepare;
    std::int64_t step = 0;
    std::int64_t steps = 0;
    double secondsLeft = -1; // of this stage; below 0: not known yet
    double tokensPerSecond = 0;
    std::string doing; // "reading weights", "step"
};

// What happened and must not be lost.
struct StageStarted {
    Stage stage = Stage::Prepare;
    std::int64_t steps = 0;
};
struct StageFinished {
    Stage stage = Stage::Prepare;
    double seconds = 0;
};
struct CheckpointTaken {
    std::shared_ptr<const Checkpoint> checkpoint;
};
struct MapTaken {
    std::shared_ptr<const MapSnapshot> snapshot;
};
// A file or folder that the job wrote (an export, maps).
struct FileWritten {
    std::string path;
    std::int64_t bytes = 0;
};
// Text as it is generated.
struct TextPiece {
    std::string text;
};
// Numbers that belong to the job's result and to no stage: peak memory, seconds, tokens.
struct Figure {
    std::string name;
    double value = 0;
    std::string unit;
};

// One of the checks after an export, or of a verification: what was found and its limit, in words.
struct CheckDone {
    std::string id; // "written", "read-back", "logits", "parity", "layer 3"
    bool passed = false;
    std::string sentence;
    std::vector<Figure> figures{}; // the numbers in the sentence, where there are several
};

using JobEvent = std::variant<StageProgress, StageStarted, StageFinished, Metric, EvaluationTable, CheckpointTaken, MapTaken,
                              LogLine, FileWritten, CheckDone, TextPiece, Figure>;

} // namespace lolcats
