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

// Our own mixer at the sizes that measured best for their bytes; its start is close, so it learns gently.
Preset defaultPreset() {
    return {
        "default",
        "Window, sinks and clusters",
        "The recipe that measured best, at its training length and beyond it: a sliding window of 64 with 4 sinks; older keys "
        "stand for 64 clusters found in the data, which fade with distance; then adapters that learn the teacher's own "
        "distribution.",
        {{"attention", std::string("cluster")}, {"transfer_lr", 1e-3}, {"finetune_maps_ratio", 1.0}}};
}

// The standards of plan and parts are this recipe, so it changes nothing.
Preset simplePreset() {
    return {
        "simple",
        "Window, sinks and linear",
        "The LoLCATs layer with two changes: 4 sinks stay in the window, and the linear part starts small; then adapters that "
        "learn the teacher's own distribution. Good at its training length, and not to be trusted beyond it.",
        {}};
}

// How the paper trains a model of this size: rows of 1,024, eight a step, plateau schedules, adapters that learn the next
// token.
OptionValues publishedTraining() {
    const std::int64_t none = 0;
    return {{"length", std::int64_t{1024}},
            {"accumulation", std::int64_t{8}},
            {"transfer_schedule", std::string("plateau")},
            {"transfer_warmup", none},
            {"transfer_factor_ratio", 1.0},
            {"finetune_lr", 1e-4},
            {"finetune_loss", std::string("next-token")},
            {"finetune_schedule", std::string("plateau")},
            {"finetune_warmup", none},
            {"finetune_maps", false}};
}

OptionValues with(OptionValues values, const OptionValues& more) {
    for (const auto& [name, value] : more)
        values[name] = value;
    return values;
}

// The published configuration distill_…_lk_smd_wtk64_fd64_w01 with its transfer and finetune recipes.
OptionValues publishedHybrid() {
    return with(publishedTraining(), {{"window_shape", std::string("terraced")},
                                      {"sinks", std::int64_t{0}},
                                      {"window_factor", 0.1},
                                      {"linear_factor", 1.0},
                                      {"linear_factor_learned", false}});
}

Preset paperPreset() {
    return {"paper", "LoLCATs, as published",
            "The paper's recipe: terraced window of 64 without sinks, Hedgehog features, window factor 0.1; rows of 1,024, "
            "eight a step; "
            "adapters learn the next token.",
            publishedHybrid()};
}

Preset hedgehogPreset() {
    return {"hedgehog", "Hedgehog, no window",
            "The paper's baseline without a window: linear attention with Hedgehog features alone, trained as published.",
            with(publishedTraining(), {{"attention", std::string("linear")}})};
}

Preset t2rPreset() {
    return {
        "t2r", "T2R, no window",
        "The paper's other baseline without a window: linear attention through a learned map of which only what is above zero "
        "counts, with one bias a head.",
        with(publishedTraining(), {{"attention", std::string("linear")},
                                   {"feature_map", std::string("t2r")},
                                   {"feature_bias", std::string("head")},
                                   {"feature_bias_start", std::string("kaiming")}})};
}

// The published ablation leaves the transfer out and trains maps and factors in the finetune instead.
Preset noTransferPreset() {
    return {
        "no-transfer", "Without transfer",
        "The paper's ablation: its hybrid goes into the model untrained, and the finetune trains maps, factors and adapters "
        "at once. It shows what the transfer is worth.",
        with(publishedHybrid(), {{"transfer_steps", std::int64_t{0}}, {"finetune_maps", true}, {"finetune_maps_ratio", 1.0}})};
}

} // namespace

const Catalogue& engineCatalogue() {
    static const Catalogue catalogue = [] {
        Catalogue all;
        all.attentions = choicesOf(attentionParts());
        for (std::size_t i = 0; i < all.attentions.size(); ++i)
            all.attentions[i].takesFeatureMap = attentionParts()[i].takesFeatureMap;
        all.featureMaps = choicesOf(featureMapParts());
        all.families = choicesOf(modelFamilies());
        all.datasets = choicesOf(datasets());
        all.exporters = choicesOf(exporterParts());
        all.presets = {defaultPreset(), simplePreset(), paperPreset(), hedgehogPreset(), t2rPreset(), noTransferPreset()};
        return all;
    }();
    return catalogue;
}

} // namespace lolcats
