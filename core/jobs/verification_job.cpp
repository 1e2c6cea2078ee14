// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention_comparison.h"
#include "core/analysis/parity.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace lolcats {

namespace {

class VerificationJob final : public Job {
public:
    VerificationJob(const Subject& subject, const VerificationRequest& request) : m_subject(subject), m_request(request) {}

    void run(Progress& progress) override {
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        if (!loaded.student)
            throw Refusal("ARG-STUDENT", m_subject.model + " alone has no student whose writings could be compared.",
                          "Give a run file that has a checkpoint, or an export of one.");
        const std::vector<std::int32_t> ids = probeTokens(loaded, m_subject);
        const std::int64_t layer = verifyStudent(*loaded.student, ids, true, progress);
        if (m_request.longTokens > 0)
            verifyLong(loaded, ids, layer, progress);
    }

private:
    // The layer whose writings differ most on a short text, unless its attention has stayed softmax.
    void verifyLong(const LoadedSubject& loaded, const std::vector<std::int32_t>& ids, std::int64_t layer,
                    Progress& progress) const {
        const auto& students = loaded.students;
        if (students[static_cast<std::size_t>(layer)] == nullptr)
            layer = std::find_if(students.begin(), students.end(), [](const auto& one) { return one != nullptr; }) -
                    students.begin();
        const std::int64_t tokens = m_request.longTokens;
        sayDoing(progress, Stage::Measure, "reading the text up to layer " + std::to_string(layer), 0, tokens);
        std::optional<std::chrono::steady_clock::time_point> begin;
        const LongDecoding found = longDecoding(*loaded.student, ids, layer, 0, tokens, [&](std::int64_t done) {
            const auto now = std::chrono::steady_clock::now();
            StageProgress news{Stage::Measure, done, tokens, -1, 0, "decoding"};
            if (begin) // the first call ends the first tokens
                news.secondsLeft = std::chrono::duration<double>(now - *begin).count() / static_cast<double>(done) *
                                   static_cast<double>(tokens - done);
            else
                begin = now;
            progress.report(news);
            return !stopAsked(progress);
        });
        const CheckDone check = longCheck(found);
        progress.report(check);
        for (const Figure& figure : check.figures)
            progress.report(figure);
        if (!check.passed)
            throw Refusal("PAR-LONG", "The student drifts while it writes a long text: " + check.sentence + ".",
                          "Report this with the run file; until it is mended, do not trust long texts of this student.");
    }

    Subject m_subject;
    VerificationRequest m_request;
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

std::int64_t verifyStudent(const DecoderModel& student, const std::vector<std::int32_t>& ids, bool everyLayer,
                           Progress& progress) {
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
    return std::max_element(layers.begin(), layers.end(),
                            [](const LayerParity& a, const LayerParity& b) { return a.worst() < b.worst(); })
        ->layer;
}

std::unique_ptr<Job> makeVerificationJob(const Subject& subject, const VerificationRequest& request) {
    return std::make_unique<VerificationJob>(subject, request);
}

} // namespace lolcats
