// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/learning_rate.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QRegularExpression>
#include <QTest>

#include <algorithm>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

bool near(double found, double wanted, double tolerance) {
    return std::abs(found - wanted) <= tolerance * std::abs(wanted);
}

std::vector<std::string> files(bool plateau) {
    std::vector<std::string> found;
    for (const std::string& file : oracleFiles("schedules", ".json"))
        if (oracleJson(file).at("parameters").contains("threshold") == plateau)
            found.push_back(file);
    return found;
}

} // namespace

class TestOracleSchedules : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void thePlateauRuleIsThePublishedOne() {
        if (files(true).empty())
            QSKIP("the oracles' folder has no plateau schedule");
        for (const std::string& file : files(true)) {
            const auto json = oracleJson(file);
            const SafetensorsFile tensors(besideIt(file, ".safetensors"));
            for (const auto& [key, ignored] : json.at("expected").items()) {
                const std::size_t split = key.find("__lr_from_");
                ScheduleSettings settings;
                settings.kind = "plateau";
                settings.rate = std::stod(key.substr(split + 10));
                settings.plateauFactor = json.at("parameters").at("config").at("factor").get<double>();
                settings.patience = json.at("parameters").at("config").at("patience").get<std::int64_t>();
                settings.plateauFloor = json.at("parameters").at("config").at("min_lr").get<double>();
                LearningRate rate(settings);
                const at::Tensor metrics = oracleTensor(tensors, key.substr(0, split) + "__metric");
                const at::Tensor wanted = oracleTensor(tensors, key);
                for (std::int64_t i = 0; i < metrics.size(0); ++i) {
                    rate.evaluated(metrics[i].item<double>());
                    LearningRate again(settings); // a checkpoint in between changes nothing
                    again.restore(rate.state());
                    rate = again;
                    QVERIFY2(near(rate.at(i), wanted[i].item<double>(), 1e-15), key.c_str());
                }
            }
        }
    }

    // Up to the planned end; past it the published cosine rises again, ours stays at its floor. The published linear warm-up
    // falls linearly afterwards, which we do not offer: its rise is compared.
    void warmupAndCosineAreThePublishedOnes() {
        if (files(false).empty())
            QSKIP("the oracles' folder has no warm-up schedule");
        const QRegularExpression pattern(QStringLiteral("^(cosine|linear)_warmup__warmup(\\d+)_total(\\d+)$"));
        for (const std::string& file : files(false)) {
            const auto json = oracleJson(file);
            const SafetensorsFile tensors(besideIt(file, ".safetensors"));
            for (const auto& [key, ignored] : json.at("expected").items()) {
                const auto match = pattern.match(QString::fromStdString(key));
                QVERIFY(match.hasMatch());
                ScheduleSettings settings;
                settings.kind = match.captured(1) == QStringLiteral("cosine") ? "cosine" : "constant";
                settings.rate = json.at("parameters").at("peak").get<double>();
                settings.warmup = match.captured(2).toLongLong();
                settings.steps = match.captured(3).toLongLong();
                settings.floorShare = 0;
                const LearningRate rate(settings);
                const at::Tensor wanted = oracleTensor(tensors, key);
                const std::int64_t last =
                    settings.kind == "cosine" ? std::max(settings.warmup, settings.steps - 1) : settings.warmup - 1;
                for (std::int64_t step = 0; step <= last; ++step)
                    QVERIFY2(near(rate.at(step), wanted[step].item<double>(), 1e-12), key.c_str());
                if (settings.kind == "cosine" && settings.steps > settings.warmup)
                    QVERIFY(rate.at(settings.steps) < 1e-15);
            }
        }
    }

    void everyFileIsUnderstood() {
        LOLCATS_COMPARE_TEXT(unknownOracleFiles("schedules",
                                                [](const Json& json) {
                                                    const Json parameters = json.value("parameters", Json::object());
                                                    return parameters.contains("threshold") || parameters.contains("peak");
                                                }),
                             "");
    }

    void cosineFallsToItsFloorAndStaysThere() {
        ScheduleSettings settings;
        settings.rate = 1e-2;
        settings.warmup = 5;
        settings.steps = 100;
        const LearningRate rate(settings);
        QCOMPARE(rate.at(5), 1e-2);
        QVERIFY(near(rate.at(100), 2e-4, 1e-12));
        QVERIFY(near(rate.at(1000), 2e-4, 1e-12));
    }

    void anUnknownScheduleIsRefused() {
        ScheduleSettings settings;
        settings.kind = "zigzag";
        LOLCATS_COMPARE_TEXT(refusalCode([&] { LearningRate rate(settings); }), "PLAN-SCHEDULE");
    }
};

QTEST_GUILESS_MAIN(TestOracleSchedules)
#include "test_oracle_schedules.moc"
