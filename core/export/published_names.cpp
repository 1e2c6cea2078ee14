// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/published_names.h"

#include "core/records/failure.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <regex>

namespace lolcats {

namespace {

constexpr std::size_t kLongestPart = 48;   // of a run name; most file systems take names of 255 bytes
constexpr std::size_t kLongestName = 1024; // that is read: the matcher recurses once a letter

// Ends of tensor names, ours and published; where ours has two, the second is of a learned part with two matrices.
struct MapEnding {
    const char* ours;
    const char* affine;
    const char* adapter;
};
constexpr MapEnding kMapEndings[] = {
    {"", "layer", "layer1"}, {"_bias", "bias", "bias1"}, {"_in", nullptr, "layer0"}, {"_in_bias", nullptr, "bias0"}};

// Of the run name's model configuration.
struct MapWord {
    const char* word;
    const char* map;
    const char* signs; // null: the map has none
};
constexpr MapWord kMapWords[] = {{"smd", "hedgehog", "both"}, {"smh", "hedgehog", "one"}, {"exp", "exp", "both"},
                                 {"exh", "exp", "one"},       {"t2r", "t2r", nullptr},    {"elu", "positive_elu", nullptr}};

std::string layerName(const std::string& prefix, const std::string& layer) {
    return prefix + "layers." + layer + ".self_attn.";
}

std::string mapNameOf(const std::string& rest, bool adapter) {
    const std::size_t side = std::string("feature_map_q").size();
    for (const MapEnding& ending : kMapEndings)
        if (rest.substr(side) == ending.ours)
            if (const char* published = adapter ? ending.adapter : ending.affine)
                return rest.substr(0, side) + ".mlp." + published;
    throw Refusal("EXP-REFERENCE", "The published layout has no name for the tensor " + rest + ".",
                  "Export it in the format “huggingface” or “adapters”.");
}

std::string ourRest(const std::string& rest) {
    static const std::regex map(R"((feature_map_[qk])\.mlp\.(\w+))");
    static const std::regex own(R"(feature_map_[qk](_bias|_in|_in_bias|_gate|_gate_bias)?|window_factor|linear_factor)"
                                R"(|cluster_(keys|bias|queries|spread|decay))");
    std::smatch found;
    if (rest == "window_factors")
        return "window_factor";
    if (std::regex_match(rest, own))
        return rest;
    if (!std::regex_match(rest, found, map))
        return {};
    for (const MapEnding& ending : kMapEndings)
        if (found[2] == ending.adapter || (ending.affine != nullptr && found[2] == ending.affine))
            return found[1].str() + ending.ours;
    return {};
}

// Lower-case letters, digits and _ : what a published configuration is called after.
std::string wordOf(const std::string& text) {
    std::string word;
    for (const char c : text.substr(0, kLongestPart))
        word += std::isalnum(static_cast<unsigned char>(c)) != 0
                    ? static_cast<char>(std::tolower(static_cast<unsigned char>(c)))
                    : '_';
    return word.empty() ? "none" : word;
}

// 0.1 as "01", 0.25 as "025".
std::string factorWord(double factor) {
    std::string digits = optionText(factor);
    digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
    return digits;
}

std::string modelWord(const ConversionPlan& plan, const std::string& model) {
    const bool hybrid = plan.attention == "hybrid";
    const auto signs = plan.options.find("feature_signs");
    std::string name = "distill_" + wordOf(model) + "_lk_";
    for (const MapWord& word : kMapWords)
        if (plan.featureMap == word.map &&
            (word.signs == nullptr || (signs != plan.options.end() && optionText(signs->second) == word.signs)))
            name += word.word;
    if (hybrid)
        name += std::string(textOption(plan.options, "window_shape") == "sliding" ? "_wsw" : "_wtk") +
                std::to_string(integerOption(plan.options, "window"));
    name += "_fd" + std::to_string(integerOption(plan.options, "feature_dim"));
    if (hybrid)
        name += "_w" + factorWord(numberOption(plan.options, "window_factor")) +
                (flagOption(plan.options, "linear_factor_affine") ? "_aff" : "");
    return name;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

void readModelWord(const std::string& word, NamedSettings& settings) {
    static const std::regex kernel("_lk_([a-z0-9]+)"), window("_w(tk|sw)([0-9]+)"), size("_fd([0-9]+)"), factor("_w([0-9]+)");
    std::smatch found;
    if (!std::regex_search(word, found, kernel))
        return;
    Fields& fields = settings.fields;
    const std::string map = found[1];
    for (const MapWord& known : kMapWords) {
        if (map != known.word)
            continue;
        settings.saysAttention = true;
        std::smatch shape;
        const bool hybrid = std::regex_search(word, shape, window);
        fields.emplace_back("attention", hybrid ? "hybrid" : "linear");
        fields.emplace_back("feature_map", known.map);
        if (known.signs != nullptr)
            fields.emplace_back("feature_signs", known.signs);
        if (!hybrid)
            continue;
        fields.emplace_back("window_shape", shape[1] == "tk" ? "terraced-end" : "sliding");
        fields.emplace_back("window", shape[2]);
        fields.emplace_back("linear_factor_affine", word.ends_with("_aff") ? "true" : "false");
        if (std::regex_search(word, found, factor))
            fields.emplace_back("window_factor", found[1].str().substr(0, 1) + "." + found[1].str().substr(1) + "0");
    }
    if (std::regex_search(word, found, size))
        fields.emplace_back("feature_dim", found[1]);
}

void readRecipeWords(const std::string& distill, const std::string& finetune, Fields& fields) {
    static const std::regex xent("_xent([0-9]+)"), mse("_mse([0-9]+)"), rate("_lr([0-9.]+(e-?[0-9]+)?)");
    static const std::regex lora("lora_(f?)([qkvo]+)(_|$)"), width("_r([0-9]+)_a([0-9.]+)(_|$)");
    std::smatch found;
    if (std::regex_search(distill, found, xent))
        fields.emplace_back("transfer_xent_factor", found[1]);
    if (std::regex_search(distill, found, mse))
        fields.emplace_back("transfer_loss_factor", found[1]);
    if (std::regex_search(distill, found, rate))
        fields.emplace_back("transfer_lr", found[1]);
    if (std::regex_search(finetune, found, lora))
        fields.emplace_back("finetune_maps", found[1].length() > 0 ? "true" : "false");
    if (std::regex_search(finetune, found, width)) {
        fields.emplace_back("rank", found[1]);
        fields.emplace_back("alpha", found[2]);
    }
}

void readAttentionType(const std::string& type, Fields& fields) {
    const bool terraced = type.find("_window_tk") != std::string::npos, sliding = type.find("_window_sw") != std::string::npos;
    if (!type.starts_with("lolcats_"))
        return;
    fields.emplace_back("attention", terraced || sliding ? "hybrid" : "linear");
    if (terraced || sliding)
        fields.emplace_back("window_shape", terraced ? "terraced-end" : "sliding");
}

// "-ws=32-lsc=1": a value ends where "-word=" or "-debug" begins.
void readOverrides(const std::string& text, Fields& fields) {
    static const std::map<std::string, std::string> plain = {
        {"s", "seed"}, {"lr", "transfer_lr"}, {"gas", "accumulation"}, {"bs", "batch"}, {"ws", "window"}};
    static const std::map<std::string, std::string> flags = {{"tqk", "feature_tied"}, {"lsc", "feature_skip"}};
    static const std::regex piece(R"(-([a-z]+)=(.*?)(?=-[a-z]+=|-debug|_distill|_ft|$))");
    std::map<std::string, std::string> said;
    for (std::sregex_iterator at(text.begin(), text.end(), piece), end; at != end; ++at)
        said[(*at)[1]] = (*at)[2];
    if (said.contains("at"))
        readAttentionType(said["at"], fields);
    for (const auto& [word, field] : plain)
        if (said.contains(word))
            fields.emplace_back(field, said[word]);
    for (const auto& [word, field] : flags)
        if (said.contains(word))
            fields.emplace_back(field, said[word] == "1" ? "true" : "false");
    if (said["lk"] == "untied_head_adapter")
        fields.emplace_back("feature_kernel", "adapter");
    const bool zero = said["lzi"] == "1";
    fields.emplace_back("feature_start", said["lni"] == "1"   ? "normal"
                                         : !zero              ? "kaiming"
                                         : said["lsc"] == "1" ? "zero"
                                                              : "identity");
}

} // namespace

std::string publishedTensorName(const std::string& ours, bool adapter) {
    static const std::regex lora(R"(lora\.(\d+)\.([qkvo])\.([ab]))"), student(R"(student\.(\d+)\.(.+))");
    std::smatch found;
    if (std::regex_match(ours, found, lora))
        return layerName("base_model.model.model.", found[1]) + found[2].str() + "_proj.lora_" + (found[3] == "a" ? "A" : "B") +
               ".default.weight";
    std::regex_match(ours, found, student);
    const std::string layer = layerName("model.", found[1]);
    return found[2] == "window_factor" ? layer + "window_factors" : layer + mapNameOf(found[2], adapter);
}

std::optional<std::string> ourTensorName(const std::string& name, std::int64_t firstLayer) {
    static const std::regex layered(R"((?:base_model\.)?(?:model\.){0,3}layers\.(\d{1,5})\.self_attn\.(.+))");
    static const std::regex lora(R"(([qkvo])_proj\.lora_([AB])(\.default)?\.weight)");
    std::smatch found;
    if (name.size() > 300 || !std::regex_match(name, found, layered)) // the matcher recurses once a letter
        return std::nullopt;
    const std::string layer = std::to_string(std::stoll(found[1]) + firstLayer);
    const std::string rest = found[2];
    if (std::regex_match(rest, found, lora))
        return "lora." + layer + "." + found[1].str() + (found[2] == "A" ? ".a" : ".b");
    const std::string ours = ourRest(rest);
    return ours.empty() ? std::nullopt : std::optional("student." + layer + "." + ours);
}

std::string publishedRunName(const ConversionPlan& plan, const std::string& model) {
    const std::string data = plan.data.empty() ? plan.dataset : std::filesystem::path(plan.data).stem().string();
    const std::string distill = "distill_" + wordOf(data) + "_xent" + optionText(plan.transferXentFactor) + "_mse" +
                                optionText(plan.transferLossFactor) + "_lr" + optionText(plan.transferLr);
    std::string targets = plan.targets;
    targets.erase(std::remove(targets.begin(), targets.end(), ','), targets.end());
    const std::string finetune = std::string("finetune_lora_") + (plan.finetuneMaps ? "f" : "") + targets + "_r" +
                                 std::to_string(plan.rank) + "_a" + optionText(plan.alpha) + "_" + wordOf(data);
    const auto flag = [&](const char* option) { return flagOption(plan.options, option); };
    const std::string seed = std::to_string(plan.seed);
    const std::string& start = textOption(plan.options, "feature_start");
    return "dl-d=" + distill + "-m=" + modelWord(plan, model) + "-f=" + finetune + "-s=" + seed + "-se=" + seed + "-re=0" +
           (textOption(plan.options, "feature_kernel") == "adapter" ? "-lk=untied_head_adapter" : "") +
           (flag("feature_tied") ? "-tqk=1" : "") + (flag("feature_skip") ? "-lsc=1" : "") +
           (start == "identity" || start == "zero" ? "-lzi=1"
            : start == "normal"                    ? "-lni=1"
                                                   : "");
}

NamedSettings settingsOfRunName(const std::string& path) {
    static const std::regex block(R"([-_]in=(\d{1,5})-out=(\d{1,5}))");
    NamedSettings settings;
    const std::string name = std::filesystem::path(path).filename().string();
    if (name.size() > kLongestName)
        return settings;
    std::smatch found;
    if (std::regex_search(name, found, block))
        settings.firstLayer = std::stoll(found[1]);
    const std::size_t distill = name.find("dl-d="), model = name.find("-m="), finetune = name.find("-f=");
    if (distill != 0 || model == std::string::npos || finetune == std::string::npos || finetune < model)
        return settings;
    settings.isRunName = true;
    const std::size_t rest = std::min({name.find("-npgc=", finetune), name.find("-s=", finetune), name.size()});
    readModelWord(name.substr(model + 3, finetune - model - 3), settings);
    readRecipeWords(name.substr(0, model), name.substr(finetune + 3, rest - finetune - 3), settings.fields);
    readOverrides(name.substr(rest), settings.fields);
    return settings;
}

} // namespace lolcats
