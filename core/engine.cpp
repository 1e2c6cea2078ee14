// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine.h"

#include "core/export/exporter.h"
#include "core/families/model_family.h"
#include "core/files/model_source.h"
#include "core/import/import_student.h"
#include "core/jobs/forecast.h"
#include "core/jobs/job_support.h"
#include "core/jobs/presets.h"
#include "core/records/failure.h"
#include "core/text/unicode.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/types.h>
#include <torch/version.h>

#include <algorithm>
#include <new>
#include <thread>

namespace lolcats {

namespace {

[[noreturn]] void refuseMemory(const std::string& text) {
    throw Refusal("RES-MEMORY", "There was not enough memory to go on.",
                  "Use shorter rows (--length) or smaller batches (--batch), or close other programs.", text);
}

// The only place that knows torch's errors: whatever leaves the engine is a Refusal.
template <typename Action> auto guarded(Action&& action) {
    try {
        return action();
    } catch (const Refusal&) {
        throw;
    } catch (const std::bad_alloc&) {
        refuseMemory("std::bad_alloc");
    } catch (const c10::OutOfMemoryError& error) {
        refuseMemory(error.what());
    } catch (const c10::Error& error) {
        const std::string text = error.what();
        if (text.find("DefaultCPUAllocator") != std::string::npos)
            refuseMemory(text);
        throw Refusal("INT-TORCH", "The tensor library refused an operation; this is a fault of the program.",
                      "Report it with the details below.", text);
    } catch (const std::exception& error) {
        throw Refusal("INT-ENGINE", "Something unexpected went wrong in the engine; this is a fault of the program.",
                      "Report it with the details below.", error.what());
    }
}

class GuardedJob final : public Job {
public:
    explicit GuardedJob(std::unique_ptr<Job> job) : m_job(std::move(job)) {}
    void run(Progress& progress) override {
        guarded([&] { m_job->run(progress); });
    }

private:
    std::unique_ptr<Job> m_job;
};

std::unique_ptr<Job> guardedJob(std::unique_ptr<Job> job) {
    return std::make_unique<GuardedJob>(std::move(job));
}

// For calls that report to nobody.
class SilentProgress final : public Progress {
public:
    void report(const JobEvent&) override {}
    JobRequests mayGoOn() override { return {}; }
};

class TorchEngine final : public Engine {
public:
    TorchEngine() : m_flops(measuredFlops()) {}

    std::string version() const override {
        return "libtorch " TORCH_VERSION ", " + at::get_cpu_capability() + ", " + std::to_string(at::get_num_threads()) +
               " threads";
    }
    void configure(const EngineSettings& settings) override {
        const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
        at::set_num_threads(settings.threads > 0 ? settings.threads : cores);
    }
    const Catalogue& catalogue() const override { return engineCatalogue(); }

    ModelSummary inspect(const std::string& model) override {
        return guarded([&] {
            const auto source = openModelSource(model);
            return summarise(*source);
        });
    }
    Forecast forecast(const ConversionPlan& plan) override {
        return guarded([&] {
            const auto source = openModelSource(plan.model);
            const CheckedModel checked = checkModel(*source);
            return forecastOf(plan, checked.shape, summarise(*source).parameters, m_flops);
        });
    }
    ExportForecast exportForecast(const Subject& subject, const ExportRequest& request) override {
        return guarded([&] {
            const auto source = openModelSource(subject.model);
            return exporterPart(request.format).forecast(*source, subject.plan ? *subject.plan : ConversionPlan());
        });
    }
    DataPreview preview(const ConversionPlan& plan) override {
        return guarded([&] { return previewOfPlan(plan); });
    }
    std::string hashModel(const std::string& model, Progress& progress) override {
        return guarded([&] {
            const auto source = openModelSource(model);
            return hashModelSource(*source, [&](std::uint64_t done) {
                sayDoing(progress, Stage::Prepare, "reading the model once for its hash",
                         static_cast<std::int64_t>(done >> 20U), 0);
                return !stopAsked(progress);
            });
        });
    }
    Tokens tokenize(const std::string& model, const std::string& text, bool special) override {
        return guarded([&] {
            const Tokenizer tokenizer = requiredTokenizer(*openModelSource(model));
            Tokens tokens;
            tokens.ids = special ? tokenizer.encodeWithSpecial(text) : tokenizer.encode(text, SpecialTokens::Recognised);
            for (const std::int32_t id : tokens.ids)
                tokens.pieces.push_back(lossyUtf8(tokenizer.piece(id)));
            return tokens;
        });
    }
    std::string detokenize(const std::string& model, const std::vector<std::int32_t>& ids) override {
        return guarded([&] { return requiredTokenizer(*openModelSource(model)).decode(ids, false); });
    }

    ImportedStudent importStudent(const ImportRequest& request, Progress& progress) override {
        return guarded([&] { return lolcats::importStudent(request, engineCatalogue(), progress); });
    }

    std::unique_ptr<Job> conversion(const ConversionPlan& plan, std::shared_ptr<const Checkpoint> resumeFrom) override {
        return guarded([&] {
            checkPlan(plan, engineCatalogue());
            return guardedJob(makeConversionJob(completedPlan(plan, engineCatalogue()), std::move(resumeFrom)));
        });
    }
    std::unique_ptr<Job> evaluation(const Subject& subject, const EvaluationRequest& request) override {
        return guardedJob(makeEvaluationJob(subject, request));
    }
    std::unique_ptr<Job> verification(const Subject& subject, const VerificationRequest& request) override {
        return guardedJob(makeVerificationJob(subject, request));
    }
    std::unique_ptr<Job> bench(const BenchRequest& request) override { return guardedJob(makeBenchJob(request)); }
    std::unique_ptr<Job> maps(const Subject& subject, const MapsRequest& request) override {
        return guardedJob(makeMapsJob(subject, request));
    }
    std::unique_ptr<Job> generation(const Subject& subject, const GenerationRequest& request) override {
        return guardedJob(makeGenerationJob(subject, request));
    }
    std::unique_ptr<Job> logits(const Subject& subject, const std::vector<std::int32_t>& ids, std::int64_t prompt,
                                const std::string& file) override {
        return guardedJob(makeLogitsJob(subject, ids, prompt, file));
    }
    std::unique_ptr<Job> exportTo(const Subject& subject, const ExportRequest& request) override {
        return guardedJob(makeExportJob(subject, request));
    }

private:
    static DataPreview previewOfPlan(const ConversionPlan& plan) {
        if (plan.dataset == "teacher") {
            DataPreview preview;
            preview.description = "Text that the teacher writes itself when the run starts.";
            preview.length = plan.length;
            return preview;
        }
        SilentProgress silent;
        const auto source = openModelSource(plan.model);
        const CheckedModel checked = checkModel(*source);
        const std::optional<Tokenizer> tokenizer =
            plan.dataset == "rows" ? tokenizerOf(*source) : std::optional<Tokenizer>(requiredTokenizer(*source));
        const PreparedText text = prepareText(plan, datasetContext(checked.shape, tokenizer, silent));
        return previewOf(text, plan, tokenizer ? &*tokenizer : nullptr);
    }

    double m_flops;
};

} // namespace

} // namespace lolcats

lolcats::Engine* lolcats_open_engine() {
    return new lolcats::TorchEngine();
}
