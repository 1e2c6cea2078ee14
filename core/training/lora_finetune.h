// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Stage two: low-rank adapters (and, if the plan says so, feature maps and factors) learn the teacher's distribution or the
// next token; everything else is frozen.

#include "core/training/attention_transfer.h"

namespace lolcats {

class LoraFinetune {
public:
    // `student` shares the teacher's weights and has the students installed and adapters attached.
    LoraFinetune(const DecoderModel& teacher, DecoderModel& student, const Students& students, const ConversionPlan& plan);
    // As AttentionTransfer::run; non-finite steps refuse with NUM-FINETUNE.
    StageOutcome run(const TokenRows& train, const TokenRows& heldout, const StageHooks& hooks, const Checkpoint* from);

private:
    const DecoderModel& m_teacher;
    DecoderModel& m_student;
    const Students& m_students;
    const ConversionPlan& m_plan;
};

} // namespace lolcats
