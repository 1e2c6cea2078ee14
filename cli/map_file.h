// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Attention maps as a safetensors file: layer{L}.head{H}.{teacher,student_softmax,student_linear}, float32 [tokens, tokens].

#include "core/records/attention_map.h"

#include <string>

namespace lolcats {

// Written beside and renamed, so that there is a whole file or none.
void writeMapFile(const std::string& path, const MapSnapshot& snapshot);

} // namespace lolcats
