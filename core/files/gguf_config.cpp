// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_metadata.h"

#include "core/records/failure.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lolcats {

namespace {

// One number for all layers, be it written as a number or as a list with one for each.
std::optional<std::int64_t> sameForAllLayers(const GgufFile& file, const std::string& key) {
    const GgufValue* found = file.value(key);
    if (found == nullptr || found->type != GgufType::Array)
        return file.integer(key);
    const auto& list = std::get<GgufArray>(found->value).integers;
    if (list.empty() || std::any_of(list.begin(), list.end(), [&](auto value) { return value != list.front(); }))
        throw Refusal("CFG-LAYERS", "The layers of " + file.path() + " differ from each other in " + key + ".",
                      "Models whose layers all have the same sizes are read.");
    return list.front();
}

void copyInteger(const GgufFile& file, const std::string& key, Json& config, const char* name) {
    if (const auto value = sameForAllLayers(file, key))
        config[name] = *value;
}

bool hasTensor(const GgufFile& file, const std::string& name) {
    return std::any_of(file.tensors().begin(), file.tensors().end(), [&](const GgufTensor& t) { return t.name == name; });
}

// The keys of one architecture: "llama.block_count", "qwen2.block_count", …
class Keys {
public:
    Keys(const GgufFile& file, const std::string& architecture) : m_file(file), m_prefix(architecture + ".") {}
    std::string key(const std::string& name) const { return m_prefix + name; }
    std::optional<std::int64_t> integer(const std::string& name) const { return m_file.integer(key(name)); }
    std::optional<double> number(const std::string& name) const { return m_file.number(key(name)); }
    const std::string* text(const std::string& name) const { return m_file.text(key(name)); }
    std::optional<std::int64_t> forAllLayers(const std::string& name) const { return sameForAllLayers(m_file, key(name)); }
    void copy(const std::string& name, Json& config, const char* to) const { copyInteger(m_file, key(name), config, to); }

private:
    const GgufFile& m_file;
    std::string m_prefix;
};

void tellHeads(const GgufFile& file, const Keys& keys, Json& config) {
    const auto hidden = keys.integer("embedding_length");
    const auto heads = keys.forAllLayers("attention.head_count");
    auto headDim = keys.integer("attention.key_length");
    const auto valueDim = keys.integer("attention.value_length");
    if (headDim && valueDim && *headDim != *valueDim)
        throw Refusal("CFG-HEADS", "Keys and values of " + file.path() + " have heads of different sizes.",
                      "Models whose heads all have one size are read.");
    if (!headDim && hidden && heads && *heads > 0 && *hidden % *heads == 0)
        headDim = *hidden / *heads;
    if (!headDim)
        return;
    config["head_dim"] = *headDim;
    const auto rotated = keys.integer("rope.dimension_count");
    if (rotated && *rotated != *headDim && *headDim > 0)
        config["partial_rotary_factor"] = static_cast<double>(*rotated) / static_cast<double>(*headDim);
}

void tellRope(const Keys& keys, Json& config) {
    config["rope_theta"] = keys.number("rope.freq_base").value_or(10000.0);
    const std::string* type = keys.text("rope.scaling.type");
    const auto oldFactor = keys.number("rope.scale_linear");
    config["rope_scaling"] = nullptr;
    if (type != nullptr && *type != "none") {
        Json scaling = {{"rope_type", *type}};
        if (const auto factor = keys.number("rope.scaling.factor"))
            scaling["factor"] = *factor;
        if (const auto original = keys.integer("rope.scaling.original_context_length"))
            scaling["original_max_position_embeddings"] = *original;
        for (const auto& [from, to] :
             {std::pair{"rope.scaling.yarn_beta_fast", "beta_fast"}, std::pair{"rope.scaling.yarn_beta_slow", "beta_slow"}})
            if (const auto value = keys.number(from))
                scaling[to] = *value;
        config["rope_scaling"] = scaling;
    } else if (type == nullptr && oldFactor.value_or(1.0) != 1.0) {
        config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", *oldFactor}};
    }
}

void tellVocabulary(const GgufFile& file, const Keys& keys, Json& config) {
    const GgufArray* tokens = file.array("tokenizer.ggml.tokens");
    if (const auto size = keys.integer("vocab_size"))
        config["vocab_size"] = *size;
    else if (tokens != nullptr)
        config["vocab_size"] = tokens->texts.size();
    for (const auto& [key, name] :
         {std::pair{"tokenizer.ggml.bos_token_id", "bos_token_id"}, std::pair{"tokenizer.ggml.eos_token_id", "eos_token_id"},
          std::pair{"tokenizer.ggml.padding_token_id", "pad_token_id"}})
        copyInteger(file, key, config, name);
}

// What is named otherwise, or has keys of its own, in the config of a Hugging Face model.
void tellFamily(const GgufFile& file, const Keys& keys, const std::string& architecture, Json& config) {
    const bool hasExperts = keys.integer("expert_count").value_or(0) > 0;
    // Mistral and Mixtral are written as "llama": without a window there is no difference but the experts.
    const bool isMixtral = architecture == "llama" && hasExperts;
    config["model_type"] = isMixtral ? "mixtral" : architecture;
    config["architectures"] = Json::array({isMixtral                 ? "MixtralForCausalLM"
                                           : architecture == "llama" ? "LlamaForCausalLM"
                                           : architecture == "qwen2" ? "Qwen2ForCausalLM"
                                                                     : "Qwen3ForCausalLM"});
    if (hasExperts) {
        keys.copy("expert_count", config, "num_local_experts");
        keys.copy("expert_used_count", config, "num_experts_per_tok");
    }
    if (architecture != "qwen2" && !isMixtral) {
        config["attention_bias"] = hasTensor(file, "blk.0.attn_q.bias");
        config["pretraining_tp"] = 1;
    }
    if (architecture == "llama" && !isMixtral)
        config["mlp_bias"] = hasTensor(file, "blk.0.ffn_gate.bias");
    if (architecture != "llama")
        config["use_sliding_window"] = false;
}

} // namespace

Json ggufConfig(const GgufFile& file) {
    const std::string* architecture = file.text("general.architecture");
    if (architecture == nullptr)
        throw Refusal("CFG-ARCH", file.path() + " does not say of which architecture its model is.",
                      "Get the file from its source again.");
    if (*architecture != "llama" && *architecture != "qwen2" && *architecture != "qwen3")
        throw Refusal("CFG-ARCH",
                      "The model in " + file.path() + " is of the architecture \"" + *architecture +
                          "\", which is not read from GGUF files.",
                      "Open a model of the architecture llama (Llama, SmolLM, Mistral, Mixtral), qwen2 or qwen3.");
    const Keys keys(file, *architecture);
    Json config = Json::object();
    keys.copy("embedding_length", config, "hidden_size");
    keys.copy("feed_forward_length", config, "intermediate_size");
    keys.copy("block_count", config, "num_hidden_layers");
    keys.copy("attention.head_count", config, "num_attention_heads");
    keys.copy("attention.head_count_kv", config, "num_key_value_heads");
    if (!config.contains("num_key_value_heads"))
        config["num_key_value_heads"] = nullptr; // as many as heads, in every family
    keys.copy("context_length", config, "max_position_embeddings");
    tellHeads(file, keys, config);
    config["hidden_act"] = "silu";
    if (const auto epsilon = keys.number("attention.layer_norm_rms_epsilon"))
        config["rms_norm_eps"] = *epsilon;
    tellRope(keys, config);
    config["tie_word_embeddings"] = !hasTensor(file, "output.weight");
    tellVocabulary(file, keys, config);
    tellFamily(file, keys, *architecture, config);
    config["attention_dropout"] = 0.0;
    config["initializer_range"] = 0.02;
    config["use_cache"] = true;
    config["torch_dtype"] = "float32";
    return config;
}

namespace {

const std::map<std::string, std::string>& namesInLayer() {
    static const std::map<std::string, std::string> names = {
        {"attn_norm", "input_layernorm"},        {"ffn_norm", "post_attention_layernorm"},
        {"attn_q", "self_attn.q_proj"},          {"attn_k", "self_attn.k_proj"},
        {"attn_v", "self_attn.v_proj"},          {"attn_output", "self_attn.o_proj"},
        {"attn_q_norm", "self_attn.q_norm"},     {"attn_k_norm", "self_attn.k_norm"},
        {"ffn_gate", "mlp.gate_proj"},           {"ffn_up", "mlp.up_proj"},
        {"ffn_down", "mlp.down_proj"},           {"ffn_gate_inp", "block_sparse_moe.gate"},
        {"ffn_gate_exps", kExpertsMark + ".w1"}, {"ffn_up_exps", kExpertsMark + ".w3"},
        {"ffn_down_exps", kExpertsMark + ".w2"},
    };
    return names;
}

bool isNumber(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos && (text.size() == 1 || text[0] != '0');
}

// Older files have a tensor for each expert: "ffn_gate.3" in place of a slice of "ffn_gate_exps".
std::string nameOfPart(const std::string& part) {
    const std::size_t dot = part.find('.');
    const bool ofExpert = dot != std::string::npos && isNumber(part.substr(dot + 1));
    const auto found = namesInLayer().find(ofExpert ? part.substr(0, dot) + "_exps" : part);
    if (found == namesInLayer().end())
        return {};
    return ofExpert ? expertName(found->second, std::stoll(part.substr(dot + 1, 6))) : found->second;
}

} // namespace

std::string expertName(const std::string& name, std::int64_t expert) {
    const std::size_t mark = name.find(kExpertsMark);
    if (mark == std::string::npos)
        return name;
    return name.substr(0, mark) + "block_sparse_moe.experts." + std::to_string(expert) +
           name.substr(mark + kExpertsMark.size());
}

std::string huggingFaceName(const std::string& ggufName) {
    static const std::map<std::string, std::string> whole = {
        {"token_embd.weight", "model.embed_tokens.weight"},
        {"output_norm.weight", "model.norm.weight"},
        {"output.weight", "lm_head.weight"},
    };
    if (const auto found = whole.find(ggufName); found != whole.end())
        return found->second;
    const std::size_t numberEnd = ggufName.find('.', 4), partEnd = ggufName.rfind('.');
    if (!ggufName.starts_with("blk.") || numberEnd == std::string::npos || partEnd <= numberEnd)
        return ggufName;
    const std::string number = ggufName.substr(4, numberEnd - 4);
    const std::string part = nameOfPart(ggufName.substr(numberEnd + 1, partEnd - numberEnd - 1));
    if (part.empty() || !isNumber(number))
        return ggufName;
    return "model.layers." + number + "." + part + ggufName.substr(partEnd);
}

} // namespace lolcats
