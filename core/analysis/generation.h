// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tokens one by one from a decode state.

#include "core/model/decoder_model.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace lolcats {

struct SamplingSettings {
    std::int64_t tokens = 64;
    double temperature = 0; // 0: the likeliest
    std::int64_t topK = 0;
    double topP = 1;
    std::uint64_t seed = 0;
};

struct GenerationFigures {
    double prefillSeconds = 0;
    double secondsPerToken = 0;
    std::int64_t stateBytes = 0; // at the end
    std::int64_t tokens = 0;
};

// `each` hears every new token and says whether to go on. Ends at one of `stops`. Draws from the seed alone.
GenerationFigures generate(const DecoderModel& model, const std::vector<std::int32_t>& prompt, const SamplingSettings& settings,
                           const std::vector<std::int64_t>& stops, const std::function<bool(std::int32_t)>& each);

} // namespace lolcats
