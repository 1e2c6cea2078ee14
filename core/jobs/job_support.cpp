// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/job_support.h"

#include "core/export/exporter.h"
#include "core/model/model_loading.h"
#include "core/records/failure.h"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace lolcats {

namespace {

// A value in kB from a file of /proc, in bytes; 0 where there is no such line.
std::int64_t procBytes(const char* file, const std::string& key) {
    std::ifstream lines(file);
    std::string line;
    while (std::getline(lines, line))
        if (line.starts_with(key)) {
            std::istringstream words(line.substr(key.size()));
            std::int64_t kilobytes = 0;
            words >> kilobytes;
            return kilobytes * 1024;
        }
    return 0;
}

} // namespace

LoadedSubject loadSubject(const Subject& subject, Progress& progress, Weights weights) {
    LoadedSubject loaded;
    loaded.source = openModelSource(subject.model);
    const std::string dtype = subject.plan ? subject.plan->dtype : "float32";
    const std::string device = subject.plan ? subject.plan->device : "cpu";
    if (!subject.plan && isExportedStudent(*loaded.source)) {
        ExportedModel exported = loadExportedStudent(*loaded.source, dtype, device);
        loaded.shape = exported.model.shape();
        loaded.student = std::move(exported.model);
        loaded.students = std::move(exported.students);
        return loaded;
    }
    const CheckedModel checked = checkedFor(*loaded.source, subject.plan.value_or(ConversionPlan()));
    loaded.shape = checked.shape;
    const auto goOn = [&progress](double share) {
        sayDoing(progress, Stage::Prepare, "reading weights", static_cast<std::int64_t>(share * 100), 100);
        return !stopAsked(progress);
    };
    loaded.teacher = weights == Weights::Held ? loadModel(*loaded.source, checked, dtype, device, goOn)
                                              : openModel(loaded.source, checked, dtype, device);
    if (subject.plan && subject.student) {
        loaded.student = restoredStudent(*loaded.teacher, *subject.plan, *subject.student);
        const std::vector<std::int64_t>& kept = subject.plan->keepSoftmax;
        for (std::int64_t layer = 0; layer < loaded.shape.layers; ++layer) {
            const auto& mixer = loaded.student->blocks()[static_cast<std::size_t>(layer)].mixer;
            const bool isKept = std::find(kept.begin(), kept.end(), layer) != kept.end();
            loaded.students.push_back(isKept ? nullptr : std::const_pointer_cast<AttentionMixer>(mixer));
        }
    }
    return loaded;
}

CheckedModel checkedFor(const ModelSource& source, const ConversionPlan& plan) {
    CheckedModel checked = checkModel(source);
    checked.shape.rope.bfloat16Frequencies = plan.ropeFrequencies == "bfloat16";
    return checked;
}

std::optional<Tokenizer> tokenizerOf(const ModelSource& source) {
    try {
        return requiredTokenizer(source);
    } catch (const Refusal&) {
        return std::nullopt; // whoever needs it asks with requiredTokenizer and hears why
    }
}

Tokenizer requiredTokenizer(const ModelSource& source) {
    return Tokenizer::fromJson(source.tokenizerJson(), source.path());
}

std::vector<std::int32_t> textTokens(const std::string& text, const Tokenizer& tokenizer, const DecoderShape& shape) {
    std::vector<std::int32_t> ids = tokenizer.encode(text, SpecialTokens::PlainText);
    if (!shape.bos.empty())
        ids.insert(ids.begin(), static_cast<std::int32_t>(shape.bos.front()));
    return ids;
}

DatasetContext datasetContext(const DecoderShape& shape, const std::optional<Tokenizer>& tokenizer, Progress& progress) {
    DatasetContext context;
    context.tokenizer = tokenizer ? &*tokenizer : nullptr;
    context.vocabulary = shape.vocabulary;
    if (!shape.bos.empty())
        context.bos = static_cast<std::int32_t>(shape.bos.front());
    if (!shape.eos.empty())
        context.eos = static_cast<std::int32_t>(shape.eos.front());
    context.goOn = [&progress](const std::string& doing, double share) {
        sayDoing(progress, Stage::Prepare, doing, static_cast<std::int64_t>(share * 100), 100);
        return !stopAsked(progress);
    };
    return context;
}

void sayDoing(Progress& progress, Stage stage, const std::string& doing, std::int64_t step, std::int64_t steps) {
    StageProgress news;
    news.stage = stage;
    news.step = step;
    news.steps = steps;
    news.doing = doing;
    progress.report(news);
}

bool stopAsked(Progress& progress) {
    return progress.mayGoOn().stop;
}

std::int64_t peakMemoryBytes() {
    return procBytes("/proc/self/status", "VmHWM:");
}
std::int64_t freeMemoryBytes() {
    return procBytes("/proc/meminfo", "MemAvailable:");
}

} // namespace lolcats
