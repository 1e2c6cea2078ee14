// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Recognises a model's config, turns it into a DecoderShape, names its tensors; and the list of families.

#include "core/families/decoder_shape.h"
#include "core/files/model_source.h"
#include "core/records/choices.h"
#include "core/records/model_summary.h"

#include <string>
#include <vector>

namespace lolcats {

struct ModelFamily {
    Choice choice;
    std::vector<std::string> modelTypes;       // model_type words that it answers to
    DecoderShape (*shape)(const Json& config); // refuses with CFG-…
    std::vector<ExpectedTensor> (*tensors)(const DecoderShape& shape);
    bool hasExperts = false; // a config of another family with keys of experts is refused
};

const std::vector<ModelFamily>& modelFamilies();
// The family that a config names. Refuses (CFG-ARCH, -HEAD, -MULTIMODAL, -MOE, -QUANT) what none of them can read.
const ModelFamily& familyOf(const Json& config);

// A source that was found to hold a whole decoder: every expected tensor once, with its shape, before any weight is read.
struct CheckedModel {
    const ModelFamily* family = nullptr;
    DecoderShape shape;
};
CheckedModel checkModel(const ModelSource& source);
// Refuses (CFG-VOCAB) a tokenizer that could give ids for which the model has no embedding.
void checkVocabulary(const DecoderShape& shape, std::int64_t tokenizerSize);
// Never throws for what makes the model unfit; the verdict says it.
ModelSummary summarise(const ModelSource& source);

} // namespace lolcats
