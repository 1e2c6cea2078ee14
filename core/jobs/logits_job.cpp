// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"

#include <torch/types.h>

#include <filesystem>

namespace lolcats {

namespace {

class LogitsJob final : public Job {
public:
    LogitsJob(const Subject& subject, std::vector<std::int32_t> ids, std::int64_t prompt, std::string file)
        : m_subject(subject), m_ids(std::move(ids)), m_prompt(prompt), m_file(std::move(file)) {}

    void run(Progress& progress) override {
        const at::NoGradGuard noGrad;
        if (m_ids.empty())
            throw Refusal("ARG-IDS", "There are no token ids.", "Give at least one, for example --ids 1,2,3.");
        if (m_prompt < 0 || m_prompt > static_cast<std::int64_t>(m_ids.size()))
            throw Refusal("ARG-IDS",
                          "A prompt of " + std::to_string(m_prompt) + " of " + std::to_string(m_ids.size()) + " ids.",
                          "Give a number from 1 to the number of ids.");
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        for (const std::int32_t id : m_ids)
            if (id < 0 || id >= loaded.shape.vocabulary)
                throw Refusal("ARG-IDS", "The token id " + std::to_string(id) + " is not in the vocabulary.",
                              "Give ids from 0 to " + std::to_string(loaded.shape.vocabulary - 1) + ".");
        const at::Tensor ids = at::tensor(m_ids, at::kInt).to(at::kLong).unsqueeze(0);
        const DecoderModel& model = loaded.best();
        const at::Tensor hidden = m_prompt == 0 ? model.hidden(ids) : hiddenWhileWriting(model, ids, progress);
        const at::Tensor logits = model.logits(hidden)[0].to(at::kFloat).contiguous();
        writeSafetensors(
            m_file,
            {{"logits", "F32", {logits.size(0), logits.size(1)}, [&logits] { return bytesOf("logits", logits).bytes; }}}, {});
        progress.report(FileWritten{m_file, static_cast<std::int64_t>(std::filesystem::file_size(m_file))});
    }

private:
    at::Tensor hiddenWhileWriting(const DecoderModel& model, const at::Tensor& ids, Progress& progress) const {
        DecoderState state = model.emptyState();
        std::vector<at::Tensor> rows = {model.prefill(ids.narrow(1, 0, m_prompt), state)};
        for (std::int64_t place = m_prompt; place < ids.size(1); ++place) {
            if (stopAsked(progress))
                throw Refusal("INT-STOPPED", "The work was stopped.", "Start it again.");
            rows.push_back(model.step(ids.narrow(1, place, 1), state));
        }
        return at::cat(rows, 1);
    }

    Subject m_subject;
    std::vector<std::int32_t> m_ids;
    std::int64_t m_prompt;
    std::string m_file;
};

} // namespace

std::unique_ptr<Job> makeLogitsJob(const Subject& subject, const std::vector<std::int32_t>& ids, std::int64_t prompt,
                                   const std::string& file) {
    return std::make_unique<LogitsJob>(subject, ids, prompt, file);
}

} // namespace lolcats
