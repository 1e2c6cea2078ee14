// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/attention.h"

namespace lolcats {

AttentionPart softmaxPart();
AttentionPart linearPart();
AttentionPart hybridPart();

const std::vector<AttentionPart>& attentionParts() {
    static const std::vector<AttentionPart> parts = {hybridPart(), linearPart(), softmaxPart()};
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
