// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The files about the tiny model, and our parts set as the published code has them.

#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"

#include <map>

namespace lolcats::testing {

struct TinyOracle {
    std::string path;
    Json json;
    SafetensorsFile tensors;
    explicit TinyOracle(const std::string& file)
        : path(file), json(oracleJson(file)), tensors(besideIt(file, ".safetensors")) {}
    at::Tensor operator[](const std::string& name) const { return oracleTensor(tensors, name); }
    const Json& parameters() const { return json.at("parameters"); }
};

// The published form of a file, "tiny-{form}-…", and the mixer of ours; empty for a file about no form.
inline std::string formOf(const Json& json) {
    const std::string name = json.value("name", "");
    const std::size_t from = name.find('-') + 1;
    return name.substr(from, name.find('-', from) - from);
}
inline std::string mixerOf(const Json& json) {
    static const std::map<std::string, std::string> names = {{"linear", "linear"}, {"sw", "hybrid"}, {"tk", "hybrid"}};
    const auto found = names.find(formOf(json));
    return found == names.end() ? std::string() : found->second;
}

inline std::vector<std::string> filesOf(const std::string& ending) {
    std::vector<std::string> found;
    for (const std::string& file : oracleFiles("tiny", ending + ".json"))
        if (!mixerOf(oracleJson(file)).empty())
            found.push_back(file);
    return found;
}

// As published: no sinks, gamma learned from 0.1, lambda fixed at 1, Hedgehog from the identity.
inline Students publishedStudents(const Json& json, const DecoderShape& shape) {
    const Json& parameters = json.at("parameters");
    const double theta = parameters.at("init_window_factor").get<double>();
    const OptionValues options = {{"window", parameters.at("window").get<std::int64_t>()},
                                  {"window_shape", std::string(formOf(json) == "tk" ? "terraced-end" : "sliding")},
                                  {"sinks", std::int64_t{0}},
                                  {"window_factor", 1 / (1 + std::exp(-theta))},
                                  {"window_factor_learned", true},
                                  {"linear_factor", 1.0},
                                  {"linear_factor_learned", false},
                                  {"feature_dim", parameters.at("feature_dim").get<std::int64_t>()},
                                  {"feature_start", std::string("identity")}};
    Students students;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer)
        students.push_back(makeMixer(mixerOf(json), {shape.heads, shape.kvHeads, shape.headDim, layer, at::dtype(at::kDouble)},
                                     "hedgehog", options));
    return students;
}

inline std::string publishedName(const std::string& ours) { // "student.2.feature_map_q"
    const std::string layer = ours.substr(8, ours.find('.', 8) - 8), name = ours.substr(ours.rfind('.') + 1);
    return "model.layers." + layer + ".self_attn." + (name == "window_factor" ? "window_factors" : name + ".mlp.layer");
}

// [steps, batch, tokens] to rows.
inline TokenRows rowsOf(const at::Tensor& ids, const at::Tensor& labels) {
    TokenRows rows;
    rows.length = ids.size(-1);
    const at::Tensor flatIds = ids.to(at::kInt).flatten().contiguous(), flatLabels = labels.to(at::kInt).flatten().contiguous();
    rows.ids.assign(flatIds.data_ptr<std::int32_t>(), flatIds.data_ptr<std::int32_t>() + flatIds.numel());
    rows.labels.assign(flatLabels.data_ptr<std::int32_t>(), flatLabels.data_ptr<std::int32_t>() + flatLabels.numel());
    return rows;
}

inline ConversionPlan publishedPlan(const at::Tensor& ids) {
    ConversionPlan plan;
    plan.dataset = "rows";
    plan.length = ids.size(-1);
    plan.batch = ids.size(1);
    plan.transferSteps = plan.finetuneSteps = ids.size(0);
    plan.transferLr = 1e-2;
    plan.finetuneLr = 1e-4;
    plan.transferSchedule = plan.finetuneSchedule = "plateau";
    plan.transferWarmup = plan.finetuneWarmup = 0;
    plan.transferFactorRatio = 1;
    plan.finetuneLoss = "next-token";
    plan.finetuneMaps = false;
    plan.evaluateEvery = 5;
    plan.checkpointEvery = 0;
    return plan;
}

inline double relativeTo(double found, double wanted) {
    return std::abs(found - wanted) / std::abs(wanted);
}

constexpr double kLossTolerance = 1e-8; // relative, of float64, as the oracles' README has it

} // namespace lolcats::testing
