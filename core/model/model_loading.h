// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A model's weights from a checked source into a DecoderModel with softmax mixers: the teacher, frozen.

#include "core/families/model_family.h"
#include "core/files/model_source.h"
#include "core/model/decoder_model.h"

#include <functional>
#include <memory>
#include <string>

namespace lolcats {

// `goOn` is asked once a tensor with the share done; false ends with a Refusal of code INT-STOPPED. dtype: float32, bfloat16.
DecoderModel loadModel(const ModelSource& source, const CheckedModel& checked, const std::string& dtype,
                       const std::string& device, const std::function<bool(double)>& goOn);

// The same with weights that are not kept: what stands before and behind the blocks is read now, a block's own when it is
// walked through (DecoderModel::setBlockWeights). Memory: the embedding, the head and one block.
DecoderModel openModel(const std::shared_ptr<const ModelSource>& source, const CheckedModel& checked, const std::string& dtype,
                       const std::string& device);

} // namespace lolcats
