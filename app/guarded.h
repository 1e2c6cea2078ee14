// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The app's one door for what is thrown: work is done, and what comes out of it is a value.

#include "core/records/failure.h"

#include <functional>
#include <optional>

namespace lolcats {

// Does the work. A Refusal becomes its Failure; anything else becomes INT-APP with its own text kept as the detail.
std::optional<Failure> guarded(const std::function<void()>& work);

} // namespace lolcats
