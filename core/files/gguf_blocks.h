// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Unpacks the blocks of GGUF's quantised types to float32, each product and sum rounded on its own.

#include <cstddef>
#include <span>
#include <string>

namespace lolcats {

bool canDequantise(const std::string& type);
bool isQuantised(const std::string& type); // in blocks, that is, less exact than it was
// `blocks` holds exactly the blocks of `out`. The type is one that canDequantise.
void dequantise(const std::string& type, std::span<const std::byte> blocks, std::span<float> out);

} // namespace lolcats
