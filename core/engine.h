// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The engine's one door: inspect a model, list choices, make jobs. Free of torch; the engine behind it is opened late
// (core/engine_door.h). Every call throws Refusal and nothing else; so does every Job that comes out.

#include "core/records/checkpoint.h"
#include "core/records/choices.h"
#include "core/records/conversion_plan.h"
#include "core/records/job.h"
#include "core/records/model_summary.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lolcats {

struct EngineSettings {
    int threads = 0; // 0: all cores
};

// The model that a question is about, and what has been done to it: a plan and a checkpoint when it is a run's student,
// neither when it is the model as it stands.
struct Subject {
    std::string model;
    std::optional<ConversionPlan> plan;
    std::shared_ptr<const Checkpoint> student;
};

struct EvaluationRequest {
    std::string text;               // path of a text; empty: the plan's own held-out rows
    std::int64_t length = 512;      // tokens in a row
    std::int64_t rows = 20;         // at most
    std::vector<std::string> tasks; // ids; none known yet besides the text itself
};

struct GenerationRequest {
    std::string prompt;
    bool chat = false;  // the prompt is a person's turn, written as the model's chat template has it
    std::string system; // of a chat; empty: what the template says by itself
    std::int64_t tokens = 64;
    double temperature = 0; // 0: the likeliest token each time
    std::int64_t topK = 0;  // 0: all
    double topP = 1;
    std::int64_t seed = 0;
};

struct MapsRequest {
    std::string text;
    std::vector<std::int64_t> layers; // empty: all
    std::vector<std::int64_t> heads;  // empty: all
};

struct VerificationRequest {
    std::int64_t longTokens = 0; // also how far so many decoded tokens come off the definition; 0: not asked
};

struct BenchRequest {
    std::string suite = "memory"; // or speed
};

struct ExportRequest {
    std::string format = "huggingface";
    std::string folder;      // must not exist, or be empty
    OptionValues options;    // of the exporter
    EvaluationTable figures; // for the model card
    std::string provenance;  // one paragraph for the model card
};

// A student that was made elsewhere: the published code's checkpoints, adapters of PEFT, or exports of this program.
struct ImportRequest {
    std::string model;                                        // what the student was made of
    std::vector<std::string> paths;                           // files and folders that hold one student together
    std::string preset = "paper";                             // what neither the files nor their names say
    std::vector<std::pair<std::string, std::string>> changes; // plan fields and part options that overrule both, as typed
};
struct ImportedStudent {
    ConversionPlan plan; // with no steps but those asked for in `changes`
    std::shared_ptr<const Checkpoint> student;
    std::vector<std::string> notices; // where it came from and what was taken for granted, for the run's log
};

class Engine {
public:
    virtual ~Engine() = default;

    virtual std::string version() const = 0; // "libtorch 2.13.0, AVX512"
    virtual void configure(const EngineSettings& settings) = 0;
    virtual const Catalogue& catalogue() const = 0;

    // Headers only: bounded, may be called by the GUI thread.
    virtual ModelSummary inspect(const std::string& model) = 0;
    virtual Forecast forecast(const ConversionPlan& plan) = 0;
    virtual ExportForecast exportForecast(const Subject& subject, const ExportRequest& request) = 0;

    // Reads the tokenizer and the data: seconds for large data, so a job's thread calls it.
    virtual DataPreview preview(const ConversionPlan& plan) = 0;
    virtual std::string hashModel(const std::string& model, Progress& progress) = 0; // SHA-256 of the weight files, in hex

    struct Tokens {
        std::vector<std::int32_t> ids;
        std::vector<std::string> pieces;
    };
    virtual Tokens tokenize(const std::string& model, const std::string& text, bool special) = 0;
    virtual std::string detokenize(const std::string& model, const std::vector<std::int32_t>& ids) = 0;

    // Reads all of the student's tensors and of the model no more than it must: minutes for large files, so a job's thread
    // calls it. Nothing in the files is run.
    virtual ImportedStudent importStudent(const ImportRequest& request, Progress& progress) = 0;

    // `resumeFrom` is the newest checkpoint of an unfinished run, or null.
    virtual std::unique_ptr<Job> conversion(const ConversionPlan& plan, std::shared_ptr<const Checkpoint> resumeFrom) = 0;
    virtual std::unique_ptr<Job> evaluation(const Subject& subject, const EvaluationRequest& request) = 0; // EvaluationTable
    virtual std::unique_ptr<Job> maps(const Subject& subject, const MapsRequest& request) = 0;             // MapTaken
    virtual std::unique_ptr<Job> generation(const Subject& subject, const GenerationRequest& request) = 0; // TextPiece, Figure
    // FileWritten. The first `prompt` ids are read at once and the others one by one, as text is written, and the first row is
    // that of the prompt's last id; 0: all ids at once, a row for each.
    virtual std::unique_ptr<Job> logits(const Subject& subject, const std::vector<std::int32_t>& ids, std::int64_t prompt,
                                        const std::string& file) = 0;
    // Whether the writings of the student's attention agree, layer by layer, on the run's probe text. CheckDone a layer and one
    // for all ("parity"); refuses with PAR-STUDENT where one is above its limit.
    virtual std::unique_ptr<Job> verification(const Subject& subject, const VerificationRequest& request) = 0;
    // Measures this program on this machine, on a small decoder of random weights. CheckDone a line of the suite's table.
    virtual std::unique_ptr<Job> bench(const BenchRequest& request) = 0;
    virtual std::unique_ptr<Job> exportTo(const Subject& subject, const ExportRequest& request) = 0; // FileWritten, CheckDone
};

} // namespace lolcats

// The one symbol of the shared library lolcats_engine. Never null; the caller owns the engine and never closes the library.
extern "C" __attribute__((visibility("default"))) lolcats::Engine* lolcats_open_engine();
