// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Measures each layer's student against its teacher while the teacher walks through a batch, and learns from it where asked.

#include "core/model/decoder_model.h"
#include "core/training/checkpointing.h"
#include "core/training/layer_schedule.h"

#include <cstdint>
#include <vector>

namespace lolcats {

// Means over elements of (student − teacher)² and of teacher², before the output projection.
struct LayerError {
    double mse = 0;
    double power = 0;
    double xent = 0; // cross-entropy of the attention weights, mean over queries; 0 where the rule leaves it out
};
double relativeError(const LayerError& error); // mse / power; 0 for a teacher that is nothing but zeros
std::vector<std::int64_t> convertedLayers(const Students& students);

// What a layer learns from one batch: mse · MSE + xent · XENT. With both at 0 it is only measured.
struct LossRule {
    double mse = 0;
    double xent = 0;
    bool relative = false;                   // the squared error counts in units of the teacher's own power
    const LayerSchedule* schedule = nullptr; // layers that rest are passed over; null: none does
    bool measureXent = false;                // also where it is not learned
    const DecoderModel* adapted = nullptr;   // whose projections the students read through; null: the teacher's own
};

// A layer's loss depends on that layer alone, so it goes backward at once and its graph is let go: memory is one layer's.
class LayerMeasure : public AttentionObserver {
public:
    LayerMeasure(const DecoderModel& teacher, const Students& students, const LossRule& rule);
    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor& output) override;
    void entered(std::int64_t layer, const at::Tensor& state) override;
    void weigh(double share) { m_share = share; } // of what comes next, where a pass is made of several pieces
    std::vector<LayerError> means(double passes) const;

private:
    const DecoderModel& m_teacher;
    const Students& m_students;
    LossRule m_rule;
    double m_share = 1;
    at::Tensor m_state; // that entered the block
    std::vector<LayerError> m_sums;
};

} // namespace lolcats
