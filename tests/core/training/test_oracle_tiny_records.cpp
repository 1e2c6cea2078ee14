// SPDX-License-Identifier: GPL-3.0-or-later
// What else is recorded of the tiny model: names of tensors at each stage, and the same runs in bfloat16.
#include "core/training/attention_transfer.h"
#include "tests/core/training/tiny_oracles.h"
#include "tests/support/sentences.h"

#include <QRegularExpression>
#include <QTest>

#include <set>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

using Shapes = std::map<std::string, std::vector<std::int64_t>>;

Json recordsOf(const std::string& ending) {
    const std::vector<std::string> files = oracleFiles("tiny", ending);
    return files.empty() ? Json() : oracleJson(files.front());
}

// Of a list of names, or of an object that has them as keys.
std::set<std::string> namesOf(const Json& json) {
    std::set<std::string> names;
    for (const auto& [key, value] : json.items())
        names.insert(json.is_array() ? value.get<std::string>() : key);
    return names;
}

Shapes shapesOf(const std::vector<NamedTensor>& tensors, std::string (*name)(const std::string&)) {
    Shapes shapes;
    for (const NamedTensor& named : tensors)
        shapes[name(named.name)] = named.tensor.sizes().vec();
    return shapes;
}

std::string publishedAdapter(const std::string& ours) { // "lora.2.q.a"
    const std::string layer = ours.substr(5, ours.find('.', 5) - 5);
    return "base_model.model.model.layers." + layer + ".self_attn." + ours.substr(ours.size() - 3, 1) + "_proj.lora_" +
           (ours.back() == 'a' ? "A" : "B") + ".default.weight";
}

// The first transfer of the same form, which holds the rows.
std::string transferOf(const std::string& run) {
    const std::string file =
        oraclesFolder() + "/tiny/tiny-" + run.substr(0, run.find('-')) + "-transfer-" + run.substr(run.find('-') + 1) + ".json";
    return std::filesystem::exists(file) ? file : std::string();
}

} // namespace

class TestOracleTinyRecords : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void everyFileIsUnderstood() {
        static const QRegularExpression known(
            QStringLiteral("^tiny-(base|(tk|sw|linear)-(init|transfer-xent[01]|transfer-accumulation|lora|generate))$"));
        LOLCATS_COMPARE_TEXT(
            unknownOracleFiles("tiny",
                               [](const Json& json) {
                                   return json.contains("stages") || json.contains("runs") ||
                                          known.match(QString::fromStdString(json.value("name", ""))).hasMatch();
                               }),
            "");
    }

    void whatIsTrainedHasTheStoredNamesAndShapes() {
        const Json stages = recordsOf("-state-dict-keys.json").value("stages", Json::object());
        if (stages.empty())
            QSKIP("the oracles' folder has no names of tensors");
        const DecoderModel teacher = tinyLlama();
        for (const std::string form : {"tk", "sw", "linear"}) {
            const Json json = {{"name", "tiny-" + form + "-init"},
                               {"parameters", {{"window", 8}, {"feature_dim", 16}, {"init_window_factor", -2.2}}}};
            DecoderModel student = teacher.shared();
            const Students students = publishedStudents(json, teacher.shape());
            const Shapes learned = shapesOf(studentTensors(students), publishedName);
            QVERIFY2(stages.at(form + ": distilled checkpoint").get<Shapes>() == learned, form.c_str());
            QCOMPARE(namesOf(stages.at(form + ": trainable in stage 1")), namesOf(Json(learned)));
            const Json& trained = stages.at(form + ": finetuned checkpoint");
            LoraSettings settings{8, 16, 0, {"q", "k", "v", "o"}, 0};
            settings.rank = trained.begin().value().at(0).get<std::int64_t>(); // of an A, which comes first
            attachLora(student, settings);
            const Shapes adapters = shapesOf(loraTensors(student), publishedAdapter);
            QVERIFY2(trained.get<Shapes>() == adapters, form.c_str());
            QCOMPARE(namesOf(stages.at(form + ": trainable in stage 2")), namesOf(Json(adapters)));
        }
    }

    // The published code rounds weights, features, losses and moments to bfloat16, ours the frozen weights alone. A stored
    // number is rounded to 2^-9 of itself and the features under it likewise; a step of 1e-2 on a map that is rounded to 2^-9
    // differs by as much again. Three per cent hold all of it in ten steps, and no wrong rule.
    void lossesInBfloat16AreNearTheStoredOnes() {
        const Json runs = recordsOf("-bfloat16-losses.json").value("runs", Json::object());
        if (runs.empty())
            QSKIP("the oracles' folder has no losses in bfloat16");
        const DecoderModel teacher = modelAt(oraclesFolder() + "/tiny-llama", "bfloat16");
        int compared = 0;
        for (const auto& [name, run] : runs.items()) {
            const std::string file = transferOf(name);
            if (file.empty())
                continue; // the finetunes begin at maps from the bfloat16 transfers, which are not stored
            const TinyOracle oracle(file);
            Students students = publishedStudents(oracle.json, teacher.shape());
            ConversionPlan plan = publishedPlan(oracle["train_ids"]);
            plan.transferXentFactor = oracle.parameters().at("xent_factor").get<double>();
            KeepingProgress progress;
            StageHooks hooks;
            hooks.progress = &progress;
            AttentionTransfer(teacher, students, plan)
                .run(rowsOf(oracle["train_ids"], oracle["train_ids"]), rowsOf(oracle["eval_ids"], oracle["eval_ids"]), hooks,
                     nullptr);
            const std::vector<double> stored = run.at("train_loss").get<std::vector<double>>();
            const std::vector<double> found = progress.values("transfer.loss");
            QCOMPARE(found.size(), stored.size());
            for (std::size_t step = 0; step < stored.size(); ++step)
                QVERIFY2(relativeTo(found[step], stored[step]) <= 0.03, qPrintable(QStringLiteral("%1, step %2: %3 and %4")
                                                                                       .arg(QString::fromStdString(name))
                                                                                       .arg(step)
                                                                                       .arg(found[step])
                                                                                       .arg(stored[step])));
            ++compared;
        }
        QVERIFY(compared > 0);
    }
};

QTEST_GUILESS_MAIN(TestOracleTinyRecords)
#include "test_oracle_tiny_records.moc"
