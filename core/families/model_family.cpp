// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/model_family.h"

#include "core/families/config_reader.h"

#include <algorithm>

namespace lolcats {

ModelFamily llamaFamily();
ModelFamily mistralFamily();
ModelFamily mixtralFamily();
ModelFamily qwen2Family();
ModelFamily qwen3Family();

namespace {

std::string knownTypes() {
    std::string all;
    for (const ModelFamily& family : modelFamilies())
        for (const std::string& type : family.modelTypes)
            all += (all.empty() ? "" : ", ") + type;
    return all;
}

void refuseExperts(const ConfigReader& config) {
    for (const char* key : {"num_local_experts", "num_experts", "n_routed_experts", "moe_intermediate_size"})
        if (config.find(key) != nullptr)
            refuseConfig("CFG-MOE",
                         std::string("The model is a mixture of experts (its config has ") + key + "), which is not read.",
                         "Open a model without experts, or one of the type mixtral.");
}

const ModelFamily& familyNamed(const ConfigReader& config) {
    const std::string remedy = "Read are models of the types " + knownTypes() + ".";
    const Json* type = config.find("model_type");
    if (type == nullptr || !type->is_string())
        refuseConfig("CFG-ARCH", "The config has no model_type, so the kind of model is not known.", remedy);
    const auto& word = type->get_ref<const std::string&>();
    for (const ModelFamily& family : modelFamilies())
        if (std::find(family.modelTypes.begin(), family.modelTypes.end(), word) != family.modelTypes.end())
            return family;
    refuseExperts(config);
    if (config.find("auto_map") != nullptr)
        refuseConfig("CFG-ARCH",
                     "The model is of the type \"" + word.substr(0, 60) +
                         "\" and needs code from its folder; this program never runs it.",
                     remedy);
    refuseConfig("CFG-ARCH", "The model is of the type \"" + word.substr(0, 60) + "\", which is not read.", remedy);
}

void refuseOtherHeads(const ConfigReader& config) {
    const Json* architectures = config.find("architectures");
    if (architectures == nullptr)
        return;
    const bool causal =
        architectures->is_array() && std::any_of(architectures->begin(), architectures->end(), [](const Json& name) {
            return name.is_string() && name.get_ref<const std::string&>().ends_with("ForCausalLM");
        });
    if (!causal)
        refuseConfig("CFG-HEAD",
                     "The config names the architecture " + config.shown("architectures") + ", which does not predict text.",
                     "Open a model for causal language modelling (…ForCausalLM).");
}

void refuseQuantised(const ConfigReader& config) {
    const Json* quantised = config.find("quantization_config");
    if (quantised == nullptr)
        return;
    std::string method = "unknown", bits;
    if (quantised->is_object()) {
        const ConfigReader inner(*quantised);
        if (const Json* word = inner.find("quant_method"); word != nullptr && word->is_string())
            method = word->get<std::string>().substr(0, 40);
        if (const Json* count = inner.find("bits"); count != nullptr && count->is_number())
            bits = ", " + count->dump() + " bits";
        else if (inner.find("load_in_4bit") != nullptr && *inner.find("load_in_4bit") == true)
            bits = ", 4 bits";
        else if (inner.find("load_in_8bit") != nullptr && *inner.find("load_in_8bit") == true)
            bits = ", 8 bits";
    }
    refuseConfig("CFG-QUANT", "The weights are quantised by the method " + method + bits + ", which is not read.",
                 "Use the unquantised checkpoint, or a GGUF file.");
}

} // namespace

const std::vector<ModelFamily>& modelFamilies() {
    static const std::vector<ModelFamily> families = {llamaFamily(), mistralFamily(), mixtralFamily(), qwen2Family(),
                                                      qwen3Family()};
    return families;
}

const ModelFamily& familyOf(const Json& json) {
    const ConfigReader config(json);
    if (!json.is_object())
        refuseConfig("CFG-JSON", "The config is not a JSON object.");
    for (const char* key : {"text_config", "vision_config", "audio_config"})
        if (config.find(key) != nullptr)
            refuseConfig("CFG-MULTIMODAL", std::string("The model is for more than text (its config has ") + key + ").",
                         "Open a model for text alone.");
    const ModelFamily& family = familyNamed(config);
    refuseOtherHeads(config);
    if (!family.hasExperts)
        refuseExperts(config);
    refuseQuantised(config);
    return family;
}

} // namespace lolcats
