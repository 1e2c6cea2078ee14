// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What files and folders of other makers hold of a student, under our names and with the settings that they tell. Bytes are
// read later: nothing here is larger than a header.

#include "core/files/json_file.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lolcats {

struct FoundTensor {
    std::vector<std::int64_t> shape;
    std::string place; // "the tensor x of FILE", for sentences
    std::function<std::vector<float>()> read;
};

struct FoundStudent {
    std::map<std::string, FoundTensor> tensors;                // "student.3.feature_map_q", "lora.3.q.a"
    std::vector<std::pair<std::string, std::string>> settings; // of run names and adapter_config.json: plan fields, as typed
    std::optional<Json> description; // config.json of an export of ours: the student's settings are in its object “lolcats”
    std::string merged;              // folder of an export whose adapters are merged into its weights; empty: none
    bool saysAttention = false;      // window and feature map are known and not only supposed
    std::vector<std::string> notices;
};

// Each path is a file of tensors (.pt or safetensors, told by its content) or a folder: adapters of PEFT, or an export of ours.
// Refuses with IMP-… what is no part of a student, and what is there twice.
FoundStudent findStudent(const std::vector<std::string>& paths);

} // namespace lolcats
