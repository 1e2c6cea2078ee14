// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A mixer as an oracle describes it, with the oracle's maps and window factors.

#include "core/attention/attention.h"
#include "tests/core/attention/oracle_tensors.h"

#include <ATen/core/grad_mode.h>

namespace lolcats::testing {

inline AttentionInputs inputsOf(const Oracle& oracle) {
    return {oracle["q"], oracle["k"], oracle["v"]};
}

inline std::unique_ptr<AttentionMixer> mixerOf(const Oracle& oracle, const std::string& id) {
    const MixerShape shape{oracle["q"].size(1), oracle["k"].size(1), oracle["q"].size(3), 0, at::kDouble};
    OptionValues options;
    if (id != "softmax")
        options["feature_dim"] = oracle.number("feature_dim");
    if (id == "hybrid") {
        options["window"] = oracle.number("window");
        options["sinks"] = std::int64_t{0};
        options["linear_factor"] = 1.0;
        options["linear_factor_learned"] = false;
    }
    std::unique_ptr<AttentionMixer> mixer = makeMixer(id, shape, "hedgehog", options);
    const std::map<std::string, std::string> names = {
        {"feature_map_q", "w_q"}, {"feature_map_k", "w_k"}, {"window_factor", "theta"}};
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : learnedTensors(*mixer))
        learned.tensor.copy_(oracle[names.at(learned.name)].view(learned.tensor.sizes()));
    return mixer;
}

inline std::unique_ptr<AttentionMixer> mixerOf(const Oracle& oracle) {
    return mixerOf(oracle, oracle.word("form") == "sw" ? "hybrid" : "linear");
}

} // namespace lolcats::testing
