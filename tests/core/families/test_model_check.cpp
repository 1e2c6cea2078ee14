// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/model_family.h"
#include "core/files/safetensors.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <filesystem>

using namespace lolcats;
using lolcats::testing::refusalCode;

namespace {

Json config() {
    return Json::parse(
        R"({"model_type":"llama","hidden_size":8,"intermediate_size":12,"num_hidden_layers":2,"num_attention_heads":2,
        "num_key_value_heads":1,"vocab_size":10,"tie_word_embeddings":false,"torch_dtype":"float32"})");
}

SafetensorsSource filled(const std::string& name, const std::vector<std::int64_t>& shape, float value = 0.5F,
                         const std::string& type = "F32") {
    return {name, type, shape, [=] {
                std::size_t count = 1;
                for (const std::int64_t dimension : shape)
                    count *= static_cast<std::size_t>(dimension);
                const std::vector<float> values(type == "F32" ? count : count / sizeof(float), value);
                const auto view = std::as_bytes(std::span(values));
                return std::vector<std::byte>(view.begin(), view.end());
            }};
}

} // namespace

class TestModelCheck : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    Json m_config;
    std::vector<SafetensorsSource> m_tensors;

    std::unique_ptr<ModelSource> open() const {
        const std::string folder = m_folder.path().toStdString();
        writeFile(folder + "/config.json", m_config.dump());
        writeSafetensors(folder + "/model.safetensors", m_tensors, {{"format", "pt"}});
        return openModelSource(folder);
    }
    std::string code() const {
        const auto source = open();
        return refusalCode([&] { checkModel(*source); });
    }
    void drop(const std::string& name) {
        m_tensors.erase(
            std::find_if(m_tensors.begin(), m_tensors.end(), [&](const auto& tensor) { return tensor.name == name; }));
    }

private Q_SLOTS:
    void init() {
        lolcats::testing::failOnAnyWarning();
        m_config = config();
        m_tensors.clear();
        const ModelFamily& family = familyOf(m_config);
        for (const ExpectedTensor& tensor : family.tensors(family.shape(m_config)))
            m_tensors.push_back(filled(tensor.name, tensor.shape));
    }

    void aWholeModelIsAccepted() {
        const auto source = open();
        const CheckedModel model = checkModel(*source);
        LOLCATS_COMPARE_TEXT(model.family->choice.id, "llama");
        QCOMPARE(model.shape.headDim, std::int64_t{4});
    }

    void allDifferencesAreNamedAtOnce() {
        drop("model.norm.weight");
        drop("model.layers.1.mlp.up_proj.weight");
        m_tensors.push_back(filled("surprise", {3}));
        const auto source = open();
        try {
            checkModel(*source);
            QFAIL("nothing was refused");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "CFG-SHAPE");
            for (const char* name : {"model.norm.weight", "model.layers.1.mlp.up_proj.weight", "surprise"})
                QVERIFY2(refusal.failure().detail.find(name) != std::string::npos, name);
        }
    }

    void atMostFiftyLinesAreShown() {
        for (int i = 0; i < 70; ++i)
            m_tensors.push_back(filled("extra" + std::to_string(i), {1}));
        const auto source = open();
        try {
            checkModel(*source);
            QFAIL("nothing was refused");
        } catch (const Refusal& refusal) {
            const std::string& detail = refusal.failure().detail;
            QCOMPARE(std::count(detail.begin(), detail.end(), '\n'), std::ptrdiff_t{50});
            QVERIFY(detail.find("and 21 more") != std::string::npos);
        }
    }

    void eachKindOfDifferenceHasItsCode() {
        m_config["vocab_size"] = 11;
        LOLCATS_COMPARE_TEXT(code(), "CFG-SHAPE");
        init();
        drop("lm_head.weight");
        LOLCATS_COMPARE_TEXT(code(), "CFG-TIE");
        init();
        m_tensors.push_back(filled("model.layers.0.self_attn.q_proj.bias", {8}));
        LOLCATS_COMPARE_TEXT(code(), "CFG-SHAPE");
        init();
        m_config["attention_bias"] = true;
        LOLCATS_COMPARE_TEXT(code(), "CFG-SHAPE");
        init();
        m_tensors.push_back(filled("surprise", {3}));
        LOLCATS_COMPARE_TEXT(code(), "CFG-EXTRA");
        init();
        m_tensors.push_back(filled("model.layers.0.self_attn.rotary_emb.inv_freq", {2}));
        LOLCATS_COMPARE_TEXT(code(), "none");
        init();
        m_config["num_hidden_layers"] = 4000;
        LOLCATS_COMPARE_TEXT(code(), "CFG-SHAPE");
    }

    void aTiedModelMayRepeatItsEmbeddingButNotDifferFromIt() {
        m_config["tie_word_embeddings"] = true;
        LOLCATS_COMPARE_TEXT(code(), "none");
        drop("lm_head.weight");
        LOLCATS_COMPARE_TEXT(code(), "none");
        m_tensors.push_back(filled("lm_head.weight", {10, 8}, 0.25F));
        LOLCATS_COMPARE_TEXT(code(), "CFG-TIE");
    }

    void quantisedWeightsAreRefusedByContent() {
        m_tensors.push_back(filled("model.layers.0.mlp.up_proj.qweight", {3}));
        LOLCATS_COMPARE_TEXT(code(), "CFG-QUANT");
        init();
        drop("model.layers.0.mlp.up_proj.weight");
        m_tensors.push_back(filled("model.layers.0.mlp.up_proj.weight", {12, 8}, 0, "I8"));
        LOLCATS_COMPARE_TEXT(code(), "CFG-QUANT");
    }

    void divisorsOfTheRotationAreTakenIntoTheShape() {
        m_tensors.push_back(filled("rope_freqs.weight", {2}, 8.0F));
        const auto source = open();
        QCOMPARE(checkModel(*source).shape.rope.divisors, (std::vector<float>{8, 8}));
        m_tensors.back() = filled("rope_freqs.weight", {2}, 0.0F);
        LOLCATS_COMPARE_TEXT(code(), "CFG-ROPE");
        m_tensors.back() = filled("rope_freqs.weight", {3}, 1.0F);
        LOLCATS_COMPARE_TEXT(code(), "CFG-SHAPE");
    }

    void theSummaryTellsWhatAModelHolds() {
        const ModelSummary summary = summarise(*open());
        QVERIFY2(summary.convertible, summary.verdict.c_str());
        LOLCATS_COMPARE_TEXT(summary.verdict, "2 of 2 layers can be converted");
        LOLCATS_COMPARE_TEXT(summary.family + " " + summary.architecture + " " + summary.ropeScaling, "Llama llama none");
        QCOMPARE(summary.parameters, std::int64_t{2 * (8 * 8 + 2 * 4 * 8 + 8 * 8 + 3 * 12 * 8 + 16) + 8 + 2 * 80});
        QCOMPARE(summary.storedBytes, 4 * summary.parameters);
        QCOMPARE(summary.types.at("F32"), summary.tensors);
        QVERIFY(!summary.tokenizerUsable && !summary.tokenizer.empty());
    }

    void theSummaryOfAnUnfitModelSaysWhy() {
        drop("model.norm.weight");
        const ModelSummary summary = summarise(*open());
        QVERIFY(!summary.convertible);
        QVERIFY(summary.verdict.find("model.norm.weight") != std::string::npos);
        QCOMPARE(summary.layers, std::int64_t{2});
    }

    void aTokenizerLargerThanTheVocabularyIsRefused() {
        DecoderShape shape;
        shape.vocabulary = 10;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkVocabulary(shape, 11); }), "CFG-VOCAB");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkVocabulary(shape, 9); }), "none");
    }
};

QTEST_GUILESS_MAIN(TestModelCheck)
#include "test_model_check.moc"
