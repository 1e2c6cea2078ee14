// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A made-up catalogue with the parts and options that a first conversion has, and what an engine would say of a model and a
// text.

#include "core/records/conversion_plan.h"
#include "core/records/model_summary.h"

namespace lolcats::testing {

inline OptionDescription wholeOption(const char* name, const char* title, std::int64_t standard, double most,
                                     const char* unit) {
    return {name, title, OptionKind::Integer, standard, 0, most, {}, unit, std::string(title) + ", in " + unit + "."};
}

inline Catalogue madeUpCatalogue() {
    Catalogue catalogue;
    catalogue.attentions = {
        {"hybrid",
         "Window softmax and linear",
         "Softmax near by, features for the rest.",
         {wholeOption("window", "Window", 64, 65536, "tokens"), wholeOption("sinks", "Sinks", 4, 1024, "tokens")}},
        {"linear", "Linear", "Features alone.", {}}};
    catalogue.featureMaps = {
        {"hedgehog", "Hedgehog, learned", "A learned map.", {wholeOption("feature_dim", "Features", 64, 1024, "")}},
        {"elu", "1 + elu", "A fixed map.", {}}};
    catalogue.datasets = {{"text", "Plain text", "Text files.", {}},
                          {"teacher", "Written by the teacher", "No text needed.", {}}};
    catalogue.exporters = {{"huggingface",
                            "Hugging Face folder",
                            "Merged weights, loads like any other model",
                            {{"dtype",
                              "Type",
                              OptionKind::Word,
                              std::string("float32"),
                              0,
                              0,
                              {"float32", "bfloat16"},
                              "",
                              "Type of the written weights."},
                             wholeOption("shard_gb", "File size", 5, 100, "GB at most")}},
                           {"adapters", "Adapters only", "Feature maps and LoRA; needs the base", {}}};
    catalogue.presets = {
        {"default", "Window, sinks and linear", "The recipe that measured best.", {}},
        {"paper",
         "LoLCATs, as published",
         "The paper's recipe.",
         {{"sinks", std::int64_t{0}}, {"transfer_schedule", std::string("plateau")}, {"length", std::int64_t{1024}}}}};
    return catalogue;
}

inline ModelSummary madeUpModel() {
    ModelSummary model;
    model.path = "/models/smollm2-135m.gguf";
    model.format = "gguf";
    model.name = "SmolLM2-135M-Instruct";
    model.family = "llama";
    model.layers = 30;
    model.hidden = 576;
    model.heads = 9;
    model.kvHeads = 3;
    model.headDim = 64;
    model.vocabulary = 49152;
    model.parameters = 134515008;
    model.storedBytes = 270885376;
    model.types = {{"BF16", 272}};
    model.tokenizer = "byte-level BPE";
    model.tokenizerUsable = true;
    model.convertible = true;
    model.verdict = "30 of 30 layers can be converted";
    return model;
}

inline DataPreview madeUpPreview() {
    DataPreview preview;
    preview.description = "4 files, 720,112 tokens";
    preview.documents = 4;
    preview.tokens = 720112;
    preview.trainRows = 1386;
    preview.heldoutRows = 20;
    preview.length = 512;
    preview.words = {"<|im_start|>",
                     "Em",
                     "ma",
                     " Wood",
                     "house",
                     ",",
                     " handsome",
                     ",",
                     " clever",
                     ",",
                     " and",
                     " rich",
                     ",",
                     " with",
                     " a",
                     " comfortable",
                     " home",
                     " and",
                     " happy",
                     " disposition",
                     ",",
                     " seemed",
                     " to",
                     " unite",
                     " some",
                     " of",
                     " the",
                     " best",
                     " blessings",
                     " of",
                     " existence",
                     ";",
                     " and",
                     " had",
                     " lived",
                     " nearly",
                     " twenty",
                     "-",
                     "one",
                     " years",
                     " in",
                     " the",
                     " world",
                     " with",
                     " very",
                     " little",
                     " to",
                     " distress",
                     " or",
                     " vex",
                     " her",
                     ".",
                     "\n"};
    preview.learned.assign(preview.words.size(), true);
    for (std::size_t i = 0; i < 6; ++i)
        preview.learned[i] = false;
    return preview;
}

inline Forecast madeUpForecast() {
    Forecast forecast;
    forecast.weightBytes = 538060032;
    forecast.transferBytes = 1288490188;
    forecast.finetuneBytes = 2254857830;
    forecast.runFileBytes = 115343360;
    forecast.availableBytes = 15032385536;
    forecast.trained = 2211840;
    forecast.secondsTransfer = 190;
    forecast.secondsFinetune = 420;
    forecast.secondsMeasure = 40;
    forecast.basis = "Reckoned from the sizes and a speed of 70 GFLOP/s.";
    return forecast;
}

inline ConversionPlan madeUpReadyPlan() {
    ConversionPlan plan = planFromPreset("default", madeUpCatalogue());
    plan.model = "/models/smollm2-135m.gguf";
    plan.data = "/data/novels";
    return plan;
}

inline ExportForecast madeUpExport() {
    ExportForecast forecast;
    forecast.files = {{"config.json", 2150, "architecture and layer kinds"},
                      {"model.safetensors", 547000000, "332 tensors, float32"},
                      {"tokenizer.json", 2104556, "copied byte for byte"},
                      {"README.md", 6100, "model card with the result table"}};
    forecast.bytes = 549112806;
    return forecast;
}

} // namespace lolcats::testing
