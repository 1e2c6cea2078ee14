// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_file.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;

class TestOracleBrokenGguf : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void eachFileLoadsOrIsRefusedAsItsIndexSays() {
        const auto indexes = lolcats::testing::oracleFiles("gguf/broken", "index.json");
        if (indexes.empty())
            QSKIP("the folder of oracles holds no gguf/broken");
        for (const Json& entry : lolcats::testing::oracleJson(indexes.front())) {
            const std::string name = lolcats::testing::oraclesFolder() + "/gguf/broken/" + entry["file"].get<std::string>();
            const std::string code = lolcats::testing::refusalCode([&] {
                const GgufFile file(name);
                for (const GgufTensor& tensor : file.tensors()) {
                    std::vector<std::byte> bytes(tensor.bytes);
                    file.read(tensor, 0, bytes);
                }
            });
            const std::string expect = entry["expect"].get<std::string>();
            const std::string what = entry["file"].get<std::string>() + ": " + code;
            if (expect == "loads")
                QVERIFY2(code == "none", what.c_str());
            else if (expect == "refused")
                QVERIFY2(code.starts_with("GG-"), what.c_str());
            else
                QVERIFY2(code == "none" || code.starts_with("GG-"), what.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleBrokenGguf)
#include "test_oracle_broken_gguf.moc"
