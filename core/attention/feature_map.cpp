// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_map.h"

namespace lolcats {

FeatureMapPart hedgehogPart();
FeatureMapPart positiveEluPart();

const std::vector<FeatureMapPart>& featureMapParts() {
    static const std::vector<FeatureMapPart> parts = {hedgehogPart(), positiveEluPart()};
    return parts;
}

std::unique_ptr<FeatureMap> makeFeatureMap(const std::string& id, const FeatureMapShape& shape, const OptionValues& options) {
    std::vector<Choice> choices;
    for (const FeatureMapPart& part : featureMapParts()) {
        if (part.choice.id == id)
            return part.make(shape, completed(part.choice, options));
        choices.push_back(part.choice);
    }
    findChoice(choices, id, "feature map"); // refuses
    return nullptr;
}

} // namespace lolcats
