// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;

class TestOracleBrokenSafetensors : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void eachFileLoadsOrIsRefusedAsItsIndexSays() {
        const auto indexes = lolcats::testing::oracleFiles("models/broken-safetensors", "index.json");
        if (indexes.empty())
            QSKIP("the folder of oracles holds no models/broken-safetensors");
        for (const Json& entry : lolcats::testing::oracleJson(indexes.front())) {
            const std::string name =
                lolcats::testing::oraclesFolder() + "/models/broken-safetensors/" + entry["file"].get<std::string>();
            const std::string code = lolcats::testing::refusalCode([&] {
                const SafetensorsFile file(name);
                for (const SafetensorsEntry& tensor : file.entries())
                    file.read(tensor);
            });
            const std::string expect = entry["expect"].get<std::string>();
            const std::string what = entry["file"].get<std::string>() + ": " + code;
            if (expect == "loads")
                QVERIFY2(code == "none", what.c_str());
            else if (expect == "refused")
                QVERIFY2(code.starts_with("ST-"), what.c_str());
            else
                QVERIFY2(code == "none" || code.starts_with("ST-"), what.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleBrokenSafetensors)
#include "test_oracle_broken_safetensors.moc"
