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

void tellHeads(const GgufFile& file, Json& config) {
    const auto hidden = file.integer("llama.embedding_length");
    const auto heads = sameForAllLayers(file, "llama.attention.head_count");
    auto headDim = file.integer("llama.attention.key_length");
    const auto valueDim = file.integer("llama.attention.value_length");
    if (headDim && valueDim && *headDim != *valueDim)
        throw Refusal("CFG-HEADS", "Keys and values of " + file.path() + " have heads of different sizes.",
                      "Models whose heads all have one size are read.");
    if (!headDim && hidden && heads && *heads > 0 && *hidden % *heads == 0)
        headDim = *hidden / *heads;
    if (!headDim)
        return;
    config["head_dim"] = *headDim;
    const auto rotated = file.integer("llama.rope.dimension_count");
    if (rotated && *rotated != *headDim && *headDim > 0)
        config["partial_rotary_factor"] = static_cast<double>(*rotated) / static_cast<double>(*headDim);
}

void tellRope(const GgufFile& file, Json& config) {
    config["rope_theta"] = file.number("llama.rope.freq_base").value_or(10000.0);
    const std::string* type = file.text("llama.rope.scaling.type");
    const auto factor = file.number("llama.rope.scaling.factor");
    const auto original = file.integer("llama.rope.scaling.original_context_length");
    const auto oldFactor = file.number("llama.rope.scale_linear");
    config["rope_scaling"] = nullptr;
    if (type != nullptr && *type != "none") {
        Json scaling = {{"rope_type", *type}};
        if (factor)
            scaling["factor"] = *factor;
        if (original)
            scaling["original_max_position_embeddings"] = *original;
        config["rope_scaling"] = scaling;
    } else if (type == nullptr && oldFactor.value_or(1.0) != 1.0) {
        config["rope_scaling"] = {{"rope_type", "linear"}, {"factor", *oldFactor}};
    }
}

void tellVocabulary(const GgufFile& file, Json& config) {
    const GgufArray* tokens = file.array("tokenizer.ggml.tokens");
    if (const auto size = file.integer("llama.vocab_size"))
        config["vocab_size"] = *size;
    else if (tokens != nullptr)
        config["vocab_size"] = tokens->texts.size();
    for (const auto& [key, name] :
         {std::pair{"tokenizer.ggml.bos_token_id", "bos_token_id"}, std::pair{"tokenizer.ggml.eos_token_id", "eos_token_id"},
          std::pair{"tokenizer.ggml.padding_token_id", "pad_token_id"}})
        copyInteger(file, key, config, name);
}

} // namespace

Json ggufConfig(const GgufFile& file) {
    const std::string* architecture = file.text("general.architecture");
    if (architecture == nullptr)
        throw Refusal("CFG-ARCH", file.path() + " does not say of which architecture its model is.",
                      "Get the file from its source again.");
    if (*architecture != "llama")
        throw Refusal("CFG-ARCH",
                      "The model in " + file.path() + " is of the architecture \"" + *architecture +
                          "\", which is not read from GGUF files.",
                      "Open a model of the Llama family: Llama 2, Llama 3, SmolLM, SmolLM2.");
    Json config = {{"architectures", {"LlamaForCausalLM"}}, {"model_type", "llama"}};
    copyInteger(file, "llama.embedding_length", config, "hidden_size");
    copyInteger(file, "llama.feed_forward_length", config, "intermediate_size");
    copyInteger(file, "llama.block_count", config, "num_hidden_layers");
    copyInteger(file, "llama.attention.head_count", config, "num_attention_heads");
    copyInteger(file, "llama.attention.head_count_kv", config, "num_key_value_heads");
    copyInteger(file, "llama.context_length", config, "max_position_embeddings");
    tellHeads(file, config);
    config["hidden_act"] = "silu";
    if (const auto epsilon = file.number("llama.attention.layer_norm_rms_epsilon"))
        config["rms_norm_eps"] = *epsilon;
    tellRope(file, config);
    config["attention_bias"] = hasTensor(file, "blk.0.attn_q.bias");
    config["mlp_bias"] = hasTensor(file, "blk.0.ffn_gate.bias");
    config["tie_word_embeddings"] = !hasTensor(file, "output.weight");
    tellVocabulary(file, config);
    if (file.integer("llama.expert_count").value_or(0) > 0)
        copyInteger(file, "llama.expert_count", config, "num_local_experts");
    config["attention_dropout"] = 0.0;
    config["initializer_range"] = 0.02;
    config["pretraining_tp"] = 1;
    config["use_cache"] = true;
    config["torch_dtype"] = "float32";
    return config;
}

std::string huggingFaceName(const std::string& ggufName) {
    static const std::map<std::string, std::string> whole = {
        {"token_embd.weight", "model.embed_tokens.weight"},
        {"output_norm.weight", "model.norm.weight"},
        {"output.weight", "lm_head.weight"},
    };
    static const std::map<std::string, std::string> inLayer = {
        {"attn_norm", "input_layernorm"}, {"ffn_norm", "post_attention_layernorm"},
        {"attn_q", "self_attn.q_proj"},   {"attn_k", "self_attn.k_proj"},
        {"attn_v", "self_attn.v_proj"},   {"attn_output", "self_attn.o_proj"},
        {"ffn_gate", "mlp.gate_proj"},    {"ffn_up", "mlp.up_proj"},
        {"ffn_down", "mlp.down_proj"},
    };
    if (const auto found = whole.find(ggufName); found != whole.end())
        return found->second;
    const std::size_t numberEnd = ggufName.find('.', 4), partEnd = ggufName.rfind('.');
    if (!ggufName.starts_with("blk.") || numberEnd == std::string::npos || partEnd <= numberEnd)
        return ggufName;
    const std::string number = ggufName.substr(4, numberEnd - 4);
    const auto part = inLayer.find(ggufName.substr(numberEnd + 1, partEnd - numberEnd - 1));
    const bool isNumber = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
    if (part == inLayer.end() || !isNumber || (number.size() > 1 && number[0] == '0'))
        return ggufName;
    return "model.layers." + number + "." + part->second + ggufName.substr(partEnd);
}

} // namespace lolcats
