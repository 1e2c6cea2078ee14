// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A file of JSON records, as one array or one record a line.

#include "core/files/json_file.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace lolcats {

// Calls `record` with each record, the number of the line on which it begins, and how much of the text is read; false stops.
// Refuses what is not JSON with DATA-JSON and its line.
void eachJsonRecord(std::string_view text, const std::string& path,
                    const std::function<bool(const Json& record, std::int64_t line, double share)>& record);

} // namespace lolcats
