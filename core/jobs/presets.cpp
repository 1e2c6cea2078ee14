// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/jobs/presets.h"

#include "core/attention/attention.h"
#include "core/export/exporter.h"
#include "core/families/model_family.h"
#include "core/text/dataset.h"

#include <cmath>

namespace lolcats {

namespace {

template <typename Parts> std::vector<Choice> choicesOf(const Parts& parts) {
    std::vector<Choice> choices;
    for (const auto& part : parts)
        choices.push_back(part.choice);
    return choices;
}

// The standards of plan and parts are this recipe, so it changes nothing.
Preset defaultPreset() {
    return {"default",
            "Window, sinks and linear",
            "The recipe that measured best at its training length: a sliding window of 64 with 4 sinks, Hedgehog features "
            "behind it "
            "starting small, then adapters that learn the teacher's own distribution.",
            {}};
}

// The published configuration distill_…_lk_smd_wtk64_fd64_w01 with its transfer and finetune recipes.
Preset paperPreset() {
    const std::int64_t none = 0;
    return {"paper",
            "LoLCATs, as published",
            "The paper's recipe: terraced window of 64 without sinks, Hedgehog features, window factor 0.1; rows of 1,024, "
            "eight a step; "
            "adapters learn the next token.",
            {{"window_shape", std::string("terraced")},
             {"sinks", none},
             {"window_factor", 0.1},
             {"linear_factor", 1.0},
             {"linear_factor_learned", false},
             {"length", std::int64_t{1024}},
             {"accumulation", std::int64_t{8}},
             {"transfer_schedule", std::string("plateau")},
             {"transfer_warmup", none},
             {"transfer_factor_ratio", 1.0},
             {"finetune_lr", 1e-4},
             {"finetune_loss", std::string("next-token")},
             {"finetune_schedule", std::string("plateau")},
             {"finetune_warmup", none},
             {"finetune_maps", false}}};
}

} // namespace

const Catalogue& engineCatalogue() {
    static const Catalogue catalogue = [] {
        Catalogue all;
        all.attentions = choicesOf(attentionParts());
        all.featureMaps = choicesOf(featureMapParts());
        all.families = choicesOf(modelFamilies());
        all.datasets = choicesOf(datasets());
        all.exporters = choicesOf(exporterParts());
        all.presets = {defaultPreset(), paperPreset()};
        return all;
    }();
    return catalogue;
}

} // namespace lolcats
