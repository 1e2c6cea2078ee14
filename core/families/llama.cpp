// SPDX-License-Identifier: GPL-3.0-or-later
// Llama 2, 3, 3.1, 3.2, SmolLM and SmolLM2.
#include "core/families/config_reader.h"
#include "core/families/model_family.h"
#include "core/families/rope_config.h"

#include <map>

namespace lolcats {

ModelFamily llamaFamily();

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

void readHeads(const ConfigReader& config, DecoderShape& shape) {
    shape.heads = config.integer("num_attention_heads", 1, 1024);
    if (const Json* kv = config.find("num_key_value_heads"); kv != nullptr && *kv == 0)
        refuseConfig("CFG-HEADS", "The config has 0 for num_key_value_heads.");
    shape.kvHeads = config.integerOr("num_key_value_heads", 1, INT32_MAX, shape.heads);
    if (shape.kvHeads > shape.heads || shape.heads % shape.kvHeads != 0)
        refuseConfig("CFG-HEADS", "The config has " + std::to_string(shape.heads) + " heads on " +
                                      std::to_string(shape.kvHeads) +
                                      " key/value heads; the first has to be a multiple of the second.");
    if (config.find("head_dim") == nullptr && shape.hidden % shape.heads != 0)
        refuseConfig("CFG-HEADS", "The config has a hidden_size of " + std::to_string(shape.hidden) + " and " +
                                      std::to_string(shape.heads) + " heads, which do not divide it, and no head_dim.");
    shape.headDim = config.integerOr("head_dim", 1, 65536, shape.hidden / shape.heads);
}

void checkWindows(const ConfigReader& config, std::int64_t layers) {
    config.integerOr("sliding_window", 1, INT32_MAX, 1);
    const Json* types = config.find("layer_types");
    if (types == nullptr)
        return;
    if (!types->is_array() || types->size() != static_cast<std::size_t>(layers))
        refuseConfig("CFG-LAYERS",
                     "The config's layer_types does not name each of the " + std::to_string(layers) + " layers once.");
    for (const Json& type : *types)
        if (type != "full_attention")
            refuseConfig("CFG-LAYERS", "The config's layer_types has " + type.dump().substr(0, 60) +
                                           "; layers of this family take full_attention.");
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

DecoderShape llamaShape(const Json& json) {
    const ConfigReader config(json);
    DecoderShape shape;
    shape.hidden = config.integer("hidden_size", 1, 1 << 20);
    shape.intermediate = config.integer("intermediate_size", 1, 1 << 24);
    shape.layers = config.integer("num_hidden_layers", 1, 4096);
    shape.vocabulary = config.integer("vocab_size", 1, 1 << 24);
    readHeads(config, shape);
    shape.maxPositions = config.integerOr("max_position_embeddings", 1, INT32_MAX, 2048);
    shape.rmsEps = config.numberOr("rms_norm_eps", 0, 0.1, 1e-6);
    shape.activation = activationOf(config);
    shape.rope = ropeOf(json, shape.headDim, shape.maxPositions, 10000);
    shape.tied = config.flagOr("tie_word_embeddings", false);
    shape.attentionBias = config.flagOr("attention_bias", false);
    shape.mlpBias = config.flagOr("mlp_bias", false);
    shape.bos = config.tokenIds("bos_token_id", shape.vocabulary);
    shape.eos = config.tokenIds("eos_token_id", shape.vocabulary);
    checkWindows(config, shape.layers);
    checkType(config);
    return shape;
}

std::vector<ExpectedTensor> llamaTensors(const DecoderShape& shape) {
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
        linear("self_attn.o_proj", shape.hidden, queries, shape.attentionBias);
        tensors.push_back({prefix + "post_attention_layernorm.weight", {shape.hidden}});
        linear("mlp.gate_proj", shape.intermediate, shape.hidden, shape.mlpBias);
        linear("mlp.up_proj", shape.intermediate, shape.hidden, shape.mlpBias);
        linear("mlp.down_proj", shape.hidden, shape.intermediate, shape.mlpBias);
    }
    tensors.push_back({"model.norm.weight", {shape.hidden}});
    if (!shape.tied)
        tensors.push_back({"lm_head.weight", {shape.vocabulary, shape.hidden}});
    return tensors;
}

} // namespace

ModelFamily llamaFamily() {
    return {{"llama", "Llama", "Llama 2, Llama 3 and their kin, SmolLM and SmolLM2 among them.", {}},
            {"llama"},
            &llamaShape,
            &llamaTensors};
}

} // namespace lolcats
