// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/generation.h"

#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>

namespace lolcats {

namespace {

constexpr std::int64_t kPromptPiece = 4096; // tokens of a prompt that go through the model together

class Sampler {
public:
    explicit Sampler(const SamplingSettings& settings) : m_settings(settings), m_generator(settings.seed) {}

    std::int64_t next(const at::Tensor& logits) {
        if (!std::isfinite(logits.max().item<double>()))
            throw Refusal("NUM-GENERATE", "The model's output is not a finite number, so no token can be chosen.",
                          "Take another checkpoint of this model.");
        if (m_settings.temperature <= 0)
            return logits.argmax().item<std::int64_t>();
        const std::int64_t words = logits.numel();
        const std::int64_t kept = m_settings.topK > 0 ? std::min(m_settings.topK, words) : words;
        const auto [values, ids] = at::topk(logits.to(at::kCPU, at::kDouble), kept);
        const at::Tensor probabilities = at::softmax(values / m_settings.temperature, -1).contiguous();
        return ids[drawn({probabilities.data_ptr<double>(), static_cast<std::size_t>(kept)})].item<std::int64_t>();
    }

private:
    // Of probabilities in falling order, those that reach top-p together take part.
    std::int64_t drawn(const c10::ArrayRef<double>& probabilities) {
        std::size_t taking = 0;
        double mass = 0;
        while (taking < probabilities.size() && (taking == 0 || mass < m_settings.topP))
            mass += probabilities[taking++];
        double point = static_cast<double>(m_generator() >> 11U) * 0x1p-53 * mass;
        for (std::size_t i = 0; i < taking; ++i) {
            point -= probabilities[i];
            if (point < 0)
                return static_cast<std::int64_t>(i);
        }
        return static_cast<std::int64_t>(taking) - 1;
    }

    SamplingSettings m_settings;
    std::mt19937_64 m_generator;
};

double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

} // namespace

GenerationFigures generate(const DecoderModel& model, const std::vector<std::int32_t>& prompt, const SamplingSettings& settings,
                           const std::vector<std::int64_t>& stops, const std::function<bool(std::int32_t)>& each) {
    if (prompt.empty())
        throw Refusal("ARG-PROMPT", "The prompt has no token to go on from.", "Give a prompt of at least one word.");
    const at::NoGradGuard guard;
    const at::Device device = model.embedding().device();
    const std::vector<std::int64_t> wide(prompt.begin(), prompt.end());
    Sampler sampler(settings);
    DecoderState state = model.emptyState();
    GenerationFigures figures;
    auto begin = std::chrono::steady_clock::now();
    const at::Tensor ids = at::tensor(wide, at::kLong).unsqueeze(0).to(device);
    at::Tensor hidden;
    for (std::int64_t first = 0; first < ids.size(1);
         first += kPromptPiece) // memory of one piece, whatever the prompt's length
        hidden = model.prefill(ids.narrow(1, first, std::min(kPromptPiece, ids.size(1) - first)), state);
    figures.prefillSeconds = secondsSince(begin);
    begin = std::chrono::steady_clock::now();
    while (figures.tokens < settings.tokens) {
        const std::int64_t id = sampler.next(model.logits(hidden).flatten());
        ++figures.tokens;
        if (!each(static_cast<std::int32_t>(id)) || std::find(stops.begin(), stops.end(), id) != stops.end())
            break;
        if (figures.tokens < settings.tokens)
            hidden = model.step(at::full({1, 1}, id, at::device(device).dtype(at::kLong)), state);
    }
    if (figures.tokens > 0)
        figures.secondsPerToken = secondsSince(begin) / static_cast<double>(figures.tokens);
    figures.stateBytes = state.bytes();
    return figures;
}

} // namespace lolcats
