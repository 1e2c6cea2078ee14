// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How an exported student is written down: names of its tensors and the `lolcats` object of its config.json.

#include "core/files/model_source.h"
#include "core/records/conversion_plan.h"

#include <map>
#include <string>

namespace lolcats {

inline constexpr const char* kExportedModelType = "lolcats";
// "feature_map_q" of layer 3: "model.layers.3.self_attn.feature_map_q".
std::string exportedTensorName(std::int64_t layer, const std::string& name);
// The source's config with our model_type and the student's description; adapters are merged, so it names none.
Json exportedConfig(const ModelSource& source, const ConversionPlan& plan, const std::string& dtype);
// Beside weights and config.json: the source's tokenizer and licence byte for byte, generation_config.json, the Python files.
std::map<std::string, std::string> exportSideFiles(const ModelSource& source);
// The other way: attention, feature map, layers kept softmax and their options. Refuses with CFG-LOLCATS.
ConversionPlan exportedPlan(const Json& config);

} // namespace lolcats
