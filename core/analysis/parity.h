// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Whether the writings of each layer's mixer agree on a model's own numbers: what trains and reads a prompt (all tokens at
// once, in chunks) and what generates (one token with a state), against the N x N definition in double.

#include "core/model/decoder_model.h"
#include "core/records/job_event.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace lolcats {

// Largest difference of y over the largest |y| of the definition.
struct LayerParity {
    std::int64_t layer = 0;
    double chunked = 0;            // mix(): training and prefill
    double recurrent = 0;          // step() from an empty state; 0 where the mixer decodes by another window than it trains
    double continued = 0;          // prefill() of half the text in two pieces, then step()
    std::optional<double> plain{}; // plainLoops() of every head; none where the mixer has no such writing
    double worst() const;          // NaN counts as infinite
};

// ids [tokens], at least 2. The queries, keys and values are those that the model's own layers see on these tokens.
std::vector<LayerParity> layerParity(const DecoderModel& model, const std::vector<std::int32_t>& ids);
// What so many decoded tokens lose: one after the other with the mixer's own states, against the plain loops in double.
struct LongDecoding {
    std::int64_t layer = 0;
    std::int64_t head = 0;
    std::int64_t tokens = 0;
    double error = 0; // largest difference of y over the largest |y| of the definition
};
inline constexpr double kLongLimit = 1e-3;
// The text's ids are repeated until there are enough. Told after some tokens how many are done; false ends it with a Refusal.
LongDecoding longDecoding(const DecoderModel& model, const std::vector<std::int32_t>& ids, std::int64_t layer,
                          std::int64_t head, std::int64_t tokens, const std::function<bool(std::int64_t done)>& goOn);
CheckDone longCheck(const LongDecoding& found);
// The largest difference that rounding explains: sums over some hundred tokens in float32, or an output rounded to bfloat16.
double parityLimit(const DecoderModel& model);
// One sentence about all layers, with the worst of them; one about a single layer, with its three differences as figures.
CheckDone parityCheck(const std::vector<LayerParity>& layers, double limit);
CheckDone layerCheck(const LayerParity& layer, double limit);

} // namespace lolcats
