// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Low-rank adapters on the attention's projections: attach, list, merge. B A x times alpha / rank; A random, B zero at the
// start.

#include "core/model/decoder_model.h"

#include <string>
#include <vector>

namespace lolcats {

struct LoraSettings {
    std::int64_t rank = 8;
    double alpha = 16;
    double dropout = 0;
    std::vector<std::string> targets; // of q, k, v, o
    std::int64_t seed = 0;
};

// "q,k,v,o" to words; refuses others (PLAN-TARGETS).
std::vector<std::string> loraTargets(const std::string& text);
// Kaiming-uniform (a = sqrt 5) for A from the seed, layer and target alone. Refuses a rank above the projection's sizes
// (PLAN-RANK).
void attachLora(DecoderModel& model, const LoraSettings& settings);
// "lora.{layer}.{target}.{a|b}", leaves that require a gradient.
std::vector<NamedTensor> loraTensors(const DecoderModel& model);
// Each step's dropout seeds; training draws nothing from a global generator.
void setDropoutSeeds(DecoderModel& model, std::uint64_t seed);
// W + (alpha / rank) B A, computed in float32 and cast back; adapters gone.
void mergeLora(DecoderModel& model);
void mergeLora(DecoderBlock& block);

} // namespace lolcats
