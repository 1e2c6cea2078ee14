// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The steps of a conversion, each one call into one room, with what passes from step to step. Lives as long as one run of the
// job.

#include "core/analysis/attention_comparison.h"
#include "core/jobs/job_support.h"
#include "core/records/conversion_plan.h"
#include "core/records/job.h"
#include "core/training/lora_finetune.h"

#include <chrono>
#include <optional>

namespace lolcats {

class ConversionWork {
public:
    ConversionWork(const ConversionPlan& plan, const Checkpoint* from, Progress& progress);

    void openModel();
    void prepareText();
    void makeStudents();
    bool transferAttention(); // false: stopped
    void installStudents();
    bool finetuneAdapters(); // false: stopped
    void measure();

private:
    using Clock = std::chrono::steady_clock;
    void startStage(Stage stage, std::int64_t steps);
    void finishStage(Stage stage);
    void prepareProbe(const std::optional<Tokenizer>& tokenizer);
    void keepMaps(Stage stage, std::int64_t step);
    StageHooks hooksFor(Stage stage);
    void startStudents();
    void keepTransferred();
    std::string measureBeyond(const DecoderModel& window, std::int64_t windowSize); // the verdict; empty: no longer rows

    ConversionPlan m_plan;
    const Checkpoint* m_from;
    Progress& m_progress;
    std::unique_ptr<ModelSource> m_source;
    CheckedModel m_checked;
    std::optional<DecoderModel> m_teacher;
    std::optional<DecoderModel> m_student;
    PreparedText m_text;
    ComparisonRequest m_probe;
    bool m_teacherMapsKept = false;
    Students m_students;
    std::optional<DecoderModel> m_untrained;
    std::optional<DecoderModel> m_transferred; // as it was after the transfer, for its row in the table
    Clock::time_point m_stageStart;
    Clock::time_point m_jobStart = Clock::now();
};

} // namespace lolcats
