// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_blocks.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cstring>

using namespace lolcats;

class TestOracleDequant : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void blocksUnpackBitForBit() {
        const auto files = lolcats::testing::oracleFiles("gguf", "dequant.json");
        if (files.empty())
            QSKIP("the folder of oracles holds no gguf/dequant.json");
        const Json description = lolcats::testing::oracleJson(files.front());
        const SafetensorsFile tensors(lolcats::testing::besideIt(files.front(), ".safetensors"));
        for (const auto& [name, set] : description["sets"].items()) {
            const auto type = set["type"].get<std::string>();
            QVERIFY2(canDequantise(type), type.c_str());
            const std::vector<std::byte> blocks = tensors.read(*tensors.find(name + ".bytes"));
            const std::vector<float> expected = tensors.readFloats(name + ".values");
            std::vector<float> values(expected.size());
            dequantise(type, blocks, values);
            for (std::size_t i = 0; i < values.size(); ++i)
                if (std::memcmp(&values[i], &expected[i], sizeof(float)) != 0)
                    QFAIL(qPrintable(QString("%1: value %2 is %3 instead of %4")
                                         .arg(QString::fromStdString(name))
                                         .arg(i)
                                         .arg(static_cast<double>(values[i]), 0, 'g', 9)
                                         .arg(static_cast<double>(expected[i]), 0, 'g', 9)));
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleDequant)
#include "test_oracle_dequant.moc"
