// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/model_family.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using lolcats::testing::refusalCode;

namespace {

Json good() {
    return Json::parse(R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":64,"intermediate_size":128,
        "num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"vocab_size":320,"max_position_embeddings":8192,
        "rms_norm_eps":1e-5,"hidden_act":"silu","rope_theta":500000.0,"bos_token_id":1,"eos_token_id":[2,3]})");
}

DecoderShape shapeOf(const Json& config) {
    return familyOf(config).shape(config);
}

} // namespace

class TestModelFamily : public QObject {
    Q_OBJECT

    // `change` is merged into a good config; a value of "gone" takes the key out.
    static void row(const char* change, const char* code) {
        QTest::newRow(change) << QByteArray(change) << QString::fromLatin1(code);
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void wrongAndUnusualValues_data() {
        QTest::addColumn<QByteArray>("change");
        QTest::addColumn<QString>("code");
        row("{}", "none");
        row(R"({"model_type":"gone"})", "CFG-ARCH");
        row(R"({"model_type":"mamba"})", "CFG-ARCH");
        row(R"({"model_type":7})", "CFG-ARCH");
        row(R"({"model_type":"qwen3_moe","num_experts":8})", "CFG-MOE");
        row(R"({"vision_config":{}})", "CFG-MULTIMODAL");
        row(R"({"moe_intermediate_size":8})", "CFG-MOE");
        row(R"({"model_type":"mistral","num_local_experts":8})", "CFG-MOE");
        row(R"({"model_type":"mixtral","num_local_experts":8,"num_experts_per_tok":2})", "none");
        row(R"({"model_type":"mixtral","num_experts_per_tok":2})", "CFG-KEY");
        row(R"({"model_type":"mixtral","num_local_experts":4,"num_experts_per_tok":5})", "CFG-RANGE");
        row(R"({"model_type":"mixtral","num_local_experts":1000000,"num_experts_per_tok":1})", "CFG-RANGE");
        row(R"({"quantization_config":{"load_in_4bit":true}})", "CFG-QUANT");
        row(R"({"quantization_config":"fp8"})", "CFG-QUANT");
        row(R"({"model_type":"own","auto_map":{"AutoModel":"x.Y"}})", "CFG-ARCH");
        row(R"({"auto_map":{"AutoModel":"x.Y"}})", "none");
        row(R"({"architectures":["LlamaForSequenceClassification"]})", "CFG-HEAD");
        row(R"({"text_config":{}})", "CFG-MULTIMODAL");
        row(R"({"num_local_experts":8})", "CFG-MOE");
        row(R"({"quantization_config":{"quant_method":"gptq","bits":4}})", "CFG-QUANT");
        row(R"({"hidden_size":"gone"})", "CFG-KEY");
        row(R"({"hidden_size":0})", "CFG-RANGE");
        row(R"({"hidden_size":-64})", "CFG-RANGE");
        row(R"({"hidden_size":4096.5})", "CFG-RANGE");
        row(R"({"hidden_size":"64"})", "CFG-RANGE");
        row(R"({"hidden_size":1048577})", "CFG-RANGE");
        row(R"({"hidden_size":18446744073709551615})", "CFG-RANGE");
        row(R"({"hidden_size":4096.0})", "CFG-TYPE");
        row(R"({"num_attention_heads":0})", "CFG-RANGE");
        row(R"({"num_attention_heads":1025})", "CFG-RANGE");
        row(R"({"hidden_size":66})", "CFG-HEADS");
        row(R"({"hidden_size":66,"head_dim":16})", "none");
        row(R"({"num_key_value_heads":3})", "CFG-HEADS");
        row(R"({"num_key_value_heads":8})", "CFG-HEADS");
        row(R"({"num_key_value_heads":0})", "CFG-HEADS");
        row(R"({"head_dim":15})", "CFG-ROPE");
        row(R"({"num_hidden_layers":0})", "CFG-RANGE");
        row(R"({"num_hidden_layers":4097})", "CFG-RANGE");
        row(R"({"rms_norm_eps":0})", "CFG-RANGE");
        row(R"({"rms_norm_eps":0.2})", "CFG-RANGE");
        row(R"({"rms_norm_eps":"1e-6"})", "CFG-TYPE");
        row(R"({"hidden_act":"swiglu"})", "CFG-ACT");
        row(R"({"hidden_act":"gelu_new"})", "none");
        row(R"({"rope_theta":0})", "CFG-ROPE");
        row(R"({"rope_theta":"10000"})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"linear"}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"linear","factor":0.5}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"linear","factor":"2"}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"type":"linear","factor":2}})", "none");
        row(R"({"rope_scaling":{"type":"linear","rope_type":"llama3","factor":2}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,
               "original_max_position_embeddings":64}})",
            "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
               "original_max_position_embeddings":8193}})",
            "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
               "original_max_position_embeddings":8192}})",
            "none");
        row(R"({"rope_scaling":{"rope_type":"linear","factor":2},"rope_parameters":{"rope_type":"linear","factor":4}})",
            "CFG-ROPE");
        row(R"({"rope_parameters":{"rope_type":"default","rope_theta":10000}})", "CFG-ROPE");
        row(R"({"rope_parameters":{"full":{"rope_type":"default"},"sliding":{"rope_type":"linear","factor":2}}})", "CFG-ROPE");
        row(R"({"rope_parameters":{"full":{"rope_type":"default"},"sliding":{"rope_type":"default"}}})", "none");
        row(R"({"rope_scaling":{"rope_type":"dynamic","factor":2}})", "none");
        row(R"({"rope_scaling":{"rope_type":"dynamic"}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"dynamic","factor":2},"head_dim":2})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":2}})", "none");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":0.5}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":2,"beta_fast":1,"beta_slow":32}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":2,"truncate":1}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":2,"attention_factor":0}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"yarn","factor":2},"rope_theta":1})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"longrope","factor":2}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":"proportional","factor":2}})", "CFG-ROPE");
        row(R"({"rope_scaling":{"rope_type":7,"factor":2}})", "CFG-ROPE");
        row(R"({"rope_scaling":"linear"})", "CFG-ROPE");
        row(R"({"partial_rotary_factor":0})", "CFG-ROPE");
        row(R"({"partial_rotary_factor":0.5})", "CFG-ROPE");
        row(R"({"partial_rotary_factor":1.0})", "none");
        row(R"({"partial_rotary_factor":1.5})", "CFG-ROPE");
        row(R"({"sliding_window":0})", "CFG-RANGE");
        row(R"({"sliding_window":-1})", "CFG-RANGE");
        row(R"({"model_type":"mistral","sliding_window":0})", "CFG-RANGE");
        row(R"({"layer_types":["sliding_attention","full_attention"]})", "CFG-LAYERS");
        row(R"({"model_type":"mistral","sliding_window":4,"layer_types":["sliding_attention","full_attention"]})",
            "CFG-LAYERS");
        row(R"({"model_type":"mistral","sliding_window":4,"layer_types":["sliding_attention","sliding_attention"]})", "none");
        row(R"({"model_type":"qwen2","layer_types":["full_attention","sliding_attention"]})", "CFG-LAYERS");
        row(R"({"model_type":"qwen2","use_sliding_window":true,"layer_types":["full_attention","sliding_attention"]})", "none");
        row(R"({"model_type":"qwen2","use_sliding_window":1})", "CFG-TYPE");
        row(R"({"model_type":"qwen2","max_window_layers":-1})", "CFG-RANGE");
        row(R"({"model_type":"qwen3","attention_bias":"yes"})", "CFG-TYPE");
        row(R"({"layer_types":"full_attention"})", "CFG-LAYERS");
        row(R"({"layer_types":["full_attention"]})", "CFG-LAYERS");
        row(R"({"layer_types":["full_attention","odd_attention"]})", "CFG-LAYERS");
        row(R"({"torch_dtype":"float8_e4m3fn"})", "CFG-DTYPE");
        row(R"({"dtype":"float32","torch_dtype":"bfloat16"})", "none");
        row(R"({"max_position_embeddings":0})", "CFG-RANGE");
        row(R"({"bos_token_id":320})", "CFG-TOKENID");
        row(R"({"eos_token_id":[2,-1]})", "CFG-TOKENID");
        row(R"({"tie_word_embeddings":1})", "CFG-TYPE");
    }

    void wrongAndUnusualValues() {
        QFETCH(QByteArray, change);
        QFETCH(QString, code);
        Json config = good();
        const Json changes = Json::parse(change.toStdString());
        for (const auto& [key, value] : changes.items()) {
            if (value == "gone")
                config.erase(key);
            else
                config[key] = value;
        }
        LOLCATS_COMPARE_TEXT(refusalCode([&] { shapeOf(config); }), code.toStdString());
    }

    void absentKeysTakeTheFamilysDefaults() {
        const DecoderShape shape = shapeOf(Json::parse(R"({"model_type":"llama","hidden_size":64,"intermediate_size":128,
            "num_hidden_layers":2,"num_attention_heads":4,"vocab_size":320})"));
        QCOMPARE(shape.kvHeads, std::int64_t{4});
        QCOMPARE(shape.headDim, std::int64_t{16});
        QCOMPARE(shape.rope.theta, 10000.0);
        QCOMPARE(shape.rmsEps, 1e-6);
        QCOMPARE(shape.maxPositions, std::int64_t{2048});
        QVERIFY(!shape.tied && !shape.attentionBias && !shape.mlpBias && shape.bos.empty());
        LOLCATS_COMPARE_TEXT(shape.activation + " " + shape.rope.type, "silu default");
    }

    // What each family means by silence and by null, as the table of our design has it.
    void eachFamilyHasItsOwnDefaults() {
        Json config = Json::parse(R"({"hidden_size":4096,"intermediate_size":128,"num_hidden_layers":30,
            "num_attention_heads":32,"vocab_size":320,"num_local_experts":8,"num_experts_per_tok":2})");
        const auto shape = [&](const char* type) {
            Json own = config;
            own["model_type"] = type;
            if (own["model_type"] != "mixtral")
                own.erase("num_local_experts");
            return shapeOf(own);
        };
        QCOMPARE(shape("llama").kvHeads, std::int64_t{32});
        QCOMPARE(shape("mistral").kvHeads, std::int64_t{8});
        QCOMPARE(shape("qwen2").kvHeads, std::int64_t{32});
        QCOMPARE(shape("qwen3").headDim, std::int64_t{128});
        QVERIFY(shape("llama").windows.empty() && shape("mixtral").windows.empty() && shape("qwen2").windows.empty());
        QCOMPARE(shape("mistral").windows, std::vector<std::int64_t>(30, 4096));
        QVERIFY(shape("qwen2").attentionBias && !shape("qwen2").outputBias && !shape("qwen3").attentionBias);
        QVERIFY(shape("qwen3").headNorms && !shape("qwen2").headNorms);
        QCOMPARE(shape("mixtral").experts.used, std::int64_t{2});
        config["use_sliding_window"] = true;
        QCOMPARE(shape("qwen3").windows[27], std::int64_t{0});
        QCOMPARE(shape("qwen3").windows[28], std::int64_t{4096});
        config["sliding_window"] = nullptr;
        config["num_key_value_heads"] = nullptr;
        QVERIFY(shape("mistral").windows.empty() && shape("qwen3").windows.empty());
        QCOMPARE(shape("mistral").kvHeads, std::int64_t{32});
    }

    void nullIsAsGoodAsAbsent() {
        Json config = good();
        for (const char* key : {"num_key_value_heads", "head_dim", "rope_scaling", "sliding_window", "pad_token_id"})
            config[key] = nullptr;
        QCOMPARE(shapeOf(config).kvHeads, std::int64_t{4});
    }

    void version5SaysTheSameAsVersion4() {
        Json four = good(), five = good();
        const Json scaling = {
            {"factor", 8.0}, {"low_freq_factor", 1.0}, {"high_freq_factor", 4.0}, {"original_max_position_embeddings", 64}};
        four["rope_scaling"] = scaling;
        four["rope_scaling"]["rope_type"] = "llama3";
        five.erase("rope_theta");
        five["rope_parameters"] = scaling;
        five["rope_parameters"]["rope_type"] = "llama3";
        five["rope_parameters"]["rope_theta"] = 500000;
        QCOMPARE(inverseFrequencies(shapeOf(five).rope, 16), inverseFrequencies(shapeOf(four).rope, 16));
        QCOMPARE(shapeOf(five).rope.theta, 500000.0);
        Json both = four;
        both["rope_parameters"] = five["rope_parameters"];
        LOLCATS_COMPARE_TEXT(refusalCode([&] { shapeOf(both); }), "none");
    }

    void tensorsFollowTheSwitches() {
        Json config = good();
        const auto count = [&] { return familyOf(config).tensors(shapeOf(config)).size(); };
        QCOMPARE(count(), std::size_t{2 * 9 + 3});
        config["tie_word_embeddings"] = true;
        QCOMPARE(count(), std::size_t{2 * 9 + 2});
        config["attention_bias"] = true;
        config["mlp_bias"] = true;
        QCOMPARE(count(), std::size_t{2 * 16 + 2});
    }

    void everyFamilyAnswersToItsTypesOnce() {
        std::vector<std::string> seen;
        for (const ModelFamily& family : modelFamilies()) {
            QVERIFY(!family.choice.id.empty() && !family.choice.title.empty() && !family.choice.sentence.empty());
            for (const std::string& type : family.modelTypes) {
                QVERIFY2(std::find(seen.begin(), seen.end(), type) == seen.end(), type.c_str());
                seen.push_back(type);
            }
        }
        QVERIFY(!seen.empty());
    }
};

QTEST_GUILESS_MAIN(TestModelFamily)
#include "test_model_family.moc"
