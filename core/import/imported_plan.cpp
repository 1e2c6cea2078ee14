// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/imported_plan.h"

#include "core/export/exported_student.h"
#include "core/records/failure.h"

#include <algorithm>
#include <set>

namespace lolcats {

namespace {

// The first tensor whose name ends so: all layers of a student are of one shape.
const FoundTensor* anyTensor(const FoundStudent& found, const std::string& beginning, const std::string& ending) {
    for (const auto& [name, tensor] : found.tensors)
        if (name.starts_with(beginning) && name.ends_with(ending))
            return &tensor;
    return nullptr;
}

const FoundTensor* anyMap(const FoundStudent& found, const std::string& ending) {
    return anyTensor(found, "student.", "." + ending);
}

std::int64_t sizeOf(const FoundTensor& tensor, std::size_t axis) {
    if (axis >= tensor.shape.size())
        throw Refusal("IMP-SHAPE", "There is " + tensor.place + " with " + std::to_string(tensor.shape.size()) + " dimensions.",
                      "It is no tensor of a linear attention student: get the file from its source again.");
    return tensor.shape[axis];
}

class PlanMaker {
public:
    PlanMaker(ConversionPlan& plan, const Catalogue& catalogue) : m_plan(plan), m_catalogue(catalogue) {}

    void set(const std::string& name, const OptionValue& value) { setPlanField(m_plan, name, value, m_catalogue); }
    // What a name says may belong to a part that was overruled: then it means nothing.
    void setWhereItIs(const std::string& name, const std::string& text) {
        const auto options = partOptions(m_plan, m_catalogue);
        const bool isOption =
            std::any_of(options.begin(), options.end(), [&](const OptionDescription& option) { return option.name == name; });
        const bool isField = std::any_of(planSections().begin(), planSections().end(), [&](const PlanSection& section) {
            return std::any_of(section.options.begin(), section.options.end(),
                               [&](const OptionDescription& option) { return option.name == name; });
        });
        if (isOption || isField)
            setPlanFieldFromText(m_plan, name, text, m_catalogue);
    }
    void setWhereItIs(const std::string& name, const OptionValue& value) { setWhereItIs(name, optionText(value)); }

private:
    ConversionPlan& m_plan;
    const Catalogue& m_catalogue;
};

void takeDescription(const Json& config, ConversionPlan& plan, PlanMaker& maker) {
    const ConversionPlan described = exportedPlan(config);
    maker.set("attention", described.attention);
    maker.set("feature_map", described.featureMap);
    plan.keepSoftmax = described.keepSoftmax;
    for (const auto& [name, value] : described.options)
        maker.set(name, value);
    if (const auto length = config.at("lolcats").find("trained_length");
        length != config.at("lolcats").end() && length->is_number_integer())
        maker.set("length", length->get<std::int64_t>());
}

void takeMapSizes(const FoundStudent& found, ConversionPlan& plan, PlanMaker& maker) {
    const FoundTensor* map = anyMap(found, "feature_map_q");
    if (map == nullptr)
        return;
    maker.setWhereItIs("feature_dim", sizeOf(*map, 2));
    const FoundTensor* inner = anyMap(found, "feature_map_q_in");
    maker.setWhereItIs("feature_kernel", std::string(inner != nullptr ? "adapter" : "affine"));
    if (inner != nullptr)
        maker.setWhereItIs("feature_adapter_width", sizeOf(*inner, 2));
    const FoundTensor* bias = anyMap(found, "feature_map_q_bias");
    if (inner == nullptr)
        maker.setWhereItIs("feature_bias", std::string(bias == nullptr ? "none" : sizeOf(*bias, 3) == 1 ? "head" : "column"));
    maker.setWhereItIs("feature_tied", anyMap(found, "feature_map_k") == nullptr);
    if (plan.attention == "hybrid")
        maker.setWhereItIs("window_factor_learned", anyMap(found, "window_factor") != nullptr);
}

// Layers of the model for which there is no map, where there are some for others.
void takeKeptLayers(const FoundStudent& found, std::int64_t layers, ConversionPlan& plan) {
    if (anyMap(found, "feature_map_q") == nullptr)
        return;
    plan.keepSoftmax.clear();
    for (std::int64_t layer = 0; layer < layers; ++layer)
        if (!found.tensors.contains("student." + std::to_string(layer) + ".feature_map_q"))
            plan.keepSoftmax.push_back(layer);
}

void takeAdapters(FoundStudent& found, ConversionPlan& plan, PlanMaker& maker) {
    const FoundTensor* narrow = anyTensor(found, "lora.", ".a");
    if (narrow == nullptr)
        return;
    maker.set("rank", sizeOf(*narrow, 0));
    std::string targets;
    for (const char* target : {"q", "k", "v", "o"})
        if (anyTensor(found, "lora.", std::string(".") + target + ".a") != nullptr)
            targets += (targets.empty() ? "" : ",") + std::string(target);
    maker.set("targets", targets);
    const bool said =
        std::any_of(found.settings.begin(), found.settings.end(), [](const auto& setting) { return setting.first == "alpha"; });
    if (said)
        return;
    plan.alpha = 2 * static_cast<double>(plan.rank);
    found.notices.push_back("No file says what alpha the adapters have; " + optionText(plan.alpha) +
                            ", twice their rank, is taken, as every published configuration has it.");
}

} // namespace

ConversionPlan importedPlan(const ImportRequest& request, FoundStudent& found, std::int64_t layers,
                            const Catalogue& catalogue) {
    ConversionPlan plan = planFromPreset(request.preset, catalogue);
    PlanMaker maker(plan, catalogue);
    plan.model = request.model;
    plan.transferSteps = plan.finetuneSteps = 0;
    if (found.description) {
        takeDescription(*found.description, plan, maker);
    } else if (anyMap(found, "feature_map_q") != nullptr) {
        // What the published code computes: its blocks are counted from the end of the text.
        maker.set("attention", std::string(anyMap(found, "window_factor") != nullptr ? "hybrid" : "linear"));
        maker.setWhereItIs("window_shape", std::string("terraced-end"));
    }
    for (const auto& [name, text] : found.settings)
        maker.setWhereItIs(name, text);
    if (!found.description) {
        takeMapSizes(found, plan, maker);
        takeKeptLayers(found, layers, plan);
    }
    takeAdapters(found, plan, maker);
    for (const auto& [name, text] : request.changes)
        setPlanFieldFromText(plan, name, text, catalogue);
    plan = completedPlan(plan, catalogue);
    if (!found.saysAttention && plan.attention == "hybrid")
        found.notices.push_back("No file name says the window; " + std::to_string(integerOption(plan.options, "window")) +
                                " tokens, " + textOption(plan.options, "window_shape") + ", with the feature map " +
                                plan.featureMap + " are taken.");
    return plan;
}

} // namespace lolcats
