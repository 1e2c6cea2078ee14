// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/feature_map.h"

#include "core/attention/learned_kernel.h"

namespace lolcats {

FeatureMapPart hedgehogPart();
FeatureMapPart exponentialPart();
FeatureMapPart t2rPart();
FeatureMapPart positiveEluPart();

const std::vector<FeatureMapPart>& featureMapParts() {
    static const std::vector<FeatureMapPart> parts = {hedgehogPart(), exponentialPart(), t2rPart(), positiveEluPart()};
    return parts;
}

std::unique_ptr<FeatureMap> makeFeatureMap(const std::string& id, const FeatureMapShape& shape, const OptionValues& options) {
    std::vector<Choice> choices;
    for (const FeatureMapPart& part : featureMapParts()) {
        if (part.choice.id == id) {
            const OptionValues values = completed(part.choice, options);
            std::unique_ptr<FeatureMap> map = part.make(shape, values);
            const std::string& gates = textOption(values, "feature_gates");
            return gates == "none" ? std::move(map) : withGates(shape, std::move(map), gates);
        }
        choices.push_back(part.choice);
    }
    findChoice(choices, id, "feature map"); // refuses
    return nullptr;
}

} // namespace lolcats
