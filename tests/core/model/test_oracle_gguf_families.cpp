// SPDX-License-Identifier: GPL-3.0-or-later
// The tiny models written as GGUF files, in the order and under the names that llama.cpp's converter gives their tensors, must
// give the same logits.
#include "core/files/file_bytes.h"
#include "tests/core/files/crafted_files.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <map>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

std::string ggufName(std::string name) {
    static const std::vector<std::pair<std::string, std::string>> words = {
        {"model.embed_tokens", "token_embd"},
        {"model.norm", "output_norm"},
        {"lm_head", "output"},
        {"model.layers.", "blk."},
        {"input_layernorm", "attn_norm"},
        {"post_attention_layernorm", "ffn_norm"},
        {"self_attn.q_proj", "attn_q"},
        {"self_attn.k_proj", "attn_k"},
        {"self_attn.v_proj", "attn_v"},
        {"self_attn.o_proj", "attn_output"},
        {"self_attn.q_norm", "attn_q_norm"},
        {"self_attn.k_norm", "attn_k_norm"},
        {"mlp.gate_proj", "ffn_gate"},
        {"mlp.up_proj", "ffn_up"},
        {"mlp.down_proj", "ffn_down"},
        {"block_sparse_moe.gate", "ffn_gate_inp"},
        {"block_sparse_moe.experts.0.w1", "ffn_gate_exps"},
        {"block_sparse_moe.experts.0.w3", "ffn_up_exps"},
        {"block_sparse_moe.experts.0.w2", "ffn_down_exps"},
    };
    for (const auto& [from, to] : words)
        name = replaced(std::move(name), from, to);
    return name;
}

std::string number(const std::string& key, double value) {
    return GgufCraft::key(key, 6, rawBytes(static_cast<float>(value)));
}

// Architecture and keys of a config; nothing for one that GGUF files have no words for.
GgufCraft keysOf(const DecoderShape& shape, const std::string& architecture) {
    GgufCraft craft;
    const auto key = [&](const std::string& name) { return architecture + "." + name; };
    const auto whole = [&](const std::string& name, std::int64_t value) {
        craft.keys.push_back(GgufCraft::numberKey(key(name), static_cast<std::uint32_t>(value)));
    };
    craft.keys = {GgufCraft::textKey("general.architecture", architecture), number(key("rope.freq_base"), shape.rope.theta),
                  number(key("attention.layer_norm_rms_epsilon"), shape.rmsEps)};
    whole("vocab_size", shape.vocabulary);
    whole("block_count", shape.layers);
    whole("context_length", shape.maxPositions);
    whole("embedding_length", shape.hidden);
    whole("feed_forward_length", shape.intermediate);
    whole("attention.head_count", shape.heads);
    whole("attention.head_count_kv", shape.kvHeads);
    whole("attention.key_length", shape.headDim);
    whole("attention.value_length", shape.headDim);
    if (shape.experts.count > 0) {
        whole("expert_count", shape.experts.count);
        whole("expert_used_count", shape.experts.used);
    }
    if (shape.rope.type == "linear") {
        craft.keys.push_back(GgufCraft::textKey(key("rope.scaling.type"), "linear"));
        craft.keys.push_back(number(key("rope.scaling.factor"), shape.rope.factor));
    }
    return craft;
}

at::Tensor tensorOf(const ModelSource& source, const std::string& name) {
    const StoredTensor* stored = source.find(name);
    const at::Tensor tensor = at::empty(stored->shape, at::kFloat);
    source.readFloats(name, {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())});
    return tensor;
}

// The two halves of each head interleaved.
at::Tensor interleaved(const at::Tensor& tensor, std::int64_t heads) {
    const at::Tensor rows = tensor.reshape({heads, 2, tensor.size(0) / heads / 2, -1});
    return rows.transpose(1, 2).reshape(tensor.sizes()).contiguous();
}

void addTensor(GgufCraft& craft, const std::string& name, const at::Tensor& tensor) {
    std::vector<std::int64_t> dimensions(tensor.sizes().rbegin(), tensor.sizes().rend());
    craft.tensors.push_back(GgufCraft::tensor(name, dimensions, 0, craft.data.size()));
    craft.data.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
    craft.data.append((craft.alignment - craft.data.size() % craft.alignment) % craft.alignment, '\0');
}

void addTensors(GgufCraft& craft, const ModelSource& source, const DecoderShape& shape, const std::string& architecture) {
    for (const StoredTensor& stored : source.tensors()) {
        const bool ofExpert = stored.name.find(".experts.") != std::string::npos;
        if (ofExpert && stored.name.find(".experts.0.") == std::string::npos)
            continue;
        at::Tensor tensor = tensorOf(source, stored.name);
        if (ofExpert) {
            std::vector<at::Tensor> all;
            for (std::int64_t expert = 0; expert < shape.experts.count; ++expert)
                all.push_back(
                    tensorOf(source, replaced(stored.name, ".experts.0.", ".experts." + std::to_string(expert) + ".")));
            tensor = at::stack(all);
        } else if (architecture == "llama" && stored.name.find("self_attn.q_proj") != std::string::npos) {
            tensor = interleaved(tensor, shape.heads);
        } else if (architecture == "llama" && stored.name.find("self_attn.k_proj") != std::string::npos) {
            tensor = interleaved(tensor, shape.kvHeads);
        }
        addTensor(craft, ggufName(stored.name), tensor);
    }
}

} // namespace

class TestOracleGgufFamilies : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void tinyModelsAsGgufFilesGiveTheStoredLogits() {
        const std::map<std::string, std::string> architectures = {
            {"llama", "llama"}, {"mistral", "llama"}, {"mixtral", "llama"}, {"qwen2", "qwen2"}, {"qwen3", "qwen3"}};
        const std::string parent = oraclesFolder() + "/models/tiny";
        if (!std::filesystem::is_directory(parent))
            QSKIP("the oracles' folder has no models/tiny");
        const QTemporaryDir folder;
        int seen = 0;
        for (const auto& entry : std::filesystem::directory_iterator(parent)) {
            if (!std::filesystem::exists(entry.path() / "expected.safetensors"))
                continue;
            const auto source = openModelSource(entry.path().string());
            const CheckedModel checked = checkModel(*source);
            const std::string& architecture = architectures.at(checked.family->choice.id);
            if (!checked.shape.windows.empty() || checked.shape.rope.type == "llama3")
                continue; // no keys for them in these architectures
            GgufCraft craft = keysOf(checked.shape, architecture);
            addTensors(craft, *source, checked.shape, architecture);
            const std::string file = folder.filePath("tiny.gguf").toStdString();
            writeFile(file, craft.bytes());
            const SafetensorsFile expected(entry.path().string() + "/expected.safetensors");
            const at::NoGradGuard guard;
            const DecoderModel model = modelAt(file);
            const at::Tensor logits = model.logits(model.hidden(oracleTensor(expected, "input_ids").to(at::kLong)));
            const double difference = largestDifference(logits, oracleTensor(expected, "logits"));
            QVERIFY2(difference <= 5e-5, entry.path().filename().c_str());
            ++seen;
        }
        QVERIFY(seen > 0);
    }
};

QTEST_GUILESS_MAIN(TestOracleGgufFamilies)
#include "test_oracle_gguf_families.moc"
