// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The plan that a found student would have been made by: what its files say, what their names say, what the tensors' sizes say,
// and the preset for the rest.

#include "core/engine.h"
#include "core/import/found_student.h"

#include <string>

namespace lolcats {

// Without steps, unless the request asks for some. What was taken for granted is added to the student's notices.
ConversionPlan importedPlan(const ImportRequest& request, FoundStudent& found, std::int64_t layers, const Catalogue& catalogue);

} // namespace lolcats
