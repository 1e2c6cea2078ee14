// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Gets back the adapters that an export has merged into its weights: what they added to the base model's is a product of two
// narrow matrices, and nothing but rounding beside it.

#include "core/attention/feature_map.h"
#include "core/families/decoder_shape.h"
#include "core/files/model_source.h"
#include "core/records/job.h"

#include <string>
#include <vector>

namespace lolcats {

struct MergedAdapters {
    std::int64_t rank = 0;            // 0: nothing was added
    std::vector<std::string> targets; // of q, k, v, o
    std::vector<NamedTensor> tensors; // "lora.3.q.a", of this rank, for alpha = rank
};
// Refuses (IMP-MERGED) where the export was not made of this base.
MergedAdapters recoverAdapters(const ModelSource& merged, const ModelSource& base, const DecoderShape& shape,
                               Progress& progress);

} // namespace lolcats
