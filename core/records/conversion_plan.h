// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Everything that decides a run, seed included. A value: equal plans give equal runs on equal machines.

#include "core/records/choices.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lolcats {

struct ConversionPlan {
    static constexpr int kVersion = 1;

    std::string preset = "default";         // where the values came from; decides nothing
    std::string model;                      // path of a GGUF file or a Hugging Face directory
    std::string data;                       // path of the training text; empty for text written by the teacher
    std::string heldout;                    // path of held-out text; empty: a part of the data, by seed
    std::string dataset = "text";           // id of the dataset part
    std::int64_t length = 512;              // tokens in a row
    std::int64_t batch = 1;                 // rows in a micro-batch
    std::int64_t accumulation = 1;          // micro-batches in a step
    std::string accumulationRule = "whole"; // at the border of two passes: whole steps, or as published
    std::string documents = "joined";       // packed documents read each other, or are apart
    std::int64_t heldoutRows = 20;          // at most so many rows are evaluated
    std::string attention = "hybrid";
    std::string featureMap = "hedgehog";
    std::vector<std::int64_t> keepSoftmax; // layers that stay softmax, ascending

    std::int64_t transferSteps = 100;
    double transferLr = 1e-2;
    std::string transferSchedule = "cosine"; // constant, cosine, linear, plateau
    std::int64_t transferWarmup = 5;         // steps
    double transferFactorRatio = 5;          // rate of the window and linear factors, in rates of the maps
    std::string transferLoss = "mse";        // mse, or relative: divided by the teacher's own power
    double transferLossFactor = 1000;        // on the mean squared error, as in the paper's code
    double transferXentFactor = 0;           // on the cross-entropy of the attention weights; 0 leaves it out
    std::string transferLayerRates;          // "0-3:0.5,7:2": rates of single layers, in rates of the maps
    std::int64_t transferPatience = 0;       // evaluations without progress after which a layer is left alone; 0: never
    bool transferLora = false;               // the adapters of q, k and v learn beside the maps already in this stage

    std::int64_t finetuneSteps = 100;
    double finetuneLr = 1e-3;
    std::string finetuneSchedule = "cosine";
    std::int64_t finetuneWarmup = 5;
    std::string finetuneLoss = "kl"; // kl to the teacher's logits, or next-token
    bool finetuneMaps = true;        // feature maps and factors are trained too
    double finetuneMapsRatio = 3;    // their rate, in rates of the adapters
    std::int64_t rank = 8;
    double alpha = 16;
    double dropout = 0;
    std::string targets = "q,k,v,o";

    double plateauFactor = 0.1; // of the schedule "plateau", as published
    std::int64_t plateauPatience = 10;
    double plateauFloor = 1e-5;
    std::string keepBest = "relative"; // which state is the best one: relative error, or the published rule
    std::int64_t evaluateEvery = 25;   // steps between evaluations on held-out rows; 0: only at the ends of stages
    std::int64_t checkpointEvery = 25;
    std::string probe; // text whose attention maps are kept; empty: a sentence of the program's own
    std::int64_t seed = 0;
    std::int64_t threads = 0; // 0: all cores
    std::string device = "cpu";
    std::string dtype = "float32";
    std::string ropeFrequencies = "float32"; // of the rotary positions; bfloat16 as the published second stage rounds them

    OptionValues options; // of the chosen attention, feature map and dataset

    bool operator==(const ConversionPlan&) const = default;
};

// The plan's own fields (all but `options`), described as parts describe theirs; forms and the command line are made from it.
// Sections in order: data, attention, transfer, finetune, output.
struct PlanSection {
    std::string id;
    std::string title;
    std::string sentence;
    std::vector<OptionDescription> options;
};
const std::vector<PlanSection>& planSections();

// Reads and sets one field or part option by its JSON name. Layers are written "3,17". setPlanField checks kind and range and
// refuses an unknown name; a part option is accepted only where a chosen part has it.
OptionValue planField(const ConversionPlan& plan, const std::string& name, const Catalogue& catalogue);
void setPlanField(ConversionPlan& plan, const std::string& name, const OptionValue& value, const Catalogue& catalogue);
// The same for a value typed by a person ("64", "1e-3", "true", "kl").
void setPlanFieldFromText(ConversionPlan& plan, const std::string& name, const std::string& text, const Catalogue& catalogue);

// Options of the chosen parts, in the order attention, feature map, dataset; a name that two parts share appears once.
std::vector<OptionDescription> partOptions(const ConversionPlan& plan, const Catalogue& catalogue);
// A plan with every part option filled in and none of a part not chosen.
ConversionPlan completedPlan(const ConversionPlan& plan, const Catalogue& catalogue);
ConversionPlan planFromPreset(const std::string& preset, const Catalogue& catalogue);
// What `plan` changes of its preset: names of fields and part options.
std::vector<std::string> changedFromPreset(const ConversionPlan& plan, const Catalogue& catalogue);
// Rates of single layers as multiples: "0-3:0.5,7:2". Refuses (PLAN-VALUE) what is not of that form, a layer given twice and a
// negative rate.
std::map<std::int64_t, double> layerRatesFromText(const std::string& text);
// Refuses what does not fit together (schedule words, ranges, layers given twice). Needs no model.
void checkPlan(const ConversionPlan& plan, const Catalogue& catalogue);

// The command that does what the plan says, one option a line where it differs from the preset.
std::string planCommand(const ConversionPlan& plan, const std::string& run, const Catalogue& catalogue);

} // namespace lolcats
