// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/config_reader.h"
#include "core/families/model_family.h"
#include "core/records/failure.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"

#include <algorithm>
#include <optional>

namespace lolcats {

namespace {

void fillFromShape(const DecoderShape& shape, ModelSummary& summary) {
    summary.layers = shape.layers;
    summary.hidden = shape.hidden;
    summary.intermediate = shape.intermediate;
    summary.heads = shape.heads;
    summary.kvHeads = shape.kvHeads;
    summary.headDim = shape.headDim;
    summary.vocabulary = shape.vocabulary;
    summary.context = shape.maxPositions;
    summary.ropeTheta = shape.rope.theta;
    summary.ropeScaling = !shape.rope.divisors.empty()   ? "divisors from the file"
                          : shape.rope.type == "default" ? "none"
                                                         : shape.rope.type;
    summary.tied = shape.tied;
}

void addConfigNotices(const Json& json, const DecoderShape& shape, ModelSummary& summary) {
    const ConfigReader config(json);
    const auto add = [&](const std::string& notice) { summary.notices.push_back(notice); };
    if (config.find("auto_map") != nullptr)
        add("The folder brings code of its own (auto_map); it is ignored, never run.");
    if (config.find("head_dim") != nullptr && shape.hidden % shape.heads != 0)
        add("hidden_size is not a multiple of the number of heads; head_dim is taken from the config.");
    if (config.find("sliding_window") != nullptr && shape.windows.empty())
        add("The config has a sliding_window, which this model does not use.");
    if (!shape.windows.empty()) {
        const auto windowed = std::count_if(shape.windows.begin(), shape.windows.end(), [](std::int64_t w) { return w > 0; });
        add("The teacher has a sliding window of " +
            std::to_string(*std::max_element(shape.windows.begin(), shape.windows.end())) + " tokens in " +
            std::to_string(windowed) + " of " + std::to_string(shape.layers) + " layers; training honours it.");
    }
    if (shape.experts.count > 0)
        add("Each layer has " + std::to_string(shape.experts.count) + " experts, of which a token takes " +
            std::to_string(shape.experts.used) + "; they stay as they are.");
    if (shape.rope.type == "llama3" && shape.rope.original == static_cast<double>(shape.maxPositions))
        add("Rotary scaling names the model's own length as the original one.");
    const Json *dtype = config.find("dtype"), *oldDtype = config.find("torch_dtype");
    if (dtype != nullptr && oldDtype != nullptr && *dtype != *oldDtype)
        add("The config names two types of weights, " + config.shown("dtype") + " and " + config.shown("torch_dtype") +
            "; the files decide.");
    static const std::map<std::string, std::string> stored = {
        {"float32", "F32"}, {"float16", "F16"}, {"bfloat16", "BF16"}, {"float64", "F64"}};
    const Json* named = dtype != nullptr ? dtype : oldDtype;
    const auto type = named != nullptr && named->is_string() ? stored.find(named->get<std::string>()) : stored.end();
    if (summary.format == "huggingface" && type != stored.end() && summary.types.count(type->second) == 0)
        add("The config says that the weights are " + type->first +
            ", but the files hold none of that type; the files decide.");
}

// The tokenizer's size, when it can be used.
std::optional<std::int64_t> tryTokenizer(const ModelSource& source, ModelSummary& summary) {
    try {
        const Tokenizer tokenizer = Tokenizer::fromJson(source.tokenizerJson(), source.path());
        summary.tokenizer = tokenizer.kind();
        summary.tokenizerUsable = true;
        return tokenizer.vocabularySize();
    } catch (const Refusal& refusal) {
        summary.tokenizer = refusal.failure().summary;
        return std::nullopt;
    }
}

void describeChat(const ModelSource& source, ModelSummary& summary) {
    try {
        summary.chatTemplate = chatTemplateOf(source.sideFiles());
        summary.chat = "none";
        if (!summary.chatTemplate.empty())
            summary.chat = chatFormatOf(summary.chatTemplate).choice.title;
    } catch (const Refusal& refusal) {
        summary.chat = refusal.failure().code == "CHAT-UNKNOWN" ? "unknown (shown, not run)"
                                                                : "not readable: " + refusal.failure().summary;
    }
}

std::string layersSentence(std::int64_t layers) {
    const std::string count = std::to_string(layers);
    return count + " of " + count + (layers == 1 ? " layer" : " layers") + " can be converted";
}

std::string wordOf(const Json& config) {
    const Json* type = config.is_object() ? ConfigReader(config).find("model_type") : nullptr;
    return type != nullptr && type->is_string() ? type->get<std::string>() : std::string();
}

} // namespace

ModelSummary summarise(const ModelSource& source) {
    ModelSummary summary;
    summary.path = source.path();
    summary.format = source.format();
    summary.name = source.name();
    summary.architecture = wordOf(source.config());
    summary.notices = source.notices();
    summary.tensors = static_cast<std::int64_t>(source.tensors().size());
    for (const StoredTensor& tensor : source.tensors()) {
        ++summary.types[tensor.type];
        summary.storedBytes += static_cast<std::int64_t>(tensor.bytes);
    }
    const std::optional<std::int64_t> tokens = tryTokenizer(source, summary);
    describeChat(source, summary);
    try {
        const ModelFamily& family = familyOf(source.config());
        summary.family = family.choice.title;
        fillFromShape(family.shape(source.config()), summary);
        const CheckedModel model = checkModel(source);
        fillFromShape(model.shape, summary);
        addConfigNotices(source.config(), model.shape, summary);
        for (const ExpectedTensor& tensor : family.tensors(model.shape)) {
            std::int64_t elements = 1;
            for (const std::int64_t dimension : tensor.shape)
                elements *= dimension;
            summary.parameters += elements;
        }
        if (tokens)
            checkVocabulary(model.shape, *tokens);
        summary.convertible = true;
        summary.verdict = layersSentence(model.shape.layers);
    } catch (const Refusal& refusal) {
        summary.verdict = refusal.failure().summary + " " + refusal.failure().remedy;
    }
    return summary;
}

} // namespace lolcats
