// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Softmax attention on a window and its sinks, and nothing else: what a student has to beat before its linear part has earned
// anything.

#include "core/attention/attention.h"
#include "core/attention/window_geometry.h"

#include <memory>

namespace lolcats {

std::unique_ptr<AttentionMixer> makeWindowOnly(const MixerShape& shape, const WindowGeometry& geometry);

} // namespace lolcats
