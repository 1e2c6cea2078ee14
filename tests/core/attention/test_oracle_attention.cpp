// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/core/attention/mixers.h"
#include "tests/core/attention/oracle_mixers.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

class TestOracleAttention : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void outputsAndWeightsAreThoseOfThePublishedCode();
    void everyFileIsUnderstood() { LOLCATS_COMPARE_TEXT(unknownOracleFiles("attention", isOfAKnownForm), ""); }
};

namespace {

void compare(const AttentionMixer& mixer, const Oracle& oracle, const std::string& y, const std::string& a) {
    const AttentionInputs inputs = inputsOf(oracle);
    const double tolerance = oracle.tolerance();
    const auto differs = [&](const at::Tensor& ours, const std::string& theirs) {
        const double difference = largestDifference(ours, oracle[theirs]);
        QVERIFY2(difference <= tolerance,
                 qPrintable(QStringLiteral("%1, %2: %3")
                                .arg(QString::fromStdString(oracle.name), QString::fromStdString(theirs))
                                .arg(difference)));
    };
    differs(mixer.mix(inputs), y);
    const AttentionWeights weights = mixer.weights(inputs);
    const at::Tensor all = weights.linear.defined() ? weights.softmax + weights.linear : weights.softmax;
    if (oracle.tensors.contains(a))
        differs(all, a);
    if (oracle.tensors.contains(a + "_rows"))
        differs(all.index_select(2, oracle["row_numbers"].to(at::kLong)), a + "_rows");
}

// A text in chunks, the later of which see the earlier ones through their sums alone.
void compareChunks(const Oracle& oracle) {
    const std::unique_ptr<AttentionMixer> mixer = mixerOf(oracle);
    const at::Tensor y = mixer->mix(inputsOf(oracle));
    std::int64_t first = 0, number = 0;
    for (const std::int64_t length : oracle.parameter("chunk_lengths").get<std::vector<std::int64_t>>()) {
        const double difference = largestDifference(y.narrow(2, first, length), oracle["y_chunk" + std::to_string(++number)]);
        QVERIFY2(difference <= oracle.tolerance(),
                 qPrintable(
                     QStringLiteral("%1, chunk %2: %3").arg(QString::fromStdString(oracle.name)).arg(number).arg(difference)));
        first += length;
    }
    QVERIFY(number > 1 && first == y.size(2));
}

} // namespace

void TestOracleAttention::outputsAndWeightsAreThoseOfThePublishedCode() {
    const std::vector<std::string> files = oracleFiles("attention", ".json");
    if (files.empty())
        QSKIP("This oracle folder has no attention.");
    const at::NoGradGuard noGrad;
    int checked = 0;
    for (const std::string& file : files) {
        const Oracle oracle = readOracle(file);
        if (oracle.has("chunk_lengths"))
            compareChunks(oracle);
        else
            compare(*mixerOf(oracle), oracle, "y", "a");
        if (oracle.tensors.contains("y_softmax"))
            compare(*mixerOf(oracle, "softmax"), oracle, "y_softmax", "a_softmax");
        if (oracle.tensors.contains("y_linear"))
            compare(*mixerOf(oracle, "linear"), oracle, "y_linear", "a_linear");
        ++checked;
    }
    QVERIFY2(checked > 0, "none of the files is of a form that the program has");
    qInfo("%d of %zu files", checked, files.size());
}

QTEST_GUILESS_MAIN(TestOracleAttention)
#include "test_oracle_attention.moc"
