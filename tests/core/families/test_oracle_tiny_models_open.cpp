// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/model_family.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;

class TestOracleTinyModelsOpen : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void modelsOfAllFamiliesAreWhole() {
        const auto indexes = lolcats::testing::oracleFiles("models/tiny", "index.json");
        if (indexes.empty())
            QSKIP("the folder of oracles holds no models/tiny");
        int whole = 0;
        const Json index = lolcats::testing::oracleJson(indexes.front());
        for (const Json& entry : index["models"]) {
            const auto name = entry["name"].get<std::string>();
            const auto source = openModelSource(lolcats::testing::oraclesFolder() + "/models/tiny/" + name);
            const std::string code = lolcats::testing::refusalCode([&] { checkModel(*source); });
            LOLCATS_COMPARE_TEXT(name + " " + code, name + " none");
            const ModelSummary summary = summarise(*source);
            QVERIFY2(summary.convertible, summary.verdict.c_str());
            ++whole;
        }
        QVERIFY(whole > 0);
    }

    void smallGgufFilesAreWhole() {
        const auto files = lolcats::testing::oracleFiles("gguf", ".gguf");
        if (files.empty())
            QSKIP("the folder of oracles holds no gguf files");
        for (const std::string& file : files) {
            const auto source = openModelSource(file);
            const std::string code = lolcats::testing::refusalCode([&] { checkModel(*source); });
            LOLCATS_COMPARE_TEXT(file + " " + code, file + " none");
        }
    }

    void theSampleCanBeConverted() {
        if (lolcats::testing::sampleModel().empty())
            QSKIP("the sample model was not fetched");
        const ModelSummary summary = summarise(*openModelSource(lolcats::testing::sampleModel()));
        LOLCATS_COMPARE_TEXT(summary.verdict, "30 of 30 layers can be converted");
        QVERIFY2(summary.tokenizerUsable, summary.tokenizer.c_str());
        QCOMPARE(summary.parameters, std::int64_t{134515008});
        QCOMPARE(summary.notices.size(), std::size_t{1});
    }
};

QTEST_GUILESS_MAIN(TestOracleTinyModelsOpen)
#include "test_oracle_tiny_models_open.moc"
