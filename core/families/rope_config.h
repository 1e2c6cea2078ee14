// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Rotary settings of a config, in the form of version 4 (rope_theta, rope_scaling) and of version 5 (rope_parameters).

#include "core/families/config_reader.h"
#include "core/families/decoder_shape.h"

namespace lolcats {

// Refuses (CFG-ROPE) settings that contradict each other, are out of range, or of a kind that is not read.
RopeShape ropeOf(const Json& config, std::int64_t headDim, std::int64_t maxPositions, double standardTheta);

} // namespace lolcats
