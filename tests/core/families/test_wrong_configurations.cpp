// SPDX-License-Identifier: GPL-3.0-or-later
// A model's folder with one thing wrong or unusual in it, for each way that is known to occur: refused by its code, or read
// with a notice. The first number of a row's name is that of the case.
#include "core/families/model_family.h"
#include "core/files/safetensors.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstring>
#include <limits>

using namespace lolcats;
using lolcats::testing::refusalCode;

namespace {

constexpr const char* kGood =
    R"({"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":8,"intermediate_size":12,
    "num_hidden_layers":2,"num_attention_heads":2,"num_key_value_heads":1,"vocab_size":10,"max_position_embeddings":64,
    "rms_norm_eps":1e-5,"hidden_act":"silu","rope_theta":10000.0,"bos_token_id":1,"eos_token_id":2,"tie_word_embeddings":false,
    "torch_dtype":"float32"})";

// A row of the table. `change` is merged into a good config, "gone" takes a key out; weights fit the changed config where it is
// readable, unless `weightsOfGood`.
struct Case {
    const char* name;
    const char* change;
    const char* code;
    const char* notice = ""; // part of one that has to be given
    bool weightsOfGood = false;
    const char* without = "";    // a tensor that is missing
    const char* additional = ""; // … and one too many: a name, of shape [10, 8]
    const char* type = "F32";    // … and its type
};

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {"0 a good one", "{}", "none"},
        {"2 no model_type", R"({"model_type":"gone"})", "CFG-ARCH"},
        {"3 unknown with code", R"({"model_type":"own","auto_map":{"AutoModel":"x.Y"}})", "CFG-ARCH"},
        {"4 known with code", R"({"auto_map":{"AutoModel":"x.Y"}})", "none", "never run"},
        {"5 classification", R"({"architectures":["LlamaForSequenceClassification"]})", "CFG-HEAD"},
        {"6 text and pictures", R"({"text_config":{}})", "CFG-MULTIMODAL"},
        {"6 pictures", R"({"vision_config":{}})", "CFG-MULTIMODAL"},
        {"7 experts", R"({"num_local_experts":8})", "CFG-MOE"},
        {"7 experts of an unknown kind of model", R"({"model_type":"qwen3_moe","num_experts":8})", "CFG-MOE"},
        {"7 routed experts", R"({"model_type":"deepseek_v3","n_routed_experts":64,"auto_map":{"AutoModel":"x.Y"}})", "CFG-MOE"},
        {"7 mixtral", R"({"model_type":"mixtral","num_local_experts":2,"num_experts_per_tok":1})", "none"},
        {"8 bitsandbytes", R"({"quantization_config":{"load_in_4bit":true}})", "CFG-QUANT"},
        {"8 gptq", R"({"quantization_config":{"quant_method":"gptq","bits":4}})", "CFG-QUANT"},
        {"9 packed weights", "{}", "CFG-QUANT", "", false, "", "model.layers.0.mlp.up_proj.qweight"},
        {"9 scales", "{}", "CFG-QUANT", "", false, "", "model.layers.0.mlp.up_proj.weight_scale_inv"},
        {"9 eight bits", "{}", "CFG-QUANT", "", false, "model.layers.0.mlp.up_proj.weight", "model.layers.0.mlp.up_proj.weight",
         "F8_E4M3"},
        {"9 whole numbers", "{}", "CFG-QUANT", "", false, "model.layers.0.mlp.up_proj.weight",
         "model.layers.0.mlp.up_proj.weight", "I8"},
        {"10 hidden 0", R"({"hidden_size":0})", "CFG-RANGE"},
        {"10 hidden below 0", R"({"hidden_size":-8})", "CFG-RANGE"},
        {"10 hidden with a fraction", R"({"hidden_size":4096.5})", "CFG-RANGE"},
        {"10 hidden a text", R"({"hidden_size":"8"})", "CFG-RANGE"},
        {"10 hidden too large", R"({"hidden_size":1048577})", "CFG-RANGE"},
        {"11 a whole number with a point", R"({"hidden_size":8.0})", "CFG-TYPE"},
        {"12 no heads", R"({"num_attention_heads":0})", "CFG-RANGE"},
        {"12 too many heads", R"({"num_attention_heads":1025})", "CFG-RANGE"},
        {"13 heads do not divide", R"({"hidden_size":9})", "CFG-HEADS"},
        {"14 but head_dim is given", R"({"hidden_size":9,"head_dim":4})", "none", "not a multiple"},
        {"15 heads no multiple", R"({"num_attention_heads":4,"num_key_value_heads":3})", "CFG-HEADS"},
        {"15 more for keys", R"({"num_key_value_heads":4})", "CFG-HEADS"},
        {"15 none for keys", R"({"num_key_value_heads":0})", "CFG-HEADS"},
        {"16 odd head_dim", R"({"head_dim":3})", "CFG-ROPE"},
        {"17 no layers", R"({"num_hidden_layers":0})", "CFG-RANGE"},
        {"17 too many layers", R"({"num_hidden_layers":4097})", "CFG-RANGE"},
        {"18 another vocabulary", R"({"vocab_size":11})", "CFG-SHAPE", "", true},
        {"20 eps 0", R"({"rms_norm_eps":0})", "CFG-RANGE"},
        {"20 eps below 0", R"({"rms_norm_eps":-1e-5})", "CFG-RANGE"},
        {"20 eps too large", R"({"rms_norm_eps":0.2})", "CFG-RANGE"},
        {"20 eps a text", R"({"rms_norm_eps":"1e-6"})", "CFG-TYPE"},
        {"21 swish", R"({"hidden_act":"swish"})", "none"},
        {"21 gelu", R"({"hidden_act":"gelu_pytorch_tanh"})", "none"},
        {"21 another activation", R"({"hidden_act":"mish"})", "CFG-ACT"},
        {"22 theta 0", R"({"rope_theta":0})", "CFG-ROPE"},
        {"22 theta below 0", R"({"rope_theta":-1})", "CFG-ROPE"},
        {"23 factor below 1", R"({"rope_scaling":{"rope_type":"linear","factor":0.5}})", "CFG-ROPE"},
        {"23 factor missing", R"({"rope_scaling":{"rope_type":"yarn"}})", "CFG-ROPE"},
        {"23 factor a text", R"({"rope_scaling":{"rope_type":"dynamic","factor":"2"}})", "CFG-ROPE"},
        {"24 high not above low",
         R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4,
             "original_max_position_embeddings":16}})",
         "CFG-ROPE"},
        {"24 original length missing",
         R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4}})", "CFG-ROPE"},
        {"24 original length too long",
         R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
             "original_max_position_embeddings":65}})",
         "CFG-ROPE"},
        {"24 original length the model's own",
         R"({"rope_scaling":{"rope_type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
             "original_max_position_embeddings":64}})",
         "none", "own length"},
        {"25 two types", R"({"rope_scaling":{"type":"linear","rope_type":"yarn","factor":2}})", "CFG-ROPE"},
        {"26 two scalings",
         R"({"rope_scaling":{"rope_type":"linear","factor":2},"rope_parameters":{"rope_type":"linear","factor":4}})",
         "CFG-ROPE"},
        {"27 unknown scaling", R"({"rope_scaling":{"rope_type":"longrope","factor":2}})", "CFG-ROPE"},
        {"28 nothing rotated", R"({"partial_rotary_factor":0})", "CFG-ROPE"},
        {"28 more than all rotated", R"({"partial_rotary_factor":1.5})", "CFG-ROPE"},
        {"29 window 0", R"({"model_type":"mistral","sliding_window":0})", "CFG-RANGE"},
        {"29 window below 0", R"({"model_type":"mistral","sliding_window":-4})", "CFG-RANGE"},
        {"30 a short window", R"({"model_type":"mistral","sliding_window":4})", "none", "training honours it"},
        {"31 layer_types too short", R"({"model_type":"qwen2","layer_types":["full_attention"]})", "CFG-LAYERS"},
        {"31 unknown layer_types", R"({"model_type":"qwen2","layer_types":["full_attention","round"]})", "CFG-LAYERS"},
        {"32 tied, and another head", R"({"tie_word_embeddings":true})", "CFG-TIE", "", false, "", "lm_head.weight"},
        {"33 not tied, and no head", "{}", "CFG-TIE", "", false, "lm_head.weight"},
        {"34 two types named", R"({"dtype":"bfloat16"})", "none", "two types"},
        {"34 not the files' type", R"({"torch_dtype":"bfloat16"})", "none", "the files decide"},
        {"35 float8", R"({"torch_dtype":"float8_e4m3fn"})", "CFG-DTYPE"},
        {"35 int8", R"({"dtype":"int8"})", "CFG-DTYPE"},
        {"36 a bias too many", "{}", "CFG-SHAPE", "", false, "", "model.layers.0.self_attn.q_proj.bias"},
        {"36 biases missing", R"({"attention_bias":true})", "CFG-SHAPE", "", true},
        {"37 a stranger", "{}", "CFG-EXTRA", "", false, "", "surprise"},
        {"37 an old buffer", "{}", "none", "", false, "", "model.layers.0.self_attn.rotary_emb.inv_freq"},
        {"38 no positions", R"({"max_position_embeddings":0})", "CFG-RANGE"},
        {"38 bos outside", R"({"bos_token_id":10})", "CFG-TOKENID"},
        {"38 eos outside", R"({"eos_token_id":[2,10]})", "CFG-TOKENID"},
        {"38 several eos", R"({"eos_token_id":[2,3]})", "none"},
    };
    return all;
}

SafetensorsSource filled(const std::string& name, const std::vector<std::int64_t>& shape, const std::string& type,
                         float value) {
    return {name, type, shape, [=] {
                std::size_t count = type == "F32" ? sizeof(float) : 1;
                for (const std::int64_t size : shape)
                    count *= static_cast<std::size_t>(size);
                std::vector<std::byte> bytes(count);
                for (std::size_t at = 0; type == "F32" && at < count; at += sizeof value)
                    std::memcpy(bytes.data() + at, &value, sizeof value);
                return bytes;
            }};
}

std::vector<ExpectedTensor> tensorsOf(const Json& config) {
    const ModelFamily& family = familyOf(config);
    return family.tensors(family.shape(config));
}

} // namespace

class TestWrongConfigurations : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string path(const char* name) const { return m_folder.path().toStdString() + "/" + name; }

    void writeWeights(const Case& one, const Json& config) const {
        std::vector<ExpectedTensor> tensors = tensorsOf(Json::parse(kGood));
        if (!one.weightsOfGood && refusalCode([&] { tensorsOf(config); }) == "none")
            tensors = tensorsOf(config);
        std::vector<SafetensorsSource> sources;
        for (const ExpectedTensor& tensor : tensors)
            if (tensor.name != one.without)
                sources.push_back(filled(tensor.name, tensor.shape, "F32", 0.5F));
        if (*one.additional != '\0')
            sources.push_back(filled(one.additional, {10, 8}, one.type, 0.25F));
        writeSafetensors(path("model.safetensors"), std::move(sources), {{"format", "pt"}});
    }

    std::string codeOfText(const std::string& text) const {
        writeFile(path("config.json"), text);
        return refusalCode([&] { checkModel(*openModelSource(m_folder.path().toStdString())); });
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void eachCase_data() {
        QTest::addColumn<int>("row");
        for (std::size_t row = 0; row < cases().size(); ++row)
            QTest::newRow(cases()[row].name) << static_cast<int>(row);
    }
    void eachCase() {
        QFETCH(int, row);
        const Case& one = cases()[static_cast<std::size_t>(row)];
        Json config = Json::parse(kGood);
        const Json change = Json::parse(one.change);
        for (const auto& [key, value] : change.items()) {
            if (value == "gone")
                config.erase(key);
            else
                config[key] = value;
        }
        writeWeights(one, config);
        LOLCATS_COMPARE_TEXT(codeOfText(config.dump()), one.code);
        const ModelSummary summary = summarise(*openModelSource(m_folder.path().toStdString()));
        QCOMPARE(summary.convertible, std::string(one.code) == "none");
        const auto given = [&](const std::string& notice) { return notice.find(one.notice) != std::string::npos; };
        QVERIFY2(*one.notice == '\0' || std::any_of(summary.notices.begin(), summary.notices.end(), given), one.notice);
    }

    void everyCaseHasARow() {
        std::vector<bool> seen(39);
        for (const Case& one : cases())
            seen[static_cast<std::size_t>(std::atoi(one.name))] = true;
        seen[1] = seen[19] = true; // below
        QVERIFY(std::find(seen.begin(), seen.end(), false) == seen.end());
    }

    void case1TheFileItself() {
        writeWeights(cases().front(), Json::parse(kGood));
        LOLCATS_COMPARE_TEXT(codeOfText(kGood), "none");
        LOLCATS_COMPARE_TEXT(codeOfText(""), "CFG-JSON");
        LOLCATS_COMPARE_TEXT(codeOfText("{"), "CFG-JSON");
        LOLCATS_COMPARE_TEXT(codeOfText("[]"), "CFG-JSON");
        LOLCATS_COMPARE_TEXT(codeOfText(R"({"rope_theta":NaN})"), "CFG-JSON");
        LOLCATS_COMPARE_TEXT(codeOfText(R"({"rope_theta":1e999})"), "CFG-JSON");
        LOLCATS_COMPARE_TEXT(codeOfText(R"({"a":1,"a":2})"), "CFG-DUP");
        LOLCATS_COMPARE_TEXT(codeOfText(std::string(5U << 20U, ' ')), "CFG-FILE");
        QVERIFY(QFile::remove(m_folder.filePath(QStringLiteral("config.json"))));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource(m_folder.path().toStdString()); }), "CFG-FILE");
    }

    void case19TheTokenizersSize() {
        const DecoderShape shape = familyOf(Json::parse(kGood)).shape(Json::parse(kGood));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkVocabulary(shape, 11); }), "CFG-VOCAB");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkVocabulary(shape, 9); }), "none");
    }

    void case22ThetaThatIsNoNumber() {
        Json config = Json::parse(kGood);
        config["rope_theta"] = std::numeric_limits<double>::infinity();
        LOLCATS_COMPARE_TEXT(refusalCode([&] { tensorsOf(config); }), "CFG-ROPE");
    }
};

QTEST_GUILESS_MAIN(TestWrongConfigurations)
#include "test_wrong_configurations.moc"
