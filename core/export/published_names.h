// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The words of the published LoLCATs code: names of tensors in its checkpoints, and run names that hold a run's settings.

#include "core/records/conversion_plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lolcats {

// "student.3.feature_map_q" is "model.layers.3.self_attn.feature_map_q.mlp.layer", "lora.3.q.a" is
// "base_model.model.model.layers.3.self_attn.q_proj.lora_A.default.weight". `adapter`: the learned part has two matrices.
std::string publishedTensorName(const std::string& ours, bool adapter);
// The other way, whatever stands before “layers.”; also the names that PEFT and this program's own exports use. A checkpoint of
// a block of layers counts them from 0: `firstLayer` is added. None: no tensor of a student.
std::optional<std::string> ourTensorName(const std::string& name, std::int64_t firstLayer);

// "dl-d=…-m=…-f=…-s=0-se=0-re=0-lzi=1" of a plan: what the published code reads its settings from.
std::string publishedRunName(const ConversionPlan& plan, const std::string& model);
// Settings by plan field and part option, as typed, parts first; the file's folder and ending do not matter.
struct NamedSettings {
    std::vector<std::pair<std::string, std::string>> fields;
    bool isRunName = false;      // "dl-d=…-m=…-f=…"
    bool saysAttention = false;  // the name of its model configuration is one that says window and feature map
    std::int64_t firstLayer = 0; // of a block's checkpoint ("…in=08-out=11…")
};
NamedSettings settingsOfRunName(const std::string& path);

} // namespace lolcats
