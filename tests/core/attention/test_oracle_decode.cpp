// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/attention/mixers.h"
#include "tests/core/attention/oracle_mixers.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

class TestOracleDecode : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void promptsAndStepsAreThoseOfThePublishedCode();
    void everyFileIsUnderstood() { LOLCATS_COMPARE_TEXT(unknownOracleFiles("decode", isOfAKnownForm), ""); }
};

void TestOracleDecode::promptsAndStepsAreThoseOfThePublishedCode() {
    const std::vector<std::string> files = oracleFiles("decode", ".json");
    if (files.empty())
        QSKIP("This oracle folder has no decode.");
    int checked = 0;
    for (const std::string& file : files) {
        const Oracle oracle = readOracle(file);
        const std::unique_ptr<AttentionMixer> mixer = mixerOf(oracle);
        const AttentionInputs inputs = inputsOf(oracle);
        QVERIFY2(largestDifference(mixer->mix(inputs), oracle["y_parallel"]) <= oracle.tolerance(), oracle.name.c_str());
        for (const std::int64_t prompt : oracle.parameter("prefills").get<std::vector<std::int64_t>>()) {
            const std::string key = "prefill" + std::to_string(prompt);
            const at::Tensor y = decoded(*mixer, inputs, prompt);
            const double first = largestDifference(y.narrow(2, 0, prompt), oracle[key + "__y_prefill"]);
            const double rest = largestDifference(y.narrow(2, prompt, y.size(2) - prompt), oracle[key + "__y_steps"]);
            QVERIFY2(first <= oracle.tolerance() && rest <= oracle.tolerance(),
                     qPrintable(QStringLiteral("%1, %2: %3 and %4")
                                    .arg(QString::fromStdString(oracle.name), QString::fromStdString(key))
                                    .arg(first)
                                    .arg(rest)));
        }
        ++checked;
    }
    QVERIFY2(checked > 0, "none of the files is of a form that the program has");
    qInfo("%d of %zu files", checked, files.size());
}

QTEST_GUILESS_MAIN(TestOracleDecode)
#include "test_oracle_decode.moc"
