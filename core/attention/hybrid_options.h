// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The options of the hybrid: what they are called, what they may be, and what they say together.

#include "core/attention/window_geometry.h"
#include "core/records/choices.h"

#include <vector>

namespace lolcats {

struct HybridSettings {
    WindowGeometry geometry;
    std::int64_t decodeWindow = 0; // 0: as in training
    std::int64_t textChunk = 0;    // 0: windows reach over any border
    bool ratio = false;            // linear attention says how much the window gets; no factors
    double windowFactor = 0;       // gamma at the start
    bool windowLearned = true;
    double linearFactor = 0; // lambda at the start
    bool linearLearned = true;
    bool affine = false; // lambda = 1 - gamma

    bool learnsWindow() const { return windowLearned && !ratio; }
    bool learnsLinear() const { return linearLearned && !affine && !ratio; }
    bool isPublishedForm() const { return geometry.endAligned || textChunk > 0 || ratio; }
};

std::vector<OptionDescription> hybridOptions();
// Refuses (PLAN-VALUE) published forms together with what their code does not have.
HybridSettings hybridSettings(const OptionValues& options);

} // namespace lolcats
