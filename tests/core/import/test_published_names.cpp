// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/export/published_names.h"
#include "core/jobs/presets.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <map>

using namespace lolcats;

namespace {

std::map<std::string, std::string> settings(const std::string& name) {
    std::map<std::string, std::string> all;
    for (const auto& [field, text] : settingsOfRunName(name).fields)
        all[field] = text;
    return all;
}

} // namespace

class TestPublishedNames : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void tensorsHaveTheirNamesBothWays() {
        const std::vector<std::tuple<const char*, bool, const char*>> names = {
            {"student.3.feature_map_q", false, "model.layers.3.self_attn.feature_map_q.mlp.layer"},
            {"student.0.feature_map_k_bias", false, "model.layers.0.self_attn.feature_map_k.mlp.bias"},
            {"student.3.feature_map_q", true, "model.layers.3.self_attn.feature_map_q.mlp.layer1"},
            {"student.3.feature_map_q_in", true, "model.layers.3.self_attn.feature_map_q.mlp.layer0"},
            {"student.3.feature_map_k_in_bias", true, "model.layers.3.self_attn.feature_map_k.mlp.bias0"},
            {"student.3.feature_map_k_bias", true, "model.layers.3.self_attn.feature_map_k.mlp.bias1"},
            {"student.31.window_factor", false, "model.layers.31.self_attn.window_factors"},
            {"lora.7.o.b", false, "base_model.model.model.layers.7.self_attn.o_proj.lora_B.default.weight"}};
        for (const auto& [ours, adapter, published] : names) {
            LOLCATS_COMPARE_TEXT(publishedTensorName(ours, adapter), published);
            LOLCATS_COMPARE_TEXT(ourTensorName(published, 0).value_or("none"), ours);
        }
    }

    void prefixesAndBlocksDoNotMatter() {
        for (const char* prefix : {"", "model.", "model.model.", "base_model.model.model.", "base_model.model."})
            LOLCATS_COMPARE_TEXT(ourTensorName(std::string(prefix) + "layers.2.self_attn.window_factors", 0).value_or("none"),
                                 "student.2.window_factor");
        LOLCATS_COMPARE_TEXT(ourTensorName("model.layers.1.self_attn.window_factors", 9).value_or("none"),
                             "student.10.window_factor");
        LOLCATS_COMPARE_TEXT(
            ourTensorName("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 0).value_or("none"), "lora.0.q.a");
        for (const char* other :
             {"model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.up_proj.weight",
              "model.layers.x.self_attn.window_factors", "model.layers.0.self_attn.feature_map_q.mlp.layer9",
              "model.layers.0.self_attn.feature_map_v.mlp.layer", ""})
            QVERIFY2(!ourTensorName(other, 0), other);
        QVERIFY(!ourTensorName("model.layers.0.self_attn." + std::string(100000, 'x'), 0));
    }

    void thePublishedConfigurationsAreUnderstood() {
        const auto of = [](const std::string& model) {
            return settings("dl-d=x-m=" + model + "-f=y-s=0-se=0-re=0_distill.pt");
        };
        auto read = of("distill_llama3_8b_lk_smd_wsw64_fd64_w01");
        LOLCATS_COMPARE_TEXT(read["window_shape"], "sliding");
        LOLCATS_COMPARE_TEXT(read["window"], "64");
        LOLCATS_COMPARE_TEXT(read["window_factor"], "0.10");
        read = of("distill_mistral_7b_lk_smd_fd64");
        LOLCATS_COMPARE_TEXT(read["attention"], "linear");
        LOLCATS_COMPARE_TEXT(read["feature_map"], "hedgehog");
        read = of("distill_llama3_1_8b_lk_t2r");
        LOLCATS_COMPARE_TEXT(read["feature_map"], "t2r");
        read = of("distill_long_llama3_8b_wtk64_fd64_w01");
        QVERIFY(!read.contains("attention"));
        QVERIFY(!settingsOfRunName("model.pt").isRunName);
        QCOMPARE(settingsOfRunName("dl-d=x-m=y-f=z-s=0-se=0-re=0-in=08-out=11_distill.pt").firstLayer, std::int64_t{8});
        QVERIFY(!settingsOfRunName("dl-d=" + std::string(100000, '-')).isRunName);
    }

    // What the name of an export says is what the plan was.
    void aPlansNameSaysThePlan_data() {
        QTest::addColumn<QString>("changes");
        for (const char* changes :
             {"", "window_shape=sliding window=32 seed=7", "feature_map=exp feature_signs=one", "linear_factor_affine=true",
              "feature_kernel=adapter", "feature_tied=true feature_skip=true feature_start=zero",
              "attention=linear feature_map=t2r", "rank=4 alpha=12.5 finetune_maps=true",
              "transfer_xent_factor=1 transfer_lr=0.001", "feature_start=normal"})
            QTest::newRow(changes) << QString::fromLatin1(changes);
    }
    void aPlansNameSaysThePlan() {
        QFETCH(QString, changes);
        const Catalogue& catalogue = engineCatalogue();
        ConversionPlan plan = planFromPreset("paper", catalogue);
        setPlanField(plan, "window_shape", std::string("terraced-end"), catalogue);
        plan.alpha = 16;
        for (const QString& change : changes.split(QLatin1Char(' '), Qt::SkipEmptyParts))
            setPlanFieldFromText(plan, change.section('=', 0, 0).toStdString(), change.section('=', 1).toStdString(),
                                 catalogue);
        plan = completedPlan(plan, catalogue);
        const std::string name = publishedRunName(plan, "Tiny-Llama 3.1") + "_distill.pt";
        QVERIFY2(name.size() < 255, name.c_str());
        ConversionPlan read = planFromPreset("paper", catalogue);
        for (const auto& [field, text] : settingsOfRunName(name).fields)
            setPlanFieldFromText(read, field, text, catalogue);
        read.preset = plan.preset;
        read = completedPlan(read, catalogue);
        read.targets = plan.targets;
        for (const std::string& field : changedFromPreset(plan, catalogue))
            QVERIFY2(planField(read, field, catalogue) == planField(plan, field, catalogue), (field + " of " + name).c_str());
    }
};

QTEST_GUILESS_MAIN(TestPublishedNames)
#include "test_published_names.moc"
