// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What every kind of job begins with: the model in memory, its tokenizer, the student that a run has made of it.

#include "core/engine.h"
#include "core/families/model_family.h"
#include "core/files/model_source.h"
#include "core/model/decoder_model.h"
#include "core/text/dataset.h"
#include "core/text/tokenizer.h"
#include "core/training/checkpointing.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lolcats {

// A model read into memory. `student` is there when the subject is a run's, or the folder is an export of ours.
struct LoadedSubject {
    std::shared_ptr<const ModelSource> source;
    DecoderShape shape;
    std::optional<DecoderModel> teacher; // none where the folder is an export: its base is elsewhere
    std::optional<DecoderModel> student;
    Students students;

    const DecoderModel& best() const { return student ? *student : *teacher; }
};
// Reports progress of stage Prepare; a stop asked meanwhile ends with a Refusal INT-STOPPED.
enum class Weights { Held, ReadWhenNeeded }; // the second: block by block, each time that one is walked through
LoadedSubject loadSubject(const Subject& subject, Progress& progress, Weights weights = Weights::Held);

std::optional<Tokenizer> tokenizerOf(const ModelSource& source); // none: it has one that we cannot read
Tokenizer requiredTokenizer(const ModelSource& source);          // refuses instead
DatasetContext datasetContext(const DecoderShape& shape, const std::optional<Tokenizer>& tokenizer, Progress& progress);

// The model's sizes as a plan wants them: its rotary frequencies may be rounded.
CheckedModel checkedFor(const ModelSource& source, const ConversionPlan& plan);

void sayDoing(Progress& progress, Stage stage, const std::string& doing, std::int64_t step, std::int64_t steps);
// True once a stop was asked.
bool stopAsked(Progress& progress);
std::int64_t peakMemoryBytes(); // of this process so far
std::int64_t freeMemoryBytes(); // of this machine now

// A text as a model sees it: special tokens in it are plain text, and the vocabulary's BOS, where there is one, comes first.
std::vector<std::int32_t> textTokens(const std::string& text, const Tokenizer& tokenizer, const DecoderShape& shape);
constexpr std::size_t kProbeTokens = 160; // of a probe text, at most: its maps are tokens x tokens
// The tokens of a probe text, at most 160: the plan's, or a sentence of the program's own. Without a tokenizer, made-up tokens.
std::vector<std::int32_t> probeTokens(const LoadedSubject& loaded, const Subject& subject);
// Reports how the writings of the student's attention agree on these tokens, and refuses (PAR-STUDENT) where they do not.
// Returns the layer that differs most.
std::int64_t verifyStudent(const DecoderModel& student, const std::vector<std::int32_t>& ids, bool everyLayer,
                           Progress& progress);

// The jobs, one file each.
std::unique_ptr<Job> makeConversionJob(const ConversionPlan& plan, std::shared_ptr<const Checkpoint> resumeFrom);
std::unique_ptr<Job> makeEvaluationJob(const Subject& subject, const EvaluationRequest& request);
std::unique_ptr<Job> makeMapsJob(const Subject& subject, const MapsRequest& request);
std::unique_ptr<Job> makeGenerationJob(const Subject& subject, const GenerationRequest& request);
std::unique_ptr<Job> makeLogitsJob(const Subject& subject, const std::vector<std::int32_t>& ids, std::int64_t prompt,
                                   const std::string& file);
std::unique_ptr<Job> makeVerificationJob(const Subject& subject, const VerificationRequest& request);
std::unique_ptr<Job> makeBenchJob(const BenchRequest& request);
std::unique_ptr<Job> makeExportJob(const Subject& subject, const ExportRequest& request);

} // namespace lolcats
