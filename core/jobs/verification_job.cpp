// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention_comparison.h"
#include "core/analysis/parity.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"

#include <algorithm>

namespace lolcats {

namespace {

class VerificationJob final : public Job {
public:
    explicit VerificationJob(const Subject& subject) : m_subject(subject) {}

    void run(Progress& progress) override {
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        if (!loaded.student)
            throw Refusal("ARG-STUDENT", m_subject.model + " alone has no student whose writings could be compared.",
                          "Give a run file that has a checkpoint, or an export of one.");
        verifyStudent(*loaded.student, probeTokens(loaded, m_subject), true, progress);
    }

private:
    Subject m_subject;
};

} // namespace

std::vector<std::int32_t> probeTokens(const LoadedSubject& loaded, const Subject& subject) {
    std::vector<std::int32_t> ids;
    if (const std::optional<Tokenizer> tokenizer = tokenizerOf(*loaded.source)) {
        const std::string text = subject.plan && !subject.plan->probe.empty() ? subject.plan->probe : probeSentence();
        ids = textTokens(text, *tokenizer, loaded.shape);
    }
    // A word or two leave nothing behind the window to look at.
    for (std::int64_t i = 0; ids.size() < kProbeTokens; ++i)
        ids.push_back(static_cast<std::int32_t>((i * 7919 + 13) % loaded.shape.vocabulary));
    ids.resize(kProbeTokens);
    if (loaded.shape.maxPositions > 0)
        ids.resize(std::min(ids.size(), static_cast<std::size_t>(loaded.shape.maxPositions)));
    return ids;
}

void verifyStudent(const DecoderModel& student, const std::vector<std::int32_t>& ids, bool everyLayer, Progress& progress) {
    const std::vector<LayerParity> layers = layerParity(student, ids);
    const double limit = parityLimit(student);
    if (everyLayer)
        for (const LayerParity& layer : layers)
            progress.report(layerCheck(layer, limit));
    const CheckDone all = parityCheck(layers, limit);
    progress.report(all);
    for (const Figure& figure : all.figures)
        progress.report(figure);
    if (!all.passed)
        throw Refusal("PAR-STUDENT", "What generates text would not compute what was trained: " + all.sentence + ".",
                      "Report this with the run file; until it is mended, do not trust text or exports of this student.");
}

std::unique_ptr<Job> makeVerificationJob(const Subject& subject) {
    return std::make_unique<VerificationJob>(subject);
}

} // namespace lolcats
