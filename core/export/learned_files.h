// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What was trained, as safetensors files: what the exports without the base model's weights have in common.

#include "core/attention/feature_map.h"
#include "core/files/model_source.h"
#include "core/files/safetensors.h"
#include "core/records/conversion_plan.h"

#include <functional>
#include <string>
#include <vector>

namespace lolcats {

using Renaming = std::function<std::string(const std::string&)>; // of a tensor, from our name to the file's

std::vector<SafetensorsSource> floatSources(const std::vector<NamedTensor>& tensors, const Renaming& renamed);
// Copies a file's tensors into those that are there.
void readFloats(const SafetensorsFile& file, const std::vector<NamedTensor>& tensors, const Renaming& renamed);

struct LearnedBytes {
    std::int64_t lora = 0;
    std::int64_t maps = 0; // and factors
};
LearnedBytes learnedBytes(const ModelSource& source, const ConversionPlan& plan); // by the plan alone

} // namespace lolcats
