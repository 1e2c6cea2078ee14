// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A run's curves as an event file that TensorBoard reads: records with masked CRC-32C around protocol-buffer messages.

#include "core/runs/run_store.h"

#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

// Makes the folder where it is missing. Returns the path of the new file; refuses one that exists.
std::string writeTensorboard(const std::string& folder, const RunRecord& record, const std::vector<Metric>& metrics);

} // namespace lolcats
