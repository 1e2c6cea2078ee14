// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/window_geometry.h"
#include "tests/core/attention/mixers.h"
#include "tests/core/attention/oracle_mixers.h"
#include "tests/support/sentences.h"

#include <QRegularExpression>
#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;

class TestOracleMaps : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }
    void slidingMasksAreThoseOfThePublishedCode();
    void hedgehogFeaturesAreThoseOfThePublishedCode();
};

namespace {

// The maps' file that `isIt` accepts.
template <typename Question> std::vector<Oracle> found(Question&& isIt) {
    std::vector<Oracle> oracles;
    for (const std::string& file : oracleFiles("maps", ".json"))
        if (isIt(oracleJson(file)))
            oracles.push_back(readOracle(file));
    return oracles;
}

void setMap(const FeatureMap& map, const at::Tensor& w) {
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : map.parameters())
        learned.tensor.copy_(w);
}

} // namespace

void TestOracleMaps::slidingMasksAreThoseOfThePublishedCode() {
    const std::vector<Oracle> oracles = found([](const Json& json) {
        return json.at("parameters").value("form", "") == "sw" && json.at("parameters").contains("windows");
    });
    if (oracles.empty())
        QSKIP("This oracle folder has no sliding masks.");
    static const QRegularExpression form(QStringLiteral("^w(\\d+)_q(\\d+)_k(\\d+)_window$"));
    int checked = 0;
    for (const Oracle& oracle : oracles)
        for (const auto& [name, window] : oracle.tensors) {
            const auto match = form.match(QString::fromStdString(name));
            if (!match.hasMatch())
                continue;
            const std::int64_t queries = match.captured(2).toLongLong();
            const std::int64_t keys = match.captured(3).toLongLong();
            const WindowGeometry geometry{match.captured(1).toLongLong(), 0, false};
            const at::Tensor softmax = softmaxKeys(geometry, 0, keys, at::kCPU);
            const at::Tensor linear = at::ones({keys, keys}, at::kBool).tril() & ~softmax;
            // Fewer queries than keys: they are the last ones.
            const auto last = [&](const at::Tensor& mask) { return mask.narrow(0, keys - queries, queries); };
            const std::string other = name.substr(0, name.rfind('_')) + "_linear";
            QVERIFY2(at::equal(last(softmax), window != 0), name.c_str());
            QVERIFY2(at::equal(last(linear), oracle[other] != 0), other.c_str());
            ++checked;
        }
    QVERIFY(checked > 0);
    qInfo("%d pairs of masks", checked);
}

void TestOracleMaps::hedgehogFeaturesAreThoseOfThePublishedCode() {
    const std::vector<Oracle> oracles = found([](const Json& json) { return json.at("parameters").contains("variants"); });
    if (oracles.empty())
        QSKIP("This oracle folder has no feature maps.");
    for (const Oracle& oracle : oracles) {
        const at::Tensor x = oracle["x"];
        const FeatureMapShape shape{x.size(1), x.size(3), 0, at::kDouble};
        const std::unique_ptr<FeatureMap> map =
            makeFeatureMap("hedgehog", shape, {{"feature_dim", oracle.number("feature_dim")}});
        QVERIFY(at::equal(map->parameters().front().tensor, oracle["eye_init_layer"]));
        QVERIFY(largestDifference(map->queries(x), oracle["eyeinit__softmax_dim__full"]) <= oracle.tolerance());
        setMap(*map, oracle["w"]);
        QVERIFY(largestDifference(map->queries(x), oracle["plain__softmax_dim__full"]) <= oracle.tolerance());
        QVERIFY(largestDifference(map->keys(x), oracle["plain__softmax_dim__full"]) <= oracle.tolerance());
        // A published map with a skip connection is this map with the identity added, and its scalar bias does nothing.
        const std::unique_ptr<FeatureMap> square = makeFeatureMap("hedgehog", shape, {{"feature_dim", x.size(3)}});
        setMap(*square, oracle["w_square"] + at::eye(x.size(3), at::kDouble));
        QVERIFY(largestDifference(square->queries(x), oracle["skip__softmax_dim__full"]) <= oracle.tolerance());
        const std::unique_ptr<FeatureMap> elu = makeFeatureMap("positive_elu", shape, {});
        QVERIFY(largestDifference(elu->queries(x).clamp_min(1e-12), oracle["zeroinitskip__pos_elu__full"]) <=
                oracle.tolerance());
    }
}

QTEST_GUILESS_MAIN(TestOracleMaps)
#include "test_oracle_maps.moc"
