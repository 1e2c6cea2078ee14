// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/attention/learned_kernel.h"
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
    void terracedMasksAreThoseOfThePublishedCode();
    void featuresAreThoseOfThePublishedCode();
    void everyFileIsUnderstood();
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

// A map of ours as a name "variant__activation__full" says, with the oracle's numbers.
std::unique_ptr<FeatureMap> mapNamed(const Oracle& oracle, const QStringList& parts) {
    const QString& variant = parts[0];
    const bool skip = variant.contains(QLatin1String("skip"));
    const bool bias = variant.endsWith(QLatin1String("bias"));
    const bool start = variant.contains(QLatin1String("init"));
    const at::Tensor x = oracle["x"];
    const OptionValues options = {{"feature_kernel", std::string("affine")},
                                  {"feature_dim", skip ? x.size(3) : oracle.number("feature_dim")},
                                  {"feature_skip", skip},
                                  {"feature_bias", std::string(bias ? "head" : "none")},
                                  {"feature_start", std::string(start && skip ? "zero" : "identity")},
                                  {"feature_signs", std::string(parts[2] == QLatin1String("full") ? "both" : "one")}};
    std::unique_ptr<FeatureMap> map =
        makeFeatureMap(publishedMaps().at(parts[1].toStdString()), {x.size(1), x.size(3), 0, at::kDouble}, options);
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : map->parameters())
        if (learned.name.ends_with("_bias"))
            learned.tensor.copy_(oracle["bias"]);
        else if (!start)
            learned.tensor.copy_(oracle[skip ? "w_square" : "w"]);
        else if (!skip && !at::equal(learned.tensor, oracle["eye_init_layer"]))
            return nullptr;
    return map;
}

// The activation alone: a map that learns nothing reads z as one token a row.
at::Tensor activated(const Oracle& oracle, const QStringList& parts) {
    const at::Tensor z = oracle["z"];
    const auto map = makeFeatureMap(publishedMaps().at(parts[1].toStdString()), {1, z.size(1), 0, at::kDouble},
                                    {{"feature_kernel", std::string("none")},
                                     {"feature_signs", std::string(parts[2] == QLatin1String("full") ? "both" : "one")}});
    return map->keys(z.unsqueeze(0).unsqueeze(0))[0][0];
}

at::Tensor adapted(const Oracle& oracle) {
    const at::Tensor x = oracle["x"];
    const at::Tensor in = oracle["adapter_layer0"];
    const at::Tensor out = oracle["adapter_layer1"];
    const OptionValues options = completed(
        featureMapParts().front().choice,
        {{"feature_kernel", std::string("adapter")}, {"feature_adapter_width", in.size(2)}, {"feature_dim", out.size(2)}});
    const LearnedKernel kernel({x.size(1), x.size(3), 0, at::kDouble}, options);
    const std::map<std::string, at::Tensor> theirs = {{"feature_map_q", out},
                                                      {"feature_map_q_bias", oracle["adapter_bias1"]},
                                                      {"feature_map_q_in", in},
                                                      {"feature_map_q_in_bias", oracle["adapter_bias0"]}};
    const at::NoGradGuard noGrad;
    for (NamedTensor& learned : kernel.parameters())
        if (const auto found = theirs.find(learned.name); found != theirs.end())
            learned.tensor.copy_(found->second);
    return kernel.queries(x);
}

at::Tensor expectedOf(const Oracle& oracle, const std::string& name) {
    const QStringList parts = QString::fromStdString(name).split(QStringLiteral("__"));
    if (name == "adapter__mlp")
        return adapted(oracle);
    if (name == "eye_init_layer")
        return makeFeatureMap("hedgehog", {oracle["x"].size(1), oracle["x"].size(3), 0, at::kDouble},
                              {{"feature_dim", oracle.number("feature_dim")}})
            ->parameters()
            .front()
            .tensor;
    if (parts.size() != 3)
        return {};
    if (parts[0] == QLatin1String("activation"))
        return activated(oracle, parts);
    const auto map = mapNamed(oracle, parts);
    return map ? map->queries(oracle["x"]) : at::Tensor();
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

// Only as many queries as keys: nothing calls the published masks with fewer. Where a key counts twice, its number is 2.
void TestOracleMaps::terracedMasksAreThoseOfThePublishedCode() {
    const std::vector<Oracle> oracles = found([](const Json& json) {
        return json.at("parameters").value("form", "") == "tk" && json.at("parameters").contains("windows");
    });
    if (oracles.empty())
        QSKIP("This oracle folder has no terraced masks.");
    static const QRegularExpression form(QStringLiteral("^w(\\d+)_q(\\d+)_k(\\d+)_window$"));
    int checked = 0;
    for (const Oracle& oracle : oracles)
        for (const auto& [name, window] : oracle.tensors) {
            const auto match = form.match(QString::fromStdString(name));
            const std::int64_t tokens = match.captured(3).toLongLong();
            if (!match.hasMatch() || match.captured(2).toLongLong() != tokens)
                continue;
            WindowGeometry geometry{match.captured(1).toLongLong(), 0, true, true, 0};
            const at::Tensor softmax = softmaxKeys(forTokens(geometry, tokens), 0, tokens, at::kCPU);
            const at::Tensor causal = at::ones({tokens, tokens}, at::kBool).tril();
            const at::Tensor linear = countsTwice(geometry, tokens) ? causal : causal & ~softmax;
            QVERIFY2(at::equal(softmax, window != 0), name.c_str());
            const std::string other = name.substr(0, name.rfind('_')) + "_linear";
            QVERIFY2(at::equal(linear, oracle[other] != 0), other.c_str());
            ++checked;
        }
    QVERIFY(checked > 0);
    qInfo("%d pairs of masks", checked);
}

void TestOracleMaps::featuresAreThoseOfThePublishedCode() {
    const std::vector<Oracle> oracles = found([](const Json& json) { return json.at("parameters").contains("variants"); });
    if (oracles.empty())
        QSKIP("This oracle folder has no feature maps.");
    const at::NoGradGuard noGrad;
    int checked = 0;
    for (const Oracle& oracle : oracles)
        for (const auto& [name, shape] : oracle.json.at("expected").items()) {
            const at::Tensor ours = expectedOf(oracle, name);
            QVERIFY2(ours.defined(), name.c_str());
            const double difference = largestDifference(ours, oracle[name]);
            QVERIFY2(difference <= oracle.tolerance(), qPrintable(QStringLiteral("%1: %2").arg(name.c_str()).arg(difference)));
            ++checked;
        }
    qInfo("%d tensors", checked);
}

// Rotations are looked at in test_oracle_rope.
void TestOracleMaps::everyFileIsUnderstood() {
    LOLCATS_COMPARE_TEXT(unknownOracleFiles("maps",
                                            [](const Json& json) {
                                                const Json parameters = json.value("parameters", Json::object());
                                                return json.value("name", "") == "rope" || parameters.contains("variants") ||
                                                       parameters.contains("windows");
                                            }),
                         "");
}

QTEST_GUILESS_MAIN(TestOracleMaps)
#include "test_oracle_maps.moc"
