// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Stage one: each layer's student learns the output of its teacher. The teacher is const; its output feeds the next layer, so a
// layer's loss depends on that layer alone and goes backward at once: memory is one layer's.

#include "core/model/decoder_model.h"
#include "core/records/conversion_plan.h"
#include "core/records/job.h"
#include "core/text/packing.h"
#include "core/training/checkpointing.h"
#include "core/training/layer_measure.h"

#include <functional>
#include <memory>
#include <vector>

namespace lolcats {

// What happens between two steps, besides training; given by the job.
struct StageHooks {
    Progress* progress = nullptr;
    std::function<void(std::int64_t step)> mapsWanted; // called at the start, at the end and now and then between
    // The newest evaluation on held-out rows is reported as metrics by the stage itself.
};

struct StageOutcome {
    std::int64_t steps = 0;
    bool stopped = false; // by request; a checkpoint was reported
};

class AttentionTransfer {
public:
    // `adapted`: the students' own decoder, where its adapters learn too; null: none do.
    AttentionTransfer(const DecoderModel& teacher, Students& students, const ConversionPlan& plan,
                      DecoderModel* adapted = nullptr);
    // Reports metrics, checkpoints ("every", "asked", "best", "stop", "stage end") and progress. Goes on from `from` where it
    // is a checkpoint of this stage. Ends with the best state on held-out rows in the students. Three non-finite steps in a row
    // refuse with NUM-TRANSFER, naming the layer.
    StageOutcome run(const TokenRows& train, const TokenRows& heldout, const StageHooks& hooks, const Checkpoint* from);

private:
    const DecoderModel& m_teacher;
    Students& m_students;
    const ConversionPlan& m_plan;
    DecoderModel* m_adapted;
};

std::vector<LayerError> layerErrors(const DecoderModel& teacher, const Students& students, const TokenRows& rows,
                                    std::int64_t atMost);

} // namespace lolcats
