// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/decoder_config.h"

#include "core/families/rope_config.h"

#include <algorithm>
#include <map>

namespace lolcats {

namespace {

std::string activationOf(const ConfigReader& config) {
    static const std::map<std::string, std::string> known = {
        {"silu", "silu"},         {"swish", "silu"}, {"gelu", "gelu"},
        {"gelu_new", "gelu_new"}, {"relu", "relu"},  {"gelu_pytorch_tanh", "gelu_pytorch_tanh"},
    };
    const auto found = known.find(config.textOr("hidden_act", "silu"));
    if (found == known.end())
        refuseConfig("CFG-ACT", "The config has the activation " + config.shown("hidden_act") +
                                    ", which is not known; silu, gelu, gelu_new, gelu_pytorch_tanh and relu are.");
    return found->second;
}

void readHeads(const ConfigReader& config, const ConfigDefaults& defaults, DecoderShape& shape) {
    shape.heads = config.integer("num_attention_heads", 1, 1024);
    if (const Json* kv = config.find("num_key_value_heads"); kv != nullptr && *kv == 0)
        refuseConfig("CFG-HEADS", "The config has 0 for num_key_value_heads.");
    // A null says "as many as heads" in every family; only a key that is missing takes the family's own number.
    const bool silent = !config.names("num_key_value_heads") && defaults.kvHeads > 0;
    shape.kvHeads = config.integerOr("num_key_value_heads", 1, INT32_MAX, silent ? defaults.kvHeads : shape.heads);
    if (shape.kvHeads > shape.heads || shape.heads % shape.kvHeads != 0)
        refuseConfig("CFG-HEADS", "The config has " + std::to_string(shape.heads) + " heads on " +
                                      std::to_string(shape.kvHeads) +
                                      " key/value heads; the first has to be a multiple of the second.");
    const std::int64_t standard = defaults.headDim > 0 ? defaults.headDim : shape.hidden / shape.heads;
    if (config.find("head_dim") == nullptr && defaults.headDim == 0 && shape.hidden % shape.heads != 0)
        refuseConfig("CFG-HEADS", "The config has a hidden_size of " + std::to_string(shape.hidden) + " and " +
                                      std::to_string(shape.heads) + " heads, which do not divide it, and no head_dim.");
    if (standard < 1 && config.find("head_dim") == nullptr)
        refuseConfig("CFG-HEADS", "The config has more heads than hidden values, and no head_dim.");
    shape.headDim = config.integerOr("head_dim", 1, 65536, standard);
}

void checkType(const ConfigReader& config) {
    for (const char* key : {"torch_dtype", "dtype"}) {
        const std::string type = config.textOr(key, "auto");
        if (type != "auto" && type != "float32" && type != "float16" && type != "bfloat16" && type != "float64")
            refuseConfig("CFG-DTYPE",
                         "The config says that the weights are of type " + config.shown(key) +
                             "; float32, float16, bfloat16 and float64 are read.",
                         "Get the model in one of these types.");
    }
}

std::vector<std::int64_t> windowsOfTypes(const Json& types, std::int64_t window, std::int64_t layers) {
    if (!types.is_array() || types.size() != static_cast<std::size_t>(layers))
        refuseConfig("CFG-LAYERS",
                     "The config's layer_types does not name each of the " + std::to_string(layers) + " layers once.");
    std::vector<std::int64_t> windows;
    for (const Json& type : types) {
        const bool windowed = type == "sliding_attention";
        if (type != "full_attention" && !(windowed && window > 0))
            refuseConfig("CFG-LAYERS", "The config's layer_types has " + type.dump().substr(0, 60) +
                                           (windowed ? ", but the config turns no sliding_window on."
                                                     : "; full_attention and sliding_attention are known."));
        windows.push_back(windowed ? window : 0);
    }
    return windows;
}

} // namespace

DecoderShape readDecoder(const Json& json, const ConfigDefaults& defaults) {
    const ConfigReader config(json);
    DecoderShape shape;
    shape.hidden = config.integer("hidden_size", 1, 1 << 20);
    shape.intermediate = config.integer("intermediate_size", 1, 1 << 24);
    shape.layers = config.integer("num_hidden_layers", 1, 4096);
    shape.vocabulary = config.integer("vocab_size", 1, 1 << 24);
    readHeads(config, defaults, shape);
    shape.maxPositions = config.integerOr("max_position_embeddings", 1, INT32_MAX, defaults.maxPositions);
    shape.rmsEps = config.numberOr("rms_norm_eps", 0, 0.1, defaults.rmsEps);
    shape.activation = activationOf(config);
    shape.rope = ropeOf(json, shape.headDim, shape.maxPositions, defaults.theta);
    shape.tied = config.flagOr("tie_word_embeddings", false);
    shape.bos = config.tokenIds("bos_token_id", shape.vocabulary);
    shape.eos = config.tokenIds("eos_token_id", shape.vocabulary);
    config.integerOr("sliding_window", 1, INT32_MAX, 1);
    checkType(config);
    return shape;
}

void readWindows(const ConfigReader& config, std::int64_t window, std::int64_t firstWindowed, LayerTypes types,
                 DecoderShape& shape) {
    for (std::int64_t layer = 0; layer < shape.layers; ++layer)
        shape.windows.push_back(layer >= firstWindowed ? window : 0);
    if (const Json* named = config.find("layer_types")) {
        const std::vector<std::int64_t> windows = windowsOfTypes(*named, window, shape.layers);
        if (types == LayerTypes::Agree && windows != shape.windows)
            refuseConfig("CFG-LAYERS", "The config's layer_types takes the window from layers that have it in this family.");
        shape.windows = windows;
    }
    if (std::all_of(shape.windows.begin(), shape.windows.end(), [](std::int64_t w) { return w == 0; }))
        shape.windows.clear();
}

ExpertNames expertNames(std::int64_t expert) {
    const std::string prefix = "block_sparse_moe.experts." + std::to_string(expert);
    return {prefix + ".w1.weight", prefix + ".w3.weight", prefix + ".w2.weight"};
}

std::vector<ExpectedTensor> decoderTensors(const DecoderShape& shape) {
    const std::int64_t queries = shape.heads * shape.headDim, keys = shape.kvHeads * shape.headDim;
    std::vector<ExpectedTensor> tensors = {{"model.embed_tokens.weight", {shape.vocabulary, shape.hidden}}};
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        const std::string prefix = "model.layers." + std::to_string(layer) + ".";
        const auto linear = [&](const char* name, std::int64_t rows, std::int64_t columns, bool bias) {
            tensors.push_back({prefix + name + ".weight", {rows, columns}});
            if (bias)
                tensors.push_back({prefix + name + ".bias", {rows}});
        };
        tensors.push_back({prefix + "input_layernorm.weight", {shape.hidden}});
        linear("self_attn.q_proj", queries, shape.hidden, shape.attentionBias);
        linear("self_attn.k_proj", keys, shape.hidden, shape.attentionBias);
        linear("self_attn.v_proj", keys, shape.hidden, shape.attentionBias);
        linear("self_attn.o_proj", shape.hidden, queries, shape.outputBias);
        if (shape.headNorms) {
            tensors.push_back({prefix + "self_attn.q_norm.weight", {shape.headDim}});
            tensors.push_back({prefix + "self_attn.k_norm.weight", {shape.headDim}});
        }
        tensors.push_back({prefix + "post_attention_layernorm.weight", {shape.hidden}});
        if (shape.experts.count > 0)
            tensors.push_back({prefix + kRouterName, {shape.experts.count, shape.hidden}});
        for (std::int64_t expert = 0; expert < shape.experts.count; ++expert) {
            const ExpertNames names = expertNames(expert);
            tensors.push_back({prefix + names.gate, {shape.intermediate, shape.hidden}});
            tensors.push_back({prefix + names.up, {shape.intermediate, shape.hidden}});
            tensors.push_back({prefix + names.down, {shape.hidden, shape.intermediate}});
        }
        if (shape.experts.count > 0)
            continue;
        linear("mlp.gate_proj", shape.intermediate, shape.hidden, shape.mlpBias);
        linear("mlp.up_proj", shape.intermediate, shape.hidden, shape.mlpBias);
        linear("mlp.down_proj", shape.hidden, shape.intermediate, shape.mlpBias);
    }
    tensors.push_back({"model.norm.weight", {shape.hidden}});
    if (!shape.tied)
        tensors.push_back({"lm_head.weight", {shape.vocabulary, shape.hidden}});
    return tensors;
}

} // namespace lolcats
