// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The start from data: mixers that begin with what they find in keys and queries see some rows of training text first.

#include "core/model/decoder_model.h"
#include "core/text/packing.h"
#include "core/training/checkpointing.h"

#include <functional>

namespace lolcats {

bool anyStartsFromData(const Students& students);
// The teacher walks once through the first rows, at most 8 of them and about 8,192 tokens, and each layer's student starts from
// what its mixer is given there; `started(layers done)` after each. Memory: the keys and queries of one layer.
void startStudents(const DecoderModel& teacher, const Students& students, const TokenRows& rows, const std::string& device,
                   const std::function<void(std::int64_t)>& started);
// A second set with the same learned tensors.
Students copiesOf(const Students& students, const ConversionPlan& plan, const DecoderShape& shape);

} // namespace lolcats
