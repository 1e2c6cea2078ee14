// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A student that was made elsewhere, written into a run that was just made for it.

#include "core/runs/run_store.h"

#include <memory>
#include <string>
#include <vector>

namespace lolcats {

// Complete afterwards; with steps still to be done, stopped instead, so that it can be gone on with.
void storeImported(RunWriter& writer, std::shared_ptr<const Checkpoint> student, const std::vector<std::string>& notices,
                   bool hasSteps);

} // namespace lolcats
