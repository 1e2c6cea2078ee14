// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Teacher and student maps of a probe text, and the measures between them.

#include "core/model/decoder_model.h"
#include "core/records/attention_map.h"
#include "core/text/tokenizer.h"
#include "core/training/checkpointing.h"

#include <string>
#include <vector>

namespace lolcats {

struct ComparisonRequest {
    std::vector<std::int32_t> ids;
    std::vector<std::string> pieces;
    std::string probe;
    std::vector<std::int64_t> layers; // empty: all converted ones
    std::vector<std::int64_t> heads;  // empty: all
    bool withTeacher = true;          // keep the teacher's triangles
};

// Both see the teacher's q, k, v of the same layer (as in the transfer). One layer's N x N at a time.
MapSnapshot compareAttention(const DecoderModel& teacher, const Students& students, const ComparisonRequest& request);
std::string probeSentence(); // the program's own: names and repeats, about 140 tokens: twice a window of 64

} // namespace lolcats
