// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which rows are trained on and which are held out, decided by the seed alone.

#include "core/records/conversion_plan.h"
#include "core/text/dataset.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

constexpr std::int64_t kSplitPass = -1; // the pass of rowOrder that splits and orders; training passes count from 0

TokenRows chosenRows(const TokenRows& rows, const std::vector<std::int64_t>& which);
TokenRows firstRows(const TokenRows& rows, std::int64_t count);
TokenRows shuffledRows(const TokenRows& rows, std::int64_t seed);

// A seeded choice of at most plan.heldoutRows rows and a tenth of them is held out, the rest is trained on.
void splitRows(const TokenRows& rows, const ConversionPlan& plan, PreparedText& text);

// "`what` holds N tokens, …": too few for rows of `length`.
[[noreturn]] void refuseTooShort(const std::string& what, std::int64_t tokens, std::int64_t length);

} // namespace lolcats
