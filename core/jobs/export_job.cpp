// SPDX-License-Identifier: GPL-3.0-or-later
// Written beside, read back by our own loader, compared logit by logit, then renamed.
#include "core/export/exporter.h"
#include "core/jobs/job_support.h"
#include "core/model/lora.h"
#include "core/records/failure.h"
#include "core/text/wording.h"

#include <torch/types.h>

#include <cmath>
#include <filesystem>

namespace lolcats {

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kComparedTokens = 160;
constexpr double kFloatLimit = 1e-3; // largest difference over the spread of the logits, float32
constexpr double kShortLimit = 0.1;  // root mean square over the spread where the merged weights were rounded to 16 bits

// Removed with all that is in it unless it was given its name.
class FolderBeside {
public:
    explicit FolderBeside(const fs::path& target) : m_target(target), m_path(target.string() + ".partial") {
        std::error_code error;
        if (fs::exists(target) && !(fs::is_directory(target) && fs::is_empty(target, error)))
            throw Refusal("EXP-TARGET", "The target " + target.string() + " exists and is not an empty folder.",
                          "Choose another folder; nothing was written.");
        fs::remove_all(m_path, error);
        if (!fs::create_directories(m_path, error) || error)
            throw Refusal("EXP-TARGET", "The folder " + m_path.string() + " cannot be made: " + error.message() + ".",
                          "Choose a folder that can be written to.");
    }
    ~FolderBeside() {
        std::error_code error;
        if (!m_named)
            fs::remove_all(m_path, error);
    }
    FolderBeside(const FolderBeside&) = delete;
    FolderBeside& operator=(const FolderBeside&) = delete;
    std::string path() const { return m_path.string(); }
    void giveName() {
        std::error_code error;
        fs::remove(m_target, error); // an empty folder, at most
        fs::rename(m_path, m_target, error);
        if (error)
            throw Refusal("EXP-TARGET",
                          "The finished export cannot be given its name " + m_target.string() + ": " + error.message() + ".",
                          "Choose another folder.");
        m_named = true;
    }

private:
    fs::path m_target;
    fs::path m_path;
    bool m_named = false;
};

class ExportJob final : public Job {
public:
    ExportJob(const Subject& subject, const ExportRequest& request) : m_subject(subject), m_request(request) {}

    void run(Progress& progress) override {
        const at::NoGradGuard noGrad;
        const ExporterPart& exporter = exporterPart(m_request.format);
        m_request.options = completed(exporter.choice, m_request.options);
        fs::path target = fs::absolute(m_request.folder).lexically_normal();
        if (target.filename().empty())
            target = target.parent_path();
        if (m_subject.plan && m_subject.plan->ropeFrequencies != "float32")
            throw Refusal("EXP-ROPE", "This student was made with rounded rotary frequencies, which no export can say.",
                          "Convert again with rope_frequencies float32; the rounding is there to repeat published numbers.");
        FolderBeside beside(target);
        progress.report(StageStarted{Stage::Export, 3});
        LoadedSubject loaded = loadSubject(m_subject, progress, Weights::ReadWhenNeeded);
        if (!loaded.teacher || !loaded.student)
            throw Refusal("EXP-STUDENT", "There is no student to export: " + m_subject.model + " is a model alone.",
                          "Give a run file that has a checkpoint.");
        sayDoing(progress, Stage::Export, "comparing the writings of attention", 0, 3);
        verifyStudent(*loaded.student, probeTokens(loaded, m_subject), false, progress);
        const at::Tensor live = comparedLogits(*loaded.student);
        sayDoing(progress, Stage::Export, "writing", 0, 3);
        ExportSubject subject{loaded.source.get(), &*loaded.teacher, &*loaded.student, &loaded.students, &*m_subject.plan};
        exporter.write(subject, m_request, beside.path(), progress);
        progress.report(CheckDone{"written", true, writtenSentence(beside.path())});
        sayDoing(progress, Stage::Export, "reading back", 1, 3);
        if (exporter.standsAlone) { // one model in memory at a time
            subject.teacher = subject.student = nullptr;
            loaded.student.reset();
            loaded.teacher.reset();
        }
        compare(live, exporter.readBack(subject, beside.path()), progress);
        beside.giveName();
        const ExporterPart::Next next = exporter.next(target.string());
        progress.report(CheckDone{"next", true, next.sentence});
        if (!next.command.empty())
            progress.report(CheckDone{"command", true, next.command});
        progress.report(StageFinished{Stage::Export, 0});
    }

private:
    static bool rounded(const OptionValues& options) {
        return options.contains("dtype") && textOption(options, "dtype") != "float32";
    }
    static std::string writtenSentence(const std::string& folder) {
        std::uintmax_t bytes = 0;
        std::size_t files = 0;
        for (const auto& entry : fs::directory_iterator(folder)) {
            bytes += entry.file_size();
            ++files;
        }
        return std::to_string(files) + " files, " + std::to_string(bytes / 1'000'000) + " MB";
    }

    static at::Tensor comparedLogits(const DecoderModel& model) {
        const DecoderShape& shape = model.shape();
        const std::int64_t tokens =
            std::min<std::int64_t>(kComparedTokens, shape.maxPositions > 0 ? shape.maxPositions : kComparedTokens);
        const at::Tensor ids = at::remainder(at::arange(tokens, at::kLong) * 7919 + 13, shape.vocabulary).unsqueeze(0);
        return model.logits(model.hidden(ids)).to(at::kFloat);
    }

    void compare(const at::Tensor& live, const DecoderModel& exported, Progress& progress) const {
        progress.report(CheckDone{"read-back", true, "read back by our own loader"});
        sayDoing(progress, Stage::Export, "comparing logits", 2, 3);
        const at::Tensor written = comparedLogits(exported);
        const double largest = (live - written).abs().max().item<double>();
        const double spread = live.std().item<double>();
        std::string sentence =
            "largest logit difference " + scientific(largest) + " over " + std::to_string(live.size(1)) + " tokens";
        double difference = largest, limit = kFloatLimit * spread;
        if (rounded(m_request.options)) { // a few of millions of logits lie far out
            difference = (live - written).square().mean().sqrt().item<double>();
            limit = kShortLimit * spread;
            sentence += ", root mean square " + scientific(difference) + ", from rounding the merged weights to " +
                        textOption(m_request.options, "dtype");
        }
        sentence += "; the limit is " + scientific(limit);
        const bool agree = std::isfinite(difference) && difference <= limit;
        progress.report(CheckDone{"logits", agree, sentence});
        if (!agree)
            throw Refusal("PAR-EXPORT", "The exported model differs from the run: " + sentence + ".",
                          "Nothing was kept. Export in float32, and report this if it happens again.");
    }

    Subject m_subject;
    ExportRequest m_request;
};

} // namespace

std::unique_ptr<Job> makeExportJob(const Subject& subject, const ExportRequest& request) {
    return std::make_unique<ExportJob>(subject, request);
}

} // namespace lolcats
