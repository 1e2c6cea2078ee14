// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Memory and time of a plan, from sizes alone: an estimate, and it says how it was reckoned.

#include "core/families/decoder_shape.h"
#include "core/records/conversion_plan.h"
#include "core/records/model_summary.h"

namespace lolcats {

// Matrix products that this machine does in a second with the given threads, measured in about 50 ms.
double measuredFlops();
Forecast forecastOf(const ConversionPlan& plan, const DecoderShape& shape, std::int64_t parameters, double flops);

} // namespace lolcats
