// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/model_source.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;

class TestOracleGgufTokenizer : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void theSamplesTokenizerIsThatOfItsHuggingFaceFile() {
        const auto files = lolcats::testing::oracleFiles("tokenizers", "smollm2.tokenizer.json");
        if (files.empty())
            QSKIP("the folder of oracles holds no tokenizers/smollm2.tokenizer.json");
        if (lolcats::testing::sampleModel().empty())
            QSKIP("the sample model was not fetched");
        const Json expected = readJsonFile(files.front(), 64U << 20U, "TK");
        const Json written = parseStrictJson(openModelSource(lolcats::testing::sampleModel())->tokenizerJson(), "sample", "TK");
        for (const auto& [key, value] : expected.items())
            if (key != "model")
                LOLCATS_COMPARE_TEXT(key + written[key].dump(), key + value.dump());
        for (const auto& [key, value] : expected["model"].items())
            QVERIFY2(written["model"][key] == value, key.c_str());
    }

    void theSamplesKeysAndTensorsAreThoseOfItsList() {
        const auto files = lolcats::testing::oracleFiles("models", "smollm2_gguf.json");
        if (files.empty() || lolcats::testing::sampleModel().empty())
            QSKIP("the list or the sample model is not there");
        const Json expected = lolcats::testing::oracleJson(files.front());
        const auto source = openModelSource(lolcats::testing::sampleModel());
        const Json& keys = expected["kv"];
        const Json& config = source->config();
        QVERIFY(config["hidden_size"] == keys["llama.embedding_length"]);
        QVERIFY(config["num_hidden_layers"] == keys["llama.block_count"]);
        QVERIFY(config["num_key_value_heads"] == keys["llama.attention.head_count_kv"]);
        QVERIFY(config["rope_theta"] == keys["llama.rope.freq_base"]);
        QCOMPARE(config["rms_norm_eps"].get<double>(), 1e-5);
        QCOMPARE(source->tensors().size(), expected["tensors"].size());
        for (std::size_t i = 0; i < source->tensors().size(); ++i) {
            const StoredTensor& tensor = source->tensors()[i];
            const Json& listed = expected["tensors"][i];
            LOLCATS_COMPARE_TEXT(tensor.type, listed["type"].get<std::string>());
            QCOMPARE(tensor.bytes, listed["bytes"].get<std::uint64_t>());
            auto shape = listed["ne"].get<std::vector<std::int64_t>>();
            std::reverse(shape.begin(), shape.end());
            QCOMPARE(tensor.shape, shape);
        }
    }

    void smallFilesAreReadAsTheirDescriptionSays() {
        const auto files = lolcats::testing::oracleFiles("gguf", ".gguf");
        if (files.empty())
            QSKIP("the folder of oracles holds no gguf files");
        for (const std::string& file : files) {
            const Json description = lolcats::testing::oracleJson(lolcats::testing::besideIt(file, ".json"));
            const auto source = openModelSource(file);
            for (const auto& [key, value] : description["config"].items())
                if (key != "rope_scaling") // told by rope_freqs.weight in these files
                    QVERIFY2(source->config().value(key, Json()) == value, (file + ": " + key).c_str());
            const bool divided = source->find("rope_freqs.weight") != nullptr;
            QCOMPARE(divided, !description["config"]["rope_scaling"].is_null());
            const std::string code = lolcats::testing::refusalCode([&] { source->tokenizerJson(); });
            LOLCATS_COMPARE_TEXT(code, "none");
            for (const StoredTensor& tensor : source->tensors()) {
                std::size_t count = 1;
                for (const std::int64_t dimension : tensor.shape)
                    count *= static_cast<std::size_t>(dimension);
                std::vector<float> values(count);
                source->readFloats(tensor.name, values);
                QVERIFY2(std::any_of(values.begin(), values.end(), [](float value) { return value != 0; }),
                         tensor.name.c_str());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleGgufTokenizer)
#include "test_oracle_gguf_tokenizer.moc"
