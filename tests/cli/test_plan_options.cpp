// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/plan_options.h"
#include "core/records/plan_json.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;

namespace {

Catalogue smallCatalogue() {
    Catalogue catalogue;
    const OptionDescription window{"window", "Window", OptionKind::Integer, std::int64_t{64}, 1, 4096,
                                   {},       "tokens", "How far it sees."};
    const OptionDescription bias{"bias", "Bias", OptionKind::Flag, false, 0, 0, {}, "", "Adds one."};
    catalogue.attentions = {{"hybrid", "Hybrid", "Both.", {window, bias}}, {"linear", "Linear", "One.", {}}};
    catalogue.featureMaps = {{"hedgehog", "Hedgehog", "Learned.", {}}};
    catalogue.datasets = {{"text", "Text", "Plain.", {}}};
    catalogue.presets = {{"default", "Default", "As it is.", {}},
                         {"short", "Short", "Few.", {{"transfer_steps", std::int64_t{3}}}}};
    return catalogue;
}

// As the program does it: what the verb does not know is taken first, the rest is parsed.
ConversionPlan planOf(std::vector<std::string> words) {
    Session session;
    CLI::App app("test");
    PlanOptions options;
    std::string model;
    app.add_option("MODEL", model)->required();
    options.addTo(app);
    options.setUnknown(takenUnknown(app, words));
    std::reverse(words.begin(), words.end());
    app.parse(std::move(words));
    return options.plan(model, smallCatalogue(), session);
}

std::string codeOf(const std::vector<std::string>& words) {
    return lolcats::testing::refusalCode([&] { planOf(words); });
}

} // namespace

class TestPlanOptions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }
    void fieldsAndPartOptionsReachThePlan();
    void whatIsNotGivenIsThePresets();
    void anOptionOfNoPartIsRefused();
    void aValueThatDoesNotFitIsRefused();
    void aPlanFileIsReadAndOptionsChangeIt();
};

void TestPlanOptions::fieldsAndPartOptionsReachThePlan() {
    const ConversionPlan plan = planOf({"--window", "32", "m.gguf", "--transfer-lr=1e-3", "--bias", "--keep-softmax", "3,17",
                                        "--data", "text.txt", "--finetune-maps", "false"});
    QCOMPARE(integerOption(plan.options, "window"), 32);
    QVERIFY(flagOption(plan.options, "bias"));
    QCOMPARE(plan.transferLr, 1e-3);
    QVERIFY(plan.keepSoftmax == (std::vector<std::int64_t>{3, 17}));
    QVERIFY(!plan.finetuneMaps);
    QVERIFY(plan.model.starts_with("/") && plan.model.ends_with("/m.gguf"));
    QVERIFY(plan.data.starts_with("/") && plan.data.ends_with("/text.txt"));
}

void TestPlanOptions::whatIsNotGivenIsThePresets() {
    const ConversionPlan plan = planOf({"m.gguf", "--preset", "short", "--seed", "9"});
    QCOMPARE(plan.transferSteps, 3);
    QCOMPARE(plan.seed, 9);
    QCOMPARE(integerOption(plan.options, "window"), 64);
    LOLCATS_COMPARE_TEXT(plan.preset, "short");
}

void TestPlanOptions::anOptionOfNoPartIsRefused() {
    LOLCATS_COMPARE_TEXT(codeOf({"m.gguf", "--frob", "1"}), "ARG-OPTION");
    LOLCATS_COMPARE_TEXT(codeOf({"m.gguf", "--attention", "linear", "--window", "32"}), "ARG-OPTION");
}

void TestPlanOptions::aValueThatDoesNotFitIsRefused() {
    LOLCATS_COMPARE_TEXT(codeOf({"m.gguf", "--window", "0"}).substr(0, 4), "PLAN");
    LOLCATS_COMPARE_TEXT(codeOf({"m.gguf", "--transfer-steps", "many"}).substr(0, 4), "PLAN");
    LOLCATS_COMPARE_TEXT(codeOf({"m.gguf", "--preset", "none"}).substr(0, 4), "PLAN");
}

void TestPlanOptions::aPlanFileIsReadAndOptionsChangeIt() {
    QTemporaryDir folder;
    ConversionPlan stored = planFromPreset("short", smallCatalogue());
    stored.model = "m.gguf";
    stored.data = "text";
    QFile file(folder.filePath(QStringLiteral("plan.json")));
    QVERIFY(file.open(QFile::WriteOnly));
    file.write(QByteArray::fromStdString(planToJson(stored, smallCatalogue())));
    file.close();
    const std::string path = file.fileName().toStdString();
    const ConversionPlan plan = planOf({path, "--window", "16"});
    QCOMPARE(plan.transferSteps, 3);
    QCOMPARE(integerOption(plan.options, "window"), 16);
    LOLCATS_COMPARE_TEXT(plan.model, folder.filePath(QStringLiteral("m.gguf")).toStdString());
    LOLCATS_COMPARE_TEXT(codeOf({path, "--preset", "short"}), "ARG-PRESET");
}

QTEST_GUILESS_MAIN(TestPlanOptions)
#include "test_plan_options.moc"
