// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"
#include "core/training/student_start.h"

#include <cmath>

namespace lolcats {

namespace {

class EvaluationJob final : public Job {
public:
    EvaluationJob(const Subject& subject, const EvaluationRequest& request) : m_subject(subject), m_request(request) {}

    void run(Progress& progress) override {
        if (!m_request.tasks.empty())
            throw Refusal("ARG-TASK",
                          "There is no task called “" + m_request.tasks.front() + "”: this version measures text only.",
                          "Leave --tasks out, or give a text with --text.");
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        const TokenRows rows = rowsFor(loaded, progress);
        EvaluationTable table =
            loaded.teacher && loaded.student ? compare(loaded, rows, progress) : alone(loaded, rows, progress);
        table.name = "asked";
        if (loaded.teacher && loaded.student && table.length > m_subject.plan->length)
            table.verdict += " " + verdictBeyond(table, m_subject.plan->length);
        table.text = m_request.text.empty() ? "the run's held-out rows" : m_request.text;
        progress.report(table);
    }

private:
    TokenRows rowsFor(const LoadedSubject& loaded, Progress& progress) const {
        const auto tokenizer = m_request.text.empty() ? tokenizerOf(*loaded.source) : requiredTokenizer(*loaded.source);
        const DatasetContext context = datasetContext(loaded.shape, tokenizer, progress);
        if (!m_request.text.empty())
            return prepareEvaluationText(m_request.text, m_request.length, m_request.rows, context);
        if (!m_subject.plan)
            throw Refusal("ARG-TEXT", "A model alone has no held-out rows.", "Give a text with --text FILE.");
        if (m_subject.plan->dataset == "teacher")
            throw Refusal("ARG-TEXT", "This run learned from text that its teacher wrote, which was not kept.",
                          "Give a text with --text FILE.");
        if (m_subject.plan->data.empty())
            throw Refusal("ARG-TEXT", "This run has no text of its own: its student was imported.",
                          "Give a text with --text FILE.");
        return prepareText(*m_subject.plan, context).heldout;
    }

    EvaluationTable compare(const LoadedSubject& loaded, const TokenRows& rows, Progress& progress) const {
        const DecoderModel window = untrainedWindow(*loaded.teacher, *m_subject.plan);
        std::optional<DecoderModel> untrained;
        std::vector<EvaluatedModel> models = {{"teacher", &*loaded.teacher}, {"untrained-window", &window}};
        if (!anyStartsFromData(loaded.students)) { // else its start was found in the training text, which is not read here
            untrained = untrainedStudent(*loaded.teacher, *m_subject.plan);
            models.push_back({"untrained-student", &*untrained});
        }
        models.push_back({"student", &*loaded.student});
        std::int64_t size = 0;
        for (const auto& student : loaded.students)
            if (student != nullptr)
                size = std::max(size, student->window());
        return evaluate(models, rows, size, progress);
    }

    // One model, nothing to compare it with: its loss says something, a divergence from itself would not.
    static EvaluationTable alone(const LoadedSubject& loaded, const TokenRows& rows, Progress& progress) {
        EvaluationTable table = evaluate({{"teacher", &loaded.best()}}, rows, 0, progress);
        table.verdict.clear();
        if (loaded.student) {
            table.rows.front().name = "student";
            table.rows.front().kl = table.rows.front().klBeyond = table.rows.front().agreement = std::nan("");
        }
        return table;
    }

    Subject m_subject;
    EvaluationRequest m_request;
};

} // namespace

std::unique_ptr<Job> makeEvaluationJob(const Subject& subject, const EvaluationRequest& request) {
    return std::make_unique<EvaluationJob>(subject, request);
}

} // namespace lolcats
