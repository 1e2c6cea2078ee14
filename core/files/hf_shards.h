// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The weights of a Hugging Face folder: one safetensors file, or an index and its shards.

#include "core/files/hf_folder.h"
#include "core/files/safetensors.h"

#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct HfShards {
    std::vector<SafetensorsFile> files; // in the order of their names
    std::vector<std::string> notices;
};

// Refuses (IDX-…) an index that does not agree with its shards, and a folder without weights that can be read.
HfShards openHfShards(const HfFolder& folder);

} // namespace lolcats
