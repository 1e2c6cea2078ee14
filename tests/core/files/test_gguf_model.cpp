// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/model_source.h"
#include "tests/core/files/crafted_files.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;
using lolcats::testing::GgufCraft;
using lolcats::testing::rawBytes;
using lolcats::testing::refusalCode;

namespace {

GgufCraft model() {
    GgufCraft craft;
    craft.keys = {
        GgufCraft::textKey("general.architecture", "llama"),
        GgufCraft::textKey("general.name", "Tiny"),
        GgufCraft::numberKey("llama.block_count", 1),
        GgufCraft::numberKey("llama.context_length", 64),
        GgufCraft::numberKey("llama.embedding_length", 8),
        GgufCraft::numberKey("llama.feed_forward_length", 16),
        GgufCraft::numberKey("llama.attention.head_count", 2),
        GgufCraft::numberKey("llama.attention.head_count_kv", 1),
        GgufCraft::key("llama.rope.freq_base", 6, rawBytes(10000.0F)),
        GgufCraft::key("llama.attention.layer_norm_rms_epsilon", 6, rawBytes(1e-5F)),
        GgufCraft::textKey("tokenizer.ggml.model", "gpt2"),
        GgufCraft::textKey("tokenizer.ggml.pre", "smollm"),
        GgufCraft::textsKey("tokenizer.ggml.tokens", {"<|end|>", "a", "b", "ab", "<tool>", "[PAD5]"}),
        GgufCraft::numbersKey("tokenizer.ggml.token_type", {3, 1, 1, 1, 4, 5}),
        GgufCraft::textsKey("tokenizer.ggml.merges", {"a b"}),
        GgufCraft::numberKey("tokenizer.ggml.eos_token_id", 0),
        GgufCraft::textKey("tokenizer.chat_template", "{{ messages }}"),
    };
    craft.addCounting("token_embd.weight", {8, 6});
    craft.addCounting("blk.0.attn_q.weight", {1, 8});
    craft.addCounting("blk.0.attn_k.weight", {1, 4});
    craft.addCounting("blk.0.attn_v.weight", {1, 4});
    craft.addCounting("blk.0.attn_q.bias", {8});
    craft.addCounting("blk.007.attn_q.weight", {1, 8});
    return craft;
}

void replaceKey(GgufCraft& craft, const std::string& name, const std::string& record) {
    for (std::string& key : craft.keys)
        if (key.starts_with(GgufCraft::text(name)))
            key = record;
}

} // namespace

class TestGgufModel : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<ModelSource> open(const GgufCraft& craft) const {
        const std::string path = m_folder.filePath("tiny.gguf").toStdString();
        writeFile(path, craft.bytes());
        return openModelSource(path);
    }
    static std::vector<float> floats(const ModelSource& source, const std::string& name, std::size_t count) {
        std::vector<float> values(count);
        source.readFloats(name, values);
        return values;
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void metadataBecomesAConfig() {
        const auto source = open(model());
        const Json& config = source->config();
        LOLCATS_COMPARE_TEXT(source->format() + " " + source->name(), "gguf Tiny");
        LOLCATS_COMPARE_TEXT(config["model_type"].get<std::string>(), "llama");
        QCOMPARE(config["head_dim"].get<int>(), 4);
        QCOMPARE(config["rms_norm_eps"].get<double>(), 1e-5);
        QCOMPARE(config["rope_theta"].get<double>(), 10000.0);
        QCOMPARE(config["vocab_size"].get<int>(), 6);
        QVERIFY(config["tie_word_embeddings"].get<bool>());
        QVERIFY(config["attention_bias"].get<bool>());
    }

    void tensorsHaveHuggingFaceNamesAndShapes() {
        const auto source = open(model());
        QCOMPARE(source->find("model.embed_tokens.weight")->shape, (std::vector<std::int64_t>{6, 8}));
        QVERIFY(source->find("model.layers.0.self_attn.q_proj.bias") != nullptr);
        QVERIFY(source->find("blk.007.attn_q.weight") != nullptr);
        QVERIFY(source->find("token_embd.weight") == nullptr);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { floats(*source, "lm_head.weight", 1); }), "GG-MISSING");
    }

    void rowsOfQueriesAndKeysAreBackInOrder() {
        const auto source = open(model());
        QCOMPARE(floats(*source, "model.layers.0.self_attn.q_proj.weight", 8), (std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7}));
        QCOMPARE(floats(*source, "model.layers.0.self_attn.q_proj.bias", 8), (std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7}));
        QCOMPARE(floats(*source, "model.layers.0.self_attn.k_proj.weight", 4), (std::vector<float>{0, 2, 1, 3}));
        QCOMPARE(floats(*source, "model.layers.0.self_attn.v_proj.weight", 4), (std::vector<float>{0, 1, 2, 3}));
    }

    void otherArchitecturesAreRefusedByName() {
        GgufCraft craft = model();
        replaceKey(craft, "general.architecture", GgufCraft::textKey("general.architecture", "gemma3"));
        try {
            open(craft);
            QFAIL("gemma3 was read");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "CFG-ARCH");
            QVERIFY(refusal.failure().summary.find("gemma3") != std::string::npos);
        }
    }

    void theTokenizerIsWrittenDown() {
        const Json json = Json::parse(open(model())->tokenizerJson());
        QCOMPARE(json["added_tokens"].size(), std::size_t{2});
        QVERIFY(json["added_tokens"][0]["special"].get<bool>());
        QVERIFY(!json["added_tokens"][1]["special"].get<bool>());
        LOLCATS_COMPARE_TEXT(json["model"]["vocab"].dump(), R"({"<|end|>":0,"a":1,"b":2,"ab":3,"<tool>":4})");
        LOLCATS_COMPARE_TEXT(json["model"]["merges"].dump(), R"([["a","b"]])");
        QVERIFY(json["post_processor"].is_null());
    }

    void sideFilesComeWithTheTokenizer() {
        const auto files = open(model())->sideFiles();
        LOLCATS_COMPARE_TEXT(Json::parse(files.at("tokenizer_config.json"))["chat_template"].get<std::string>(),
                             "{{ messages }}");
        LOLCATS_COMPARE_TEXT(Json::parse(files.at("special_tokens_map.json")).dump(), R"({"eos_token":"<|end|>"})");
        QCOMPARE(Json::parse(files.at("generation_config.json"))["eos_token_id"].get<int>(), 0);
        QVERIFY(files.count("tokenizer.json") == 1);
    }

    void aBeginningTokenIsAddedWhereTheFileAsksForIt() {
        GgufCraft craft = model();
        craft.keys.push_back(GgufCraft::numberKey("tokenizer.ggml.bos_token_id", 0));
        craft.keys.push_back(GgufCraft::key("tokenizer.ggml.add_bos_token", 7, "\x01"));
        const Json json = Json::parse(open(craft)->tokenizerJson());
        const Json& processor = json["post_processor"]["processors"][1];
        LOLCATS_COMPARE_TEXT(processor["single"].dump(),
                             R"([{"SpecialToken":{"id":"<|end|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}])");
        LOLCATS_COMPARE_TEXT(processor["special_tokens"]["<|end|>"]["ids"].dump(), "[0]");
    }

    void aTokenizerThatCannotBeWrittenIsRefusedByItself_data() {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<QByteArray>("record");
        QTest::addColumn<QString>("code");
        const auto row = [](const char* name, const std::string& key, const std::string& record, const char* code) {
            QTest::newRow(name) << QByteArray::fromStdString(key) << QByteArray::fromStdString(record)
                                << QString::fromLatin1(code);
        };
        row("SentencePiece without scores", "tokenizer.ggml.model", GgufCraft::textKey("tokenizer.ggml.model", "llama"),
            "TK-TOKENS");
        row("WordPiece", "tokenizer.ggml.model", GgufCraft::textKey("tokenizer.ggml.model", "bert"), "TK-MODEL");
        row("unknown split", "tokenizer.ggml.pre", GgufCraft::textKey("tokenizer.ggml.pre", "tekken"), "TK-PATTERN");
        row("types too few", "tokenizer.ggml.token_type", GgufCraft::numbersKey("tokenizer.ggml.token_type", {1}), "TK-TOKENS");
        row("types are texts", "tokenizer.ggml.token_type", GgufCraft::textsKey("tokenizer.ggml.token_type", {"1"}),
            "TK-TOKENS");
        row("merge of one piece", "tokenizer.ggml.merges", GgufCraft::textsKey("tokenizer.ggml.merges", {"ab"}), "TK-MERGE");
        row("merge of three pieces", "tokenizer.ggml.merges", GgufCraft::textsKey("tokenizer.ggml.merges", {"a b c"}),
            "TK-MERGE");
        row("a token twice", "tokenizer.ggml.tokens",
            GgufCraft::textsKey("tokenizer.ggml.tokens", {"<|end|>", "a", "a", "ab", "x", "y"}), "TK-TOKENS");
        row("tokens are numbers", "tokenizer.ggml.tokens", GgufCraft::numbersKey("tokenizer.ggml.tokens", {1}), "TK-TOKENS");
    }

    void aTokenizerThatCannotBeWrittenIsRefusedByItself() {
        QFETCH(QByteArray, key);
        QFETCH(QByteArray, record);
        QFETCH(QString, code);
        GgufCraft craft = model();
        craft.keys.push_back(GgufCraft::numberKey("llama.vocab_size", 6));
        replaceKey(craft, key.toStdString(), record.toStdString());
        const auto source = open(craft); // the model itself loads
        LOLCATS_COMPARE_TEXT(refusalCode([&] { source->tokenizerJson(); }), code.toStdString());
    }

    void sentencePieceScoresBecomeMerges() {
        GgufCraft craft = model();
        replaceKey(craft, "tokenizer.ggml.model", GgufCraft::textKey("tokenizer.ggml.model", "llama"));
        replaceKey(craft, "tokenizer.ggml.tokens",
                   GgufCraft::textsKey("tokenizer.ggml.tokens", {"<unk>", "a", "b", "ab", "<0x0A>", "aba"}));
        replaceKey(craft, "tokenizer.ggml.token_type", GgufCraft::numbersKey("tokenizer.ggml.token_type", {2, 1, 1, 1, 6, 1}));
        const auto scores = [&](const std::vector<float>& values) {
            std::string list = rawBytes(std::uint32_t{6}) + rawBytes(static_cast<std::uint64_t>(values.size()));
            for (const float value : values)
                list += rawBytes(value);
            return GgufCraft::key("tokenizer.ggml.scores", 9, list);
        };
        craft.keys.push_back(scores({0, -3, -4, -2, 0, -1}));
        const Json json = parseStrictJson(open(craft)->tokenizerJson(), "tokenizer.json", "TK");
        LOLCATS_COMPARE_TEXT(json["model"]["merges"].dump(), R"([["ab","a"],["a","b"]])"); // the higher score first
        LOLCATS_COMPARE_TEXT(json["model"]["unk_token"].dump(), R"("<unk>")");
        QVERIFY(json["model"]["byte_fallback"] == true && json["model"]["vocab"]["aba"] == 5);
        QVERIFY(json["normalizer"]["normalizers"].size() == 2 && json["decoder"]["decoders"].size() == 4);
        QVERIFY(open(craft)->sideFiles().count("tokenizer.json") == 1);
        craft.keys.back() = scores({0, 0});
        LOLCATS_COMPARE_TEXT(refusalCode([&] { open(craft)->tokenizerJson(); }), "TK-TOKENS");
        craft.keys.back() = scores({0, -3, -4, -2, 0, -1});
        replaceKey(craft, "tokenizer.ggml.tokens",
                   GgufCraft::textsKey("tokenizer.ggml.tokens", {"<unk>", "a", "b", "ab", "<0x-1>", "aba"}));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { open(craft)->tokenizerJson(); }), "TK-TOKENS");
    }

    void eachArchitectureIsAFamilyWithItsOwnRowOrder() {
        GgufCraft craft = model();
        for (std::string& key : craft.keys)
            if (const std::size_t at = key.find("llama."); at == 8)
                key.replace(at, 5, "qwen3");
        replaceKey(craft, "general.architecture", GgufCraft::textKey("general.architecture", "qwen3"));
        craft.addCounting("blk.0.attn_q_norm.weight", {4});
        const auto source = open(craft);
        LOLCATS_COMPARE_TEXT(source->config()["model_type"].get<std::string>(), "qwen3");
        QCOMPARE(source->config()["num_hidden_layers"].get<int>(), 1);
        QVERIFY(source->find("model.layers.0.self_attn.q_norm.weight") != nullptr);
        QCOMPARE(floats(*source, "model.layers.0.self_attn.q_proj.weight", 8), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
    }

    void aTensorOfAllExpertsIsReadInParts() {
        GgufCraft craft = model();
        craft.keys.push_back(GgufCraft::numberKey("llama.expert_count", 2));
        craft.keys.push_back(GgufCraft::numberKey("llama.expert_used_count", 1));
        craft.addCounting("blk.0.ffn_up_exps.weight", {2, 3, 2}); // two experts of three rows of two
        craft.addCounting("blk.0.ffn_gate.1.weight", {2, 3});     // as older files have them
        const auto source = open(craft);
        LOLCATS_COMPARE_TEXT(source->config()["model_type"].get<std::string>(), "mixtral");
        QCOMPARE(source->config()["num_experts_per_tok"].get<int>(), 1);
        const std::string prefix = "model.layers.0.block_sparse_moe.experts.";
        QCOMPARE(source->find(prefix + "1.w3.weight")->shape, (std::vector<std::int64_t>{3, 2}));
        QCOMPARE(floats(*source, prefix + "1.w3.weight", 6), (std::vector<float>{6, 7, 8, 9, 10, 11}));
        QCOMPARE(floats(*source, prefix + "0.w3.weight", 6), (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QVERIFY(source->find(prefix + "1.w1.weight") != nullptr);
    }

    void theHashIsThatOfTheFile() {
        const auto source = open(model());
        LOLCATS_COMPARE_TEXT(hashModelSource(*source, {}), sha256OfFile(source->path(), {}));
        LOLCATS_COMPARE_TEXT(hashModelSource(*source, [](std::uint64_t) { return false; }), "");
    }
};

QTEST_GUILESS_MAIN(TestGgufModel)
#include "test_gguf_model.moc"
