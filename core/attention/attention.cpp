// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/attention.h"

#include <torch/types.h>

namespace lolcats {

namespace {

template <typename Change> AttentionInputs changed(const AttentionInputs& inputs, Change change) {
    const auto plain = [&](const at::Tensor& x) { return x.defined() ? change(x) : x; };
    return {change(inputs.q), change(inputs.k), change(inputs.v), plain(inputs.plainQ), plain(inputs.plainK)};
}

} // namespace

AttentionInputs tokensOf(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) {
    return changed(inputs, [&](const at::Tensor& x) { return x.narrow(2, first, count); });
}

AttentionInputs detached(const AttentionInputs& inputs) {
    return changed(inputs, [](const at::Tensor& x) { return x.detach(); });
}

AttentionInputs converted(const AttentionInputs& inputs, at::ScalarType type) {
    return changed(inputs, [&](const at::Tensor& x) { return x.to(type); });
}

AttentionPart softmaxPart();
AttentionPart linearPart();
AttentionPart hybridPart();
AttentionPart clusterPart();

const std::vector<AttentionPart>& attentionParts() {
    static const std::vector<AttentionPart> parts = {hybridPart(), clusterPart(), linearPart(), softmaxPart()};
    return parts;
}

std::unique_ptr<AttentionMixer> makeMixer(const std::string& id, const MixerShape& shape, const std::string& featureMap,
                                          const OptionValues& options) {
    std::vector<Choice> choices;
    for (const AttentionPart& part : attentionParts()) {
        if (part.choice.id == id) {
            OptionValues values = completed(part.choice, options);
            values.insert(options.begin(), options.end()); // those of the feature map, which completes them itself
            return part.make(shape, featureMap, values);
        }
        choices.push_back(part.choice);
    }
    findChoice(choices, id, "attention"); // refuses
    return nullptr;
}

std::vector<NamedTensor> learnedTensors(const AttentionMixer& mixer) {
    std::vector<NamedTensor> tensors = mixer.maps();
    for (NamedTensor& factor : mixer.factors())
        tensors.push_back(std::move(factor));
    return tensors;
}

} // namespace lolcats
