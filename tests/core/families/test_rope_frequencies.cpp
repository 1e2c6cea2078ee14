// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/decoder_shape.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>

using namespace lolcats;

class TestRopeFrequencies : public QObject {
    Q_OBJECT

    static bool near(double value, double expected) { return std::abs(value - expected) <= 1e-8 * expected; }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void llama3KeepsBlendsAndDivides() {
        const RopeShape rope{"llama3", 500000, 8, 1, 4, 8192, {}};
        const std::vector<double> scaled = inverseFrequencies(rope, 128);
        const std::vector<double> plain = inverseFrequencies({"default", 500000, 1, 1, 4, 0, {}}, 128);
        QCOMPARE(scaled.size(), std::size_t{64});
        for (std::size_t i = 0; i < 64; ++i) {
            QCOMPARE(scaled[i] == plain[i], i < 29);
            QCOMPARE(scaled[i] == plain[i] / 8, i >= 35);
        }
        QVERIFY(near(scaled[28], 0.00321144599));
        QVERIFY(near(scaled[29], 0.00216657076));
        QVERIFY(near(scaled[32], 0.000524846161));
        QVERIFY(near(scaled[35], 9.55621235e-05));
        QVERIFY(near(scaled[63], 3.06892599e-07));
    }

    void linearDividesAll() {
        const std::vector<double> scaled = inverseFrequencies({"linear", 10000, 4, 1, 4, 0, {}}, 4);
        QVERIFY(near(scaled[0], 0.25));
        QVERIFY(near(scaled[1], 0.0025));
    }

    void dynamicIsPlainUntilTheTextIsLongerThanTheModelWasMadeFor() {
        const RopeShape rope{"dynamic", 10000, 2, 1, 4, 24, {}};
        const std::vector<double> plain = inverseFrequencies({"default", 10000, 1, 1, 4, 0, {}}, 16);
        QCOMPARE(inverseFrequencies(rope, 16, 0), plain);
        QCOMPARE(inverseFrequencies(rope, 16, 24), plain);
        const std::vector<double> longer = inverseFrequencies(rope, 16, 48);
        QCOMPARE(longer[0], 1.0);
        const double theta = 10000 * std::pow(3.0, 16.0 / 14.0); // 2 * 48 / 24 - 1
        QVERIFY(near(longer[3], std::pow(theta, -6.0 / 16.0)));
    }

    void yarnKeepsBlendsAndDivides() {
        RopeShape rope{"yarn", 1e6, 4, 1, 4, 32768, {}};
        const std::vector<double> scaled = inverseFrequencies(rope, 128);
        const std::vector<double> plain = inverseFrequencies({"default", 1e6, 1, 1, 4, 0, {}}, 128);
        for (std::size_t i = 0; i < 64; ++i) {
            QCOMPARE(scaled[i] == plain[i], i <= 23);
            QCOMPARE(std::abs(scaled[i] / plain[i] - 0.25) < 1e-12, i >= 40);
        }
        QVERIFY(near(scaled[20], 0.0133352143));
        QVERIFY(near(scaled[30], 0.00106436098));
        QVERIFY(near(scaled[40], 4.44569853e-05));
        QVERIFY(near(scaled[63], 3.1023444e-07));
        rope.truncated = false; // the borders lie between dimensions: some other value, still between the two
        const std::vector<double> smooth = inverseFrequencies(rope, 128);
        QVERIFY(smooth[30] != scaled[30] && smooth[30] < plain[30] && smooth[30] > plain[30] / 4);
    }

    void divisorsFromTheFileDivideOneByOne() {
        const std::vector<double> scaled = inverseFrequencies({"default", 10000, 1, 1, 4, 0, {1.0F, 8.0F}}, 4);
        QVERIFY(near(scaled[0], 1));
        QVERIFY(near(scaled[1], 0.01 / 8));
    }
};

QTEST_GUILESS_MAIN(TestRopeFrequencies)
#include "test_rope_frequencies.moc"
