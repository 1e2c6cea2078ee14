// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A student that was made elsewhere, as the plan and the checkpoint of a run.

#include "core/engine.h"

namespace lolcats {

ImportedStudent importStudent(const ImportRequest& request, const Catalogue& catalogue, Progress& progress);

} // namespace lolcats
