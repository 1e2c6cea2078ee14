// SPDX-License-Identifier: GPL-3.0-or-later
// Flags given to the published code, and the file names that it made of them: the names give the settings back.
#include "core/export/published_names.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <map>

using namespace lolcats;

namespace {

// What a flag with a value sets, and how the plan calls it.
const std::map<std::string, std::string> kFields = {{"--window_size", "window"}, {"--lr", "transfer_lr"}, {"--seed", "seed"}};

std::map<std::string, std::string> expectedOf(const Json& flags) {
    std::map<std::string, std::string> expected = {{"feature_start", "kaiming"}, {"seed", "0"}};
    const auto has = [&](const char* flag) { return std::find(flags.begin(), flags.end(), flag) != flags.end(); };
    for (std::size_t i = 0; i + 1 < flags.size(); ++i)
        if (const auto field = kFields.find(flags[i].get<std::string>()); field != kFields.end())
            expected[field->second] = flags[i + 1].get<std::string>();
    if (has("--lk_zero_init"))
        expected["feature_start"] = "identity";
    if (has("--lk_normal_init"))
        expected["feature_start"] = "normal";
    if (has("--tie_qk_kernels"))
        expected["feature_tied"] = "true";
    if (has("--lk_skip_connection"))
        expected["feature_skip"] = "true";
    return expected;
}

} // namespace

class TestOracleRunNames : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void everyNameGivesItsSettingsBack() {
        const auto files = lolcats::testing::oracleFiles("names", "run-names.json");
        if (files.empty())
            QSKIP("THE NAMES WERE NOT TESTED: the folder of oracles holds no names/run-names.json.");
        int names = 0;
        const Json oracle = lolcats::testing::oracleJson(files.front());
        for (const Json& entry : oracle["cases"])
            for (const char* kind : {"distill_file", "finetune_file"}) {
                const std::string name = entry[kind].get<std::string>();
                const NamedSettings read = settingsOfRunName("some/folder/" + name);
                QVERIFY2(read.isRunName && read.saysAttention, name.c_str());
                std::map<std::string, std::string> said;
                for (const auto& [field, text] : read.fields)
                    said[field] = text;
                auto expected = expectedOf(entry["flags"]);
                const Json& flags = entry["flags"];
                const bool t2r = flags[1].get<std::string>().ends_with("_lk_t2r");
                const bool sliding = name.find("-at=lolcats_llama_window_sw") != std::string::npos;
                expected["attention"] = t2r ? "linear" : "hybrid";
                expected["feature_map"] = t2r ? "t2r" : "hedgehog";
                if (!t2r) {
                    expected["window_shape"] = sliding ? "sliding" : "terraced-end";
                    expected["window_factor"] = "0.10";
                    expected["feature_dim"] = "64";
                    expected.try_emplace("window", "64");
                }
                expected["finetune_maps"] = flags[5].get<std::string>().find("fqkvo") != std::string::npos ? "true" : "false";
                if (std::string(kind) == "finetune_file" && name.find("-gas=") != std::string::npos)
                    expected["accumulation"] = entry["stage_2_trainer"]["gradient_accumulation_steps"].dump();
                for (const auto& [field, text] : expected)
                    QVERIFY2(said[field] == text || (field == "transfer_lr" && std::stod(said[field]) == std::stod(text)),
                             (name + ": " + field + " is “" + said[field] + "”, not “" + text + "”").c_str());
                ++names;
            }
        QVERIFY(names > 0);
    }
};

QTEST_GUILESS_MAIN(TestOracleRunNames)
#include "test_oracle_run_names.moc"
