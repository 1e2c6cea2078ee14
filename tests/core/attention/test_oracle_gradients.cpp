// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/weights_cross_entropy.h"
#include "tests/core/attention/mixers.h"
#include "tests/core/attention/oracle_mixers.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <torch/csrc/autograd/autograd.h>

using namespace lolcats;
using namespace lolcats::testing;

class TestOracleGradients : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void gradientsAreThoseOfThePublishedCode();
    void everyFileIsUnderstood() { LOLCATS_COMPARE_TEXT(unknownOracleFiles("gradients", isOfAKnownForm), ""); }
};

namespace {

// The cross-entropy goes backward by itself, piece by piece, so its gradients are found in the tensors.
void compareCrossEntropy(const Oracle& oracle, const AttentionMixer& mixer, const std::map<std::string, at::Tensor>& leaves) {
    const AttentionInputs inputs{oracle["q"], oracle["k"], oracle["v"]};
    const double value = weightsCrossEntropy(*mixerOf(oracle, "softmax"), mixer, inputs, 1);
    QVERIFY2(std::abs(value - oracle["xent_value"].item<double>()) <= oracle.tolerance() * std::max(1.0, value),
             oracle.name.c_str());
    for (const auto& [name, leaf] : leaves)
        if (const std::string key = "d_xent_d_" + name; oracle.tensors.contains(key))
            QVERIFY2(largestDifference(leaf.grad().view(oracle[key].sizes()), oracle[key]) <= oracle.tolerance(),
                     (oracle.name + ", " + key).c_str());
}

// Every tensor named "<prefix>…" that the oracle has, against the gradient of `value`.
void compare(const Oracle& oracle, const at::Tensor& value, const std::string& loss,
             const std::map<std::string, at::Tensor>& leaves) {
    QVERIFY2(largestDifference(value, oracle[loss + "_value"]) <=
                 oracle.tolerance() * std::max(1.0, std::abs(value.item<double>())),
             qPrintable(QString::fromStdString(oracle.name + ": " + loss)));
    for (const auto& [name, leaf] : leaves) {
        const std::string key = "d_" + loss + "_d_" + name;
        if (!oracle.tensors.contains(key))
            continue;
        const at::Tensor gradient = torch::autograd::grad({value}, {leaf}, {}, true).front();
        const double difference = largestDifference(gradient.view(oracle[key].sizes()), oracle[key]);
        QVERIFY2(difference <= oracle.tolerance(),
                 qPrintable(QStringLiteral("%1, %2: %3")
                                .arg(QString::fromStdString(oracle.name), QString::fromStdString(key))
                                .arg(difference)));
    }
}

} // namespace

void TestOracleGradients::gradientsAreThoseOfThePublishedCode() {
    const std::vector<std::string> files = oracleFiles("gradients", ".json");
    if (files.empty())
        QSKIP("This oracle folder has no gradients.");
    int checked = 0;
    for (const std::string& file : files) {
        const Oracle oracle = readOracle(file);
        const std::unique_ptr<AttentionMixer> mixer = mixerOf(oracle);
        AttentionInputs inputs = inputsOf(oracle);
        const at::Tensor teacher = mixerOf(oracle, "softmax")->mix(inputs);
        std::map<std::string, at::Tensor> leaves = {{"q", inputs.q.set_requires_grad(true)},
                                                    {"k", inputs.k.set_requires_grad(true)},
                                                    {"v", inputs.v.set_requires_grad(true)}};
        for (const NamedTensor& learned : learnedTensors(*mixer))
            leaves[learned.name == "feature_map_q"   ? "w_q"
                   : learned.name == "feature_map_k" ? "w_k"
                                                     : "theta"] = learned.tensor;
        const at::Tensor y = mixer->mix(inputs);
        compare(oracle, (y - teacher).square().mean(), "mse", leaves);
        compare(oracle, (y * oracle["cotangent"]).sum(), "dot", leaves);
        compareCrossEntropy(oracle, *mixer, leaves);
        ++checked;
    }
    QVERIFY2(checked > 0, "none of the files is of a form that the program has");
    qInfo("%d of %zu files", checked, files.size());
}

QTEST_GUILESS_MAIN(TestOracleGradients)
#include "test_oracle_gradients.moc"
