// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How good is the copy: loss, KL to the teacher and agreement on held-out rows, beside the student's own untrained window.

#include "core/model/decoder_model.h"
#include "core/records/conversion_plan.h"
#include "core/records/job.h"
#include "core/text/packing.h"
#include "core/training/checkpointing.h"

#include <string>
#include <vector>

namespace lolcats {

struct EvaluatedModel {
    std::string name; // row name; the first must be "teacher"
    const DecoderModel* model = nullptr;
};

// One pass over the rows: each row through the teacher once and every other model once; logits in chunks, never whole.
// klBeyond counts positions from twice `window` on; bands of positions have their KL apart. Reports StageProgress.
EvaluationTable evaluate(const std::vector<EvaluatedModel>& models, const TokenRows& rows, std::int64_t window,
                         Progress& progress);

// The student's own window with its sinks (at least 4), softmax only, no linear part, no training; kept softmax layers stay.
DecoderModel untrainedWindow(const DecoderModel& teacher, const ConversionPlan& plan);
// The student as it stands before any training.
DecoderModel untrainedStudent(const DecoderModel& teacher, const ConversionPlan& plan);
// Does the student beat its own untrained window? In words.
std::string verdictOf(const EvaluationTable& table);
// The same of a table over rows longer than those of the training, band by band: where the linear part starts to do harm.
std::string verdictBeyond(const EvaluationTable& table, std::int64_t trainedLength);

// Rows of `times` rows each, one behind the other; what is left over is dropped.
TokenRows gluedRows(const TokenRows& rows, std::int64_t times);

} // namespace lolcats
