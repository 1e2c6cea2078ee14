// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Made-up records that look like a real conversion, the same ones every time; and pictures of pages made of them.

#include "core/records/attention_map.h"
#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QApplication>
#include <QDir>
#include <QSignalSpy>
#include <QTest>
#include <QWidget>

#include <cmath>
#include <random>

namespace lolcats::testing {

constexpr int kLayers = 30;
constexpr std::int64_t kPlanned = 1500;

inline std::string madeUpPlan(int window = 64, int rank = 8, const std::string& loss = "kl") {
    return R"({"lolcats_plan":1,"preset":"default","model":"/models/smollm2-135m.gguf","data":"/data/novels","heldout":"",)"
           R"("dataset":"text","length":512,"batch":1,"accumulation":1,"heldout_rows":20,"attention":"hybrid",)"
           R"("feature_map":"hedgehog","keep_softmax":[],"transfer_steps":1500,"transfer_lr":0.01,)"
           R"("transfer_schedule":"cosine","transfer_warmup":5,"transfer_factor_ratio":5,"transfer_loss_factor":1000,)"
           R"("finetune_steps":1000,"finetune_lr":0.001,"finetune_schedule":"cosine","finetune_warmup":5,"finetune_loss":")" +
           loss + R"(","finetune_maps":true,"finetune_maps_ratio":3,"rank":)" + std::to_string(rank) +
           R"(,"alpha":16,"dropout":0,"targets":"q,k,v,o","evaluate_every":50,"checkpoint_every":300,"probe":"","seed":0,)"
           R"("threads":0,"device":"cpu","dtype":"float32","window":)" +
           std::to_string(window) + R"(,"sinks":4})";
}

inline RunRecord madeUpRun(RunState state = RunState::Running, const std::string& name = "smollm2-135m-w64", int window = 64) {
    RunRecord run;
    run.id = name + "-id";
    run.path = "/runs/" + name + ".lolcats";
    run.name = name;
    run.state = state;
    run.planJson = madeUpPlan(window);
    run.provenance.modelPath = "/models/smollm2-135m.gguf";
    run.started = 1.7639e9;
    run.seconds = 840;
    return run;
}

// Relative errors that fall from one, each layer to its own floor, with the noise of single batches.
inline std::vector<Metric> madeUpTransfer(int layers = kLayers, std::int64_t steps = 1184) {
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 0.06);
    std::vector<Metric> metrics;
    std::vector<double> floors;
    for (int layer = 0; layer < layers; ++layer)
        floors.push_back(layer == 0 ? 0.045
                         : layer == layers - 1
                             ? 0.36
                             : 0.09 + 0.14 * std::abs(std::sin(layer * 1.7)) * (0.4 + layer / (1.5 * layers)));
    for (std::int64_t step = 1; step <= steps; ++step) {
        const double at = static_cast<double>(step);
        for (int layer = 0; layer < layers; ++layer) {
            const double floor = floors[static_cast<std::size_t>(layer)];
            const double error = (floor + (1.05 - floor) * std::exp(-at / (130 + 6.0 * layer))) * std::exp(noise(random));
            metrics.push_back({Stage::Transfer, "transfer.relative", step, layer, error});
            metrics.push_back({Stage::Transfer, "transfer.mse", step, layer, error * (0.01 + 0.02 * layer)});
        }
        metrics.push_back({Stage::Transfer, "transfer.lr", step, -1, 0.005 * (1 + std::cos(3.14159 * at / kPlanned))});
        metrics.push_back({Stage::Transfer, "gradient", step, -1, std::exp(1 - at / 400) * std::exp(noise(random))});
        metrics.push_back({Stage::Transfer, "tokens", step, -1, at * 512});
        metrics.push_back({Stage::Transfer, "seconds", step, -1, at * 0.17 + 2 * std::sin(at / 40)});
        if (step % 50 == 0)
            metrics.push_back({Stage::Transfer, "transfer.heldout.relative", step, -1, 0.155 + 0.9 * std::exp(-at / 210)});
    }
    return metrics;
}

inline std::vector<Metric> madeUpFinetune(std::int64_t steps = 640) {
    std::mt19937 random(11);
    std::normal_distribution<double> noise(0, 0.05);
    std::vector<Metric> metrics;
    for (std::int64_t step = 1; step <= steps; ++step) {
        const double at = static_cast<double>(step);
        metrics.push_back(
            {Stage::Finetune, "finetune.loss", step, -1, (0.08 + 0.11 * std::exp(-at / 120)) * std::exp(noise(random))});
        metrics.push_back({Stage::Finetune, "finetune.lr", step, -1, 0.0005 * (1 + std::cos(3.14159 * at / 1000))});
        metrics.push_back({Stage::Finetune, "gradient", step, -1, std::exp(-at / 400) * std::exp(noise(random))});
        metrics.push_back({Stage::Finetune, "tokens", step, -1, at * 512});
        metrics.push_back({Stage::Finetune, "seconds", step, -1, at * 0.31 + std::sin(at / 25)});
        if (step % 50 == 0)
            metrics.push_back({Stage::Finetune, "finetune.heldout.kl", step, -1, 0.083 + 0.1 * std::exp(-at / 110)});
    }
    return metrics;
}

inline EvaluationTable madeUpEvaluation(const std::string& name = "final") {
    EvaluationTable table;
    table.name = name;
    table.text = "Persuasion and Northanger Abbey, held out";
    table.tokens = 10240;
    table.length = 512;
    table.step = 1000;
    table.rows = {
        {"teacher", std::log(7.84), 7.84, 0, 0, 1, 47185920},
        {"untrained-window", std::log(9.9), 9.9, 0.214, 0.402, 0.82, 3145728},
        {"untrained-student", std::log(38.9), 38.9, 1.41, 1.72, 0.472, 10485760},
        {"student-after-transfer", std::log(9.60), 9.60, 0.187, 0.231, 0.840, 10485760},
        {"student", std::log(8.21), 8.21, 0.081, 0.094, 0.913, 10485760},
    };
    table.verdict = "The student beats its own untrained window: KL 0.081 against 0.214 nats.";
    return table;
}

// A head that looks at its first token, at its neighbours and at one repeated phrase; the student blurs what is far.
inline HeadMap madeUpHead(int layer, int head, int tokens, int window, int sinks, bool withTeacher) {
    std::mt19937 random(static_cast<unsigned>(layer * 100 + head));
    std::uniform_real_distribution<double> chance(0.2, 1.0);
    HeadMap map;
    map.layer = layer;
    map.head = head;
    map.kl = 0.84 * std::exp(-0.13 * (kLayers - 1 - layer) - 0.2 * std::abs(head - 4));
    map.beyondTeacher = 0.58;
    map.beyondStudent = 0.5;
    const int lag = 50 + 3 * head;
    for (int query = 0; query < tokens; ++query) {
        std::vector<double> teacher(static_cast<std::size_t>(query) + 1);
        double sum = 0;
        for (int key = 0; key <= query; ++key) {
            double weight = chance(random) * std::exp(-(query - key) / 25.0) + 0.03 * chance(random);
            if (key == 0)
                weight += 1.2;
            if (query - key == lag && query % 41 > 8)
                weight += 3;
            if (key % 17 == 3)
                weight += 0.1;
            teacher[static_cast<std::size_t>(key)] = weight;
            sum += weight;
        }
        double far = 0;
        for (int key = 0; key <= query; ++key) {
            teacher[static_cast<std::size_t>(key)] /= sum;
            if (query - key >= window && key >= sinks)
                far += teacher[static_cast<std::size_t>(key)];
        }
        const int farCount = std::max(1, query + 1 - window - sinks);
        for (int key = 0; key <= query; ++key) {
            const double exact = teacher[static_cast<std::size_t>(key)];
            const bool inWindow = query - key < window || key < sinks;
            if (withTeacher)
                map.teacher.half.push_back(halfFromFloat(static_cast<float>(exact)));
            map.studentSoftmax.half.push_back(halfFromFloat(inWindow ? static_cast<float>(exact) : 0.0F));
            map.studentLinear.half.push_back(halfFromFloat(inWindow ? 0.0F : static_cast<float>(far / farCount)));
        }
    }
    return map;
}

inline MapSnapshot madeUpSnapshot(int tokens = 160, bool withTriangles = false) {
    MapSnapshot snapshot;
    snapshot.probe = "Once upon a time there was a small fox who lived near the old stone wall of a garden.";
    const std::vector<std::string> words = {"Once",   " upon", " a",   " time",  " there", " was", " a",
                                            " small", " fox",  " who", " lived", " near",  " the", " old",
                                            " stone", " wall", " of",  " a",     " gar",   "den",  "."};
    for (int i = 0; i < tokens; ++i)
        snapshot.tokens.push_back(words[static_cast<std::size_t>(i) % words.size()]);
    snapshot.step = 1184;
    snapshot.stage = "transfer";
    snapshot.layers = kLayers;
    snapshot.heads = 9;
    snapshot.kvHeads = 3;
    snapshot.window = 64;
    snapshot.sinks = 4;
    for (const int layer : {3, 11, 17, 21, 24, 27, 29})
        for (int head = 0; head < 9; ++head) {
            HeadMap map = withTriangles ? madeUpHead(layer, head, tokens, 64, 4, true) : HeadMap{};
            map.layer = layer;
            map.head = head;
            map.kl = 0.84 * std::exp(-0.13 * (kLayers - 1 - layer) - 0.2 * std::abs(head - 4));
            map.beyondTeacher = 0.58;
            map.beyondStudent = 0.5;
            snapshot.maps.push_back(std::move(map));
        }
    return snapshot;
}

// Saves what a page looks like: in light and dark, at the scale that this process runs at (QT_SCALE_FACTOR).
inline void takePicture(QWidget& page, Theme& theme, const QString& name) {
    QDir folder(QStringLiteral(LOLCATS_BINARY_DIR "/pictures"));
    QVERIFY(folder.mkpath(QStringLiteral(".")));
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
        QTest::qWait(250);
        const QString scale = QString::number(page.devicePixelRatioF());
        const QString path = folder.filePath(QStringLiteral("%1-%2-%3x.png").arg(name, dark ? "dark" : "light", scale));
        const QPixmap picture = page.grab();
        QVERIFY2(picture.save(path), qPrintable(path));
    }
    theme.setMode(Theme::Mode::Light);
}

} // namespace lolcats::testing
