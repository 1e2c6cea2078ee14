// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/generation.h"
#include "core/jobs/job_support.h"
#include "core/records/failure.h"
#include "core/text/chat_template.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace lolcats {

namespace {

constexpr std::ptrdiff_t kContext = 16; // tokens of the prompt that decide how the first one after it is written

class GenerationJob final : public Job {
public:
    GenerationJob(const Subject& subject, const GenerationRequest& request) : m_subject(subject), m_request(request) {}

    void run(Progress& progress) override {
        const LoadedSubject loaded = loadSubject(m_subject, progress);
        const Tokenizer tokenizer = requiredTokenizer(*loaded.source);
        std::vector<std::int64_t> ends = loaded.shape.eos;
        std::vector<std::int32_t> prompt =
            tokenizer.encode(promptText(*loaded.source, tokenizer, ends), SpecialTokens::Recognised);
        if (prompt.empty() && !loaded.shape.bos.empty())
            prompt.push_back(static_cast<std::int32_t>(loaded.shape.bos.front()));
        if (prompt.empty())
            throw Refusal("ARG-PROMPT", "The prompt is empty.", "Give some text to go on from.");
        SamplingSettings sampling{m_request.tokens, m_request.temperature, m_request.topK, m_request.topP,
                                  static_cast<std::uint64_t>(m_request.seed)};
        // A letter may be spread over several tokens: told when it is whole. What a token writes can depend on the ones before
        // it.
        std::vector<std::int32_t> told(prompt.end() - std::min<std::ptrdiff_t>(kContext, std::ssize(prompt)), prompt.end());
        std::vector<std::int32_t> pending;
        const auto tell = [&](bool whole) {
            const std::string before = tokenizer.decode(told, true);
            std::vector<std::int32_t> both = told;
            both.insert(both.end(), pending.begin(), pending.end());
            const std::string text = tokenizer.decode(both, true);
            if (!whole && text.ends_with("\xEF\xBF\xBD"))
                return;
            progress.report(TextPiece{text.starts_with(before) ? text.substr(before.size()) : tokenizer.decode(pending, true)});
            told = std::exchange(pending, {});
        };
        const GenerationFigures figures = generate(loaded.best(), prompt, sampling, ends, [&](std::int32_t id) {
            pending.push_back(id);
            tell(false);
            return !stopAsked(progress);
        });
        if (!pending.empty())
            tell(true);
        progress.report(Figure{"prefill", figures.prefillSeconds, "seconds"});
        progress.report(Figure{"each token", figures.secondsPerToken, "seconds"});
        progress.report(Figure{"state", static_cast<double>(figures.stateBytes), "bytes"});
        progress.report(Figure{"tokens", static_cast<double>(figures.tokens), "tokens"});
    }

private:
    // The prompt itself, or the chat that it begins; then its end-of-turn token ends the text as well.
    std::string promptText(const ModelSource& source, const Tokenizer& tokenizer, std::vector<std::int64_t>& ends) const {
        if (!m_request.chat)
            return m_request.prompt;
        const ChatFormat& format = chatFormatOf(chatTemplateOf(source.sideFiles()));
        if (const auto end = tokenizer.idOf(format.endOfTurn))
            ends.push_back(*end);
        std::vector<ChatMessage> messages;
        if (!m_request.system.empty())
            messages.push_back({"system", m_request.system});
        messages.push_back({"user", m_request.prompt});
        return renderedChat(format, messages, true);
    }

    Subject m_subject;
    GenerationRequest m_request;
};

} // namespace

std::unique_ptr<Job> makeGenerationJob(const Subject& subject, const GenerationRequest& request) {
    return std::make_unique<GenerationJob>(subject, request);
}

} // namespace lolcats
