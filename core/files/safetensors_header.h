// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The header of a safetensors file: its JSON read as a stream, without a tree, and the layout that it claims.

#include "core/files/safetensors.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct SafetensorsHeader {
    std::vector<SafetensorsEntry> entries; // by offset; `begin` counted from the start of the data
    std::map<std::string, std::string> metadata;
};

// Refuses what reliability asks to refuse, in the order of the reference's own checks. `dataBytes` follow the header.
SafetensorsHeader parseSafetensorsHeader(const std::string& text, std::uint64_t dataBytes, const std::string& path);

// Places of the entries, sorted by their names.
std::vector<std::uint32_t> orderByName(const std::vector<SafetensorsEntry>& entries);

// Bits of one element, 0 for an unknown dtype; and the dtype's place in the reference's order.
struct SafetensorsType {
    const char* name;
    std::uint64_t bits;
};
const SafetensorsType* findSafetensorsType(const std::string& name, std::size_t* place = nullptr);

} // namespace lolcats
