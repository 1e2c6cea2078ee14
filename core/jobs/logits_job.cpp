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
    LogitsJob(const Subject& subject, std::vector<std::int32_t> ids, std::string file)
        : m_subject(subject), m_ids(std::move(ids)), m_file(std::move(file)) {}

    void run(Progress& progress) override {
        const at::NoGradGuard noGrad;
        if (m_ids.empty())
            throw Refusal("ARG-IDS", "There are no token ids.", "Give at least one, for example --ids 1,2,3.");
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        for (const std::int32_t id : m_ids)
            if (id < 0 || id >= loaded.shape.vocabulary)
                throw Refusal("ARG-IDS", "The token id " + std::to_string(id) + " is not in the vocabulary.",
                              "Give ids from 0 to " + std::to_string(loaded.shape.vocabulary - 1) + ".");
        const at::Tensor ids = at::tensor(m_ids, at::kInt).to(at::kLong).unsqueeze(0);
        const at::Tensor hidden = loaded.best().hidden(ids);
        const at::Tensor logits = loaded.best().logits(hidden)[0].to(at::kFloat).contiguous();
        writeSafetensors(
            m_file,
            {{"logits", "F32", {logits.size(0), logits.size(1)}, [&logits] { return bytesOf("logits", logits).bytes; }}}, {});
        progress.report(FileWritten{m_file, static_cast<std::int64_t>(std::filesystem::file_size(m_file))});
    }

private:
    Subject m_subject;
    std::vector<std::int32_t> m_ids;
    std::string m_file;
};

} // namespace

std::unique_ptr<Job> makeLogitsJob(const Subject& subject, const std::vector<std::int32_t>& ids, const std::string& file) {
    return std::make_unique<LogitsJob>(subject, ids, file);
}

} // namespace lolcats
