// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What this program needs on this machine: memory against the length of the text, and how its forms of attention compare in
// time. On a small decoder of random weights, so that no model and no data is asked for.

#include "core/records/job_event.h"

#include <functional>
#include <vector>

namespace lolcats {

// Told before each piece of work, which takes seconds; false ends the suite with what was found so far.
using BenchGoOn = std::function<bool(const std::string& doing)>;

// Largest number of bytes that torch held at once, at doubling lengths, for each of transfer, finetune, prefill and maps. A
// check passes where twice the tokens take at most 2.1 times the memory. Figures: "N tokens" in bytes, "slope" and "formula" in
// bytes a token. The formula is that of one layer's activations (float32): 4 hidden, q, k and v, three times the heads'
// outputs, twice the intermediate size.
std::vector<CheckDone> measuredMemory(const BenchGoOn& goOn);

// Ratios of what was timed by turns in this run, after both were seen to give the same numbers: a check fails where they do
// not, and is not timed. Figures: "ratio" and the seconds of both.
std::vector<CheckDone> measuredSpeed(const BenchGoOn& goOn);

} // namespace lolcats
