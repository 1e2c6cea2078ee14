// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/attention_map.h"
#include "core/records/plan_json.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>

using namespace lolcats;
using lolcats::testing::refusalCode;

namespace {

OptionDescription whole(const char* name, std::int64_t standard, double minimum, double maximum) {
    return {name, name, OptionKind::Integer, standard, minimum, maximum, {}, "tokens", "a sentence"};
}

Catalogue smallCatalogue() {
    Catalogue catalogue;
    catalogue.attentions = {{"hybrid", "Hybrid", "s", {whole("window", 64, 1, 4096), whole("sinks", 4, 0, 64)}},
                            {"linear", "Linear", "s", {}}};
    catalogue.featureMaps = {{"hedgehog", "Hedgehog", "s", {whole("feature_dim", 64, 1, 1024)}},
                             {"positive_elu", "1 + elu", "s", {}}};
    catalogue.datasets = {{"text", "Text", "s", {}}, {"rows", "Rows", "s", {}}};
    catalogue.presets = {{"default", "Default", "s", {}},
                         {"paper", "Paper", "s", {{"sinks", std::int64_t{0}}, {"finetune_loss", std::string("next-token")}}}};
    return catalogue;
}

} // namespace

class PlanTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aPlanComesBackFromItsJson() {
        const Catalogue catalogue = smallCatalogue();
        ConversionPlan plan = planFromPreset("paper", catalogue);
        plan.model = "/models/a.gguf";
        plan.keepSoftmax = {3, 17};
        plan.transferLr = 0.1 + 0.2;
        setPlanFieldFromText(plan, "window", "128", catalogue);
        const ConversionPlan back = planFromJson(planToJson(plan, catalogue), "/", catalogue);
        QVERIFY(back == plan);
        QVERIFY(planFromStoredJson(planToJson(plan, catalogue)) == plan);
    }

    void anAttentionWithoutFeatureMapHasNoneOfItsOptions() {
        Catalogue catalogue = smallCatalogue();
        catalogue.attentions.push_back(
            {"window", "Window", "s", {whole("window", 64, 1, 4096), whole("sinks", 4, 0, 64)}, false});
        ConversionPlan plan = planFromPreset("default", catalogue);
        const std::string before = planToJson(plan, catalogue);
        setPlanFieldFromText(plan, "attention", "window", catalogue);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { setPlanFieldFromText(plan, "feature_dim", "8", catalogue); }), "PLAN-PART");
        QVERIFY(planToJson(plan, catalogue).find("feature_dim") == std::string::npos);
        // What an earlier program wrote lists them all the same.
        std::string earlier = before;
        earlier.replace(earlier.find("\"hybrid\""), 8, "\"window\"");
        QVERIFY(planFromJson(earlier, "/", catalogue).options.count("feature_dim") == 0);
    }

    void aPresetSetsWhatItSaysAndNoMore() {
        const Catalogue catalogue = smallCatalogue();
        const ConversionPlan plan = planFromPreset("paper", catalogue);
        LOLCATS_COMPARE_TEXT(plan.finetuneLoss, "next-token");
        QCOMPARE(integerOption(plan.options, "sinks"), 0);
        QCOMPARE(integerOption(plan.options, "window"), 64);
        QVERIFY(changedFromPreset(plan, catalogue).empty());
        LOLCATS_COMPARE_TEXT(refusalCode([&] { planFromPreset("nobody", catalogue); }), "PLAN-PRESET");
    }

    void pathsCountFromThePlansFolder() {
        const Catalogue catalogue = smallCatalogue();
        const ConversionPlan plan =
            planFromJson(R"({"lolcats_plan":1,"model":"m.gguf","data":"/abs/t.txt"})", "/home/a", catalogue);
        LOLCATS_COMPARE_TEXT(plan.model, "/home/a/m.gguf");
        LOLCATS_COMPARE_TEXT(plan.data, "/abs/t.txt");
    }

    void whatAPlanDoesNotKnowIsRefused_data() {
        QTest::addColumn<QString>("json");
        QTest::addColumn<QString>("code");
        QTest::newRow("unknown key") << R"({"lolcats_plan":1,"windw":64})"
                                     << "PLAN-KEY";
        QTest::newRow("an option of a part not chosen") << R"({"lolcats_plan":1,"attention":"linear","window":64})"
                                                        << "PLAN-PART";
        QTest::newRow("a wrong kind") << R"({"lolcats_plan":1,"length":"long"})"
                                      << "PLAN-VALUE";
        QTest::newRow("outside its range") << R"({"lolcats_plan":1,"length":0})"
                                           << "PLAN-VALUE";
        QTest::newRow("an unknown word") << R"({"lolcats_plan":1,"finetune_loss":"mse"})"
                                         << "PLAN-VALUE";
        QTest::newRow("a newer version") << R"({"lolcats_plan":2})"
                                         << "PLAN-VERSION";
        QTest::newRow("no plan") << R"({"hello":1})"
                                 << "PLAN-JSON";
        QTest::newRow("cut short") << R"({"lolcats_plan":1,)"
                                   << "PLAN-JSON";
        QTest::newRow("a key twice") << R"({"lolcats_plan":1,"seed":1,"seed":2})"
                                     << "PLAN-KEY";
        QTest::newRow("a layer twice") << R"({"lolcats_plan":1,"keep_softmax":[3,3]})"
                                       << "PLAN-VALUE";
        QTest::newRow("a layer below 0") << R"({"lolcats_plan":1,"keep_softmax":"-1"})"
                                         << "PLAN-VALUE";
        for (const char* rates :
             {"3", "3:", "a:1", "3:-1", "5-3:1", "3:1,", "3:1,3:2", "0-4:1,2:1", "3:nan", "0-99999999:1", "-1:1"})
            QTest::newRow(rates) << QStringLiteral(R"({"lolcats_plan":1,"model":"m","transfer_layer_rates":"%1"})").arg(rates)
                                 << "PLAN-VALUE";
        QTest::newRow("an object for a value") << R"({"lolcats_plan":1,"seed":{}})"
                                               << "PLAN-VALUE";
    }
    void whatAPlanDoesNotKnowIsRefused() {
        QFETCH(QString, json);
        QFETCH(QString, code);
        const std::string got =
            refusalCode([&] { checkPlan(planFromJson(json.toStdString(), "/", smallCatalogue()), smallCatalogue()); });
        LOLCATS_COMPARE_TEXT(got, code.toStdString());
    }

    void ratesOfLayersAreReadAsSpans() {
        const std::map<std::int64_t, double> rates = layerRatesFromText("0-2:0.5,7:2");
        QCOMPARE(rates, (std::map<std::int64_t, double>{{0, 0.5}, {1, 0.5}, {2, 0.5}, {7, 2}}));
        QVERIFY(layerRatesFromText("").empty());
    }

    void aPlanWithoutStepsOrModelIsRefused() {
        const Catalogue catalogue = smallCatalogue();
        ConversionPlan plan = planFromPreset("default", catalogue);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkPlan(plan, catalogue); }), "PLAN-MODEL");
        plan.model = "/m";
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkPlan(plan, catalogue); }), "none");
        plan.transferSteps = plan.finetuneSteps = 0;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { checkPlan(plan, catalogue); }), "PLAN-NOTHING");
    }

    void theCommandSaysOnlyWhatChanged() {
        const Catalogue catalogue = smallCatalogue();
        ConversionPlan plan = planFromPreset("default", catalogue);
        plan.model = "/models/it's here.gguf";
        setPlanFieldFromText(plan, "window", "128", catalogue);
        setPlanFieldFromText(plan, "keep_softmax", "17,3", catalogue);
        LOLCATS_COMPARE_TEXT(
            planCommand(plan, "a.lolcats", catalogue),
            "lolcats convert '/models/it'\\''s here.gguf' \\\n  --preset default \\\n  --keep-softmax 3,17 \\\n"
            "  --window 128 \\\n  --run a.lolcats");
    }

    void everyOptionExplainsItself() {
        int options = 0;
        for (const PlanSection& section : planSections()) {
            QVERIFY(!section.options.empty());
            for (const OptionDescription& option : section.options) {
                QVERIFY2(!option.title.empty() && option.sentence.ends_with('.'), option.name.c_str());
                ++options;
            }
        }
        QVERIFY(options > 30);
    }

    void theExitCodeFollowsTheFailuresCode() {
        QCOMPARE(exitCode({"ST-TRUNC", "", "", ""}), 7);
        QCOMPARE(exitCode({"PLAN-KEY", "", "", ""}), 2);
        QCOMPARE(exitCode({"RES-DISK", "", "", ""}), 3);
        QCOMPARE(exitCode({"NUM-TRANSFER", "", "", ""}), 5);
        QCOMPARE(exitCode({"PAR-EXPORT", "", "", ""}), 6);
        QCOMPARE(exitCode({"INT-TORCH", "", "", ""}), 1);
    }

    void everyHalfComesBackAsItself() {
        for (int bits = 0; bits < 65536; ++bits) {
            const auto half = static_cast<std::uint16_t>(bits);
            const float value = floatFromHalf(half);
            if (std::isnan(value))
                QVERIFY(std::isnan(floatFromHalf(halfFromFloat(value))));
            else
                QCOMPARE(halfFromFloat(value), half);
        }
        QCOMPARE(halfFromFloat(65520.0F), std::uint16_t{0x7C00});              // rounds to infinity
        QCOMPARE(halfFromFloat(1.0F + 1.0F / 2048.0F), std::uint16_t{0x3C00}); // a tie goes to even
    }
};

QTEST_GUILESS_MAIN(PlanTest)
#include "test_plan.moc"
