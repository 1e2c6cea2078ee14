// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A mixer as an oracle describes it, with the oracle's maps and window factors.

#include "core/attention/attention.h"
#include "tests/core/attention/oracle_tensors.h"

#include <ATen/core/grad_mode.h>

namespace lolcats::testing {

// Their names of feature maps, and ours.
inline const std::map<std::string, std::string>& publishedMaps() {
    static const std::map<std::string, std::string> maps = {
        {"softmax_dim", "hedgehog"}, {"exp_dim", "exp"}, {"relu", "t2r"}, {"pos_elu", "positive_elu"}};
    return maps;
}

inline bool isOfAKnownForm(const Json& json) {
    const Json parameters = json.value("parameters", Json::object());
    const std::string form = parameters.value("form", ""), map = parameters.value("feature_map", "");
    return (form == "sw" || form == "tk" || form == "linear") && publishedMaps().contains(map);
}

inline AttentionInputs inputsOf(const Oracle& oracle) {
    return {oracle["q"], oracle["k"], oracle["v"]};
}

inline std::unique_ptr<AttentionMixer> mixerOf(const Oracle& oracle, const std::string& id) {
    const MixerShape shape{oracle["q"].size(1), oracle["k"].size(1), oracle["q"].size(3), 0, at::kDouble};
    OptionValues options;
    if (id != "softmax") {
        options["feature_dim"] = oracle["w_q"].size(2);
        if (oracle.word("feature_map") != "relu")
            options["feature_signs"] = std::string(oracle.says("fullspace") ? "both" : "one");
    }
    if (id == "hybrid") {
        options["window"] = oracle.number("window");
        options["window_shape"] = std::string(oracle.word("form") == "tk" ? "terraced-end" : "sliding");
        options["sinks"] = std::int64_t{0};
        options["linear_factor"] = 1.0;
        options["linear_factor_learned"] = false;
        options["linear_factor_affine"] = oracle.says("affine_attention_factors");
        if (oracle.has("decode_window") && oracle.number("decode_window") != oracle.number("window"))
            options["decode_window"] = oracle.number("decode_window");
        if (oracle.has("chunk_lengths"))
            options["text_chunk"] = oracle.parameter("chunk_lengths").at(0).get<std::int64_t>();
    }
    std::unique_ptr<AttentionMixer> mixer = makeMixer(id, shape, publishedMaps().at(oracle.word("feature_map")), options);
    const std::map<std::string, std::string> names = {
        {"feature_map_q", "w_q"}, {"feature_map_k", "w_k"}, {"window_factor", "theta"}};
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : learnedTensors(*mixer))
        learned.tensor.copy_(oracle[names.at(learned.name)].view(learned.tensor.sizes()));
    return mixer;
}

inline std::unique_ptr<AttentionMixer> mixerOf(const Oracle& oracle) {
    return mixerOf(oracle, oracle.word("form") == "linear" ? "linear" : "hybrid");
}

} // namespace lolcats::testing
