// SPDX-License-Identifier: GPL-3.0-or-later
// Students exported in every format come back as they were; what is no whole student is refused.
#include "core/engine.h"
#include "core/files/torch_checkpoint.h"
#include "core/model/lora.h"
#include "core/training/checkpointing.h"
#include "tests/core/import/import_support.h"
#include "tests/support/sentences.h"

#include <ATen/CPUGeneratorImpl.h>

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

namespace fs = std::filesystem;

ConversionPlan planWith(const std::string& preset, const QString& changes) {
    const Catalogue& catalogue = engineCatalogue();
    ConversionPlan plan = planFromPreset(preset, catalogue);
    plan.model = tinyModel();
    const QString sizes =
        plan.attention == "cluster" ? QStringLiteral("window=8 clusters=6 ") : QStringLiteral("window=8 feature_dim=16 ");
    for (const QString& change : (sizes + changes).split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const std::string name = change.section('=', 0, 0).toStdString();
        if (name != "window" || plan.attention != "linear")
            setPlanFieldFromText(plan, name, change.section('=', 1).toStdString(), catalogue);
    }
    return completedPlan(plan, catalogue);
}

// A student as if it had been trained: every learned number moved a little.
Subject madeUpStudent(const ConversionPlan& plan, bool adapters = true) {
    const at::NoGradGuard noGrad;
    Silence silence;
    LoadedSubject loaded = loadSubject({plan.model, std::nullopt, nullptr}, silence);
    const Students students = makeStudents(plan, loaded.shape);
    auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->stage = adapters ? Stage::Finetune : Stage::Transfer;
    checkpoint->reason = "stage end";
    checkpoint->stateJson = "{}";
    std::vector<NamedTensor> tensors = studentTensors(students);
    if (adapters) {
        attachLora(*loaded.teacher, loraSettings(plan));
        for (NamedTensor& tensor : loraTensors(*loaded.teacher))
            tensors.push_back(std::move(tensor));
    }
    const at::Generator generator = at::detail::createCPUGenerator(5);
    for (const NamedTensor& named : tensors) {
        const at::Tensor moved = named.tensor + 0.02 * at::empty(named.tensor.sizes()).normal_(0, 1, generator);
        checkpoint->tensors.push_back(bytesOf(named.name, moved));
    }
    return {plan.model, plan, checkpoint};
}

at::Tensor someIds() {
    return at::remainder(at::arange(45, at::kLong) * 7919 + 13, 250).unsqueeze(0);
}

double difference(const Subject& a, const Subject& b) {
    return (logitsOf(a, someIds()) - logitsOf(b, someIds())).abs().max().item<double>();
}

} // namespace

class TestImport : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string exported(const Subject& subject, const std::string& format, const std::string& name,
                         const OptionValues& options = {}) {
        Silence silence;
        ExportRequest request;
        request.format = format;
        request.options = options;
        request.folder = m_folder.filePath(QString::fromStdString(name)).toStdString();
        makeExportJob(subject, request)->run(silence);
        return request.folder;
    }
    static std::vector<std::string> filesIn(const std::string& folder, const std::string& ending) {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder))
            if (entry.path().string().ends_with(ending))
                found.push_back(entry.path().string());
        std::sort(found.begin(), found.end());
        return found;
    }
    static std::string code(const std::vector<std::string>& paths, const Changes& changes = {}) {
        return refusalCode([&] { imported(paths, changes); });
    }
    std::string file(const std::string& name, const std::vector<SafetensorsSource>& tensors) {
        const std::string path = m_folder.filePath(QString::fromStdString(name)).toStdString();
        writeTorchCheckpoint(path, tensors, {});
        return path;
    }
    static SafetensorsSource zeros(const std::string& name, const std::vector<std::int64_t>& shape) {
        return {name, "F32", shape, [shape] {
                    std::size_t bytes = 4;
                    for (const std::int64_t size : shape)
                        bytes *= static_cast<std::size_t>(size);
                    return std::vector<std::byte>(bytes);
                }};
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void aReferenceExportComesBackBitForBit_data() {
        QTest::addColumn<QString>("changes");
        QTest::addColumn<bool>("adapters");
        QTest::newRow("terraced-end") << QStringLiteral("window_shape=terraced-end") << true;
        QTest::newRow("sliding, other rank and alpha")
            << QStringLiteral("window_shape=sliding rank=3 alpha=4.5 targets=q,v") << true;
        QTest::newRow("transfer alone") << QStringLiteral("window_shape=sliding") << false;
        QTest::newRow("some layers kept") << QStringLiteral("window_shape=sliding keep_softmax=1,3") << true;
        QTest::newRow("tied, with a skip") << QStringLiteral(
                                                  "window_shape=sliding feature_tied=true feature_skip=true feature_dim=32")
                                           << true;
        QTest::newRow("adapter kernel")
            << QStringLiteral("window_shape=sliding feature_kernel=adapter feature_dim=32 feature_adapter_width=5") << true;
        QTest::newRow("one sign") << QStringLiteral("window_shape=sliding feature_signs=one") << true;
        QTest::newRow("affine factors") << QStringLiteral("window_shape=sliding linear_factor_affine=true") << true;
        QTest::newRow("linear, T2R") << QStringLiteral("attention=linear feature_map=t2r feature_bias=head") << true;
    }
    void aReferenceExportComesBackBitForBit() {
        QFETCH(QString, changes);
        QFETCH(bool, adapters);
        const Subject subject = madeUpStudent(planWith("paper", changes), adapters);
        const std::string name = "reference-" + std::to_string(qHash(changes));
        const std::string folder = exported(subject, "reference", name, {{"pt", true}});
        for (const char* ending : {".pt", ".safetensors"}) {
            const auto files = filesIn(folder, ending);
            QCOMPARE(files.size(), std::size_t{adapters ? 2U : 1U});
            const ImportedStudent back = imported(files);
            QCOMPARE(back.student->tensors.size(), subject.student->tensors.size());
            QCOMPARE(back.student->stage, subject.student->stage);
            for (const TensorBytes& tensor : subject.student->tensors) {
                const TensorBytes* same = tensorNamed(*back.student, tensor.name);
                QVERIFY2(same != nullptr, tensor.name.c_str());
                QVERIFY2(same->bytes == tensor.bytes && same->shape == tensor.shape, tensor.name.c_str());
            }
            QCOMPARE(difference(subject, subjectOf(back)), 0.0);
        }
        const std::string again = exported(subject, "reference", name + "-again", {{"pt", true}});
        for (const std::string& path : filesIn(folder, ".pt"))
            LOLCATS_COMPARE_TEXT(sha256OfFile(path, {}), sha256OfFile(again + "/" + fs::path(path).filename().string(), {}));
    }

    void adaptersComeBackWithTheirSettings_data() {
        QTest::addColumn<QString>("changes");
        QTest::newRow("the standards") << QString();
        QTest::newRow("others") << QStringLiteral(
            "sinks=2 window_shape=terraced rank=5 alpha=3 dropout=0.1 targets=v,o keep_softmax=2");
        QTest::newRow("gates") << QStringLiteral("feature_gates=both feature_bias=column");
        QTest::newRow("linear") << QStringLiteral("attention=linear feature_map=positive_elu");
        QTest::newRow("clusters") << QStringLiteral("clusters=5 cluster_decay=false");
    }
    void adaptersComeBackWithTheirSettings() {
        QFETCH(QString, changes);
        const Subject subject = madeUpStudent(planWith(changes.contains(u"cluster") ? "default" : "simple", changes));
        const ImportedStudent back = imported({exported(subject, "adapters", "adapters-" + std::to_string(qHash(changes)))});
        QCOMPARE(back.plan.options, subject.plan->options);
        QCOMPARE(back.plan.rank, subject.plan->rank);
        QCOMPARE(back.plan.alpha, subject.plan->alpha);
        QCOMPARE(back.plan.dropout, subject.plan->dropout);
        QCOMPARE(back.plan.keepSoftmax, subject.plan->keepSoftmax);
        LOLCATS_COMPARE_TEXT(back.plan.targets, subject.plan->targets);
        QCOMPARE(difference(subject, subjectOf(back)), 0.0);
    }

    void mergedAdaptersAreGotBackFromAModel_data() {
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<double>("limit");
        QTest::newRow("float32") << QStringLiteral("float32") << 1e-3;
        QTest::newRow("bfloat16") << QStringLiteral("bfloat16") << 0.3;
    }
    void mergedAdaptersAreGotBackFromAModel() {
        QFETCH(QString, dtype);
        QFETCH(double, limit);
        const Subject subject = madeUpStudent(planWith("default", QStringLiteral("rank=4 targets=q,k,v")));
        const std::string folder = exported(subject, "huggingface", "huggingface-" + dtype.toStdString(),
                                            {{"dtype", dtype.toStdString()}, {"shard_gb", 5.0}});
        const ImportedStudent back = imported({folder});
        QCOMPARE(back.plan.rank, std::int64_t{4});
        LOLCATS_COMPARE_TEXT(back.plan.targets, "q,k,v");
        for (const TensorBytes& tensor : subject.student->tensors)
            if (tensor.name.starts_with("student."))
                QVERIFY2(tensorNamed(*back.student, tensor.name)->bytes == tensor.bytes, tensor.name.c_str());
        QVERIFY2(difference(subject, subjectOf(back)) < limit,
                 qPrintable(QString::number(difference(subject, subjectOf(back)))));
    }

    void aModelThatWasNotFinetunedHasNoAdapters() {
        const Subject subject = madeUpStudent(planWith("default", {}), false);
        const ImportedStudent back = imported({exported(subject, "huggingface", "transferred")});
        QCOMPARE(back.student->stage, Stage::Transfer);
        QCOMPARE(back.student->tensors.size(), subject.student->tensors.size());
        QCOMPARE(difference(subject, subjectOf(back)), 0.0);
    }

    void anotherBaseIsNoticed() {
        const Subject subject = madeUpStudent(planWith("default", {}));
        const std::string folder = exported(subject, "huggingface", "of-another");
        const std::string base = m_folder.filePath(QStringLiteral("another-base")).toStdString();
        fs::copy(tinyModel(), base);
        const SafetensorsFile weights(tinyModel() + "/model.safetensors");
        std::vector<SafetensorsSource> sources;
        for (const SafetensorsEntry& entry : weights.entries())
            sources.push_back({entry.name, entry.dtype, entry.shape, [&weights, &entry] {
                                   std::vector<std::byte> bytes = weights.read(entry);
                                   if (entry.name == "model.embed_tokens.weight")
                                       bytes[2] ^= std::byte{0x40};
                                   return bytes;
                               }});
        fs::permissions(base + "/model.safetensors", fs::perms::owner_all, fs::perm_options::add);
        writeSafetensors(base + "/model.safetensors", sources, {});
        Silence silence;
        LOLCATS_COMPARE_TEXT(refusalCode([&] {
                                 importStudent({base, {folder}, "paper", {}}, engineCatalogue(), silence);
                             }),
                             "IMP-MERGED");
    }

    void adaptersOfOthersGoWithATransfer() {
        const Subject subject = madeUpStudent(planWith("paper", QStringLiteral("window_shape=sliding alpha=11")));
        const std::string lora = exported(subject, "adapters", "peft");
        fs::remove(lora + "/linear_attention.json");
        fs::remove(lora + "/feature_maps.safetensors");
        LOLCATS_COMPARE_TEXT(code({lora}), "IMP-INCOMPLETE");
        const std::string transfer = filesIn(exported(subject, "reference", "for-peft"), "_distill.safetensors").front();
        QCOMPARE(difference(subject, subjectOf(imported({lora, transfer}, {{"alpha", "11"}}))), 0.0);
        QCOMPARE(difference(subject, subjectOf(imported({transfer, lora}, {{"alpha", "11"}}))), 0.0);
        const ImportedStudent alone = imported({lora}, {{"attention", "softmax"}});
        QCOMPARE(alone.plan.alpha, 11.0);
        QCOMPARE(alone.student->tensors.size(), std::size_t{4 * 4 * 2});
        writeFile(lora + "/adapter_config.json", R"({"peft_type": "LORA", "r": 8, "lora_alpha": 11, "use_dora": true})");
        LOLCATS_COMPARE_TEXT(code({lora, transfer}), "IMP-PEFT");
        writeFile(lora + "/adapter_config.json", R"({"peft_type": "IA3"})");
        LOLCATS_COMPARE_TEXT(code({lora, transfer}), "IMP-PEFT");
    }

    // As the block-wise training of large models leaves them: each block counts its layers from 0.
    void blocksOfLayersAreJoined() {
        const auto block = [&](const std::string& name, std::int64_t layers) {
            std::vector<SafetensorsSource> tensors;
            for (std::int64_t layer = 0; layer < layers; ++layer) {
                const std::string start = "model.layers." + std::to_string(layer) + ".self_attn.";
                tensors.push_back(zeros(start + "window_factors", {1, 4, 1, 1}));
                tensors.push_back(zeros(start + "feature_map_q.mlp.layer", {4, 32, 16}));
                tensors.push_back(zeros(start + "feature_map_k.mlp.layer", {4, 32, 16}));
            }
            return file(name, tensors);
        };
        const std::string start = "dl-d=x-m=distill_tiny_lk_smd_wtk8_fd16_w01-f=y-s=0-se=0-re=0-";
        const std::string first = block(start + "in=00-out=01_distill.pt", 2),
                          second = block(start + "in=02-out=03_distill.pt", 2);
        QCOMPARE(imported({first, second}).student->tensors.size(), std::size_t{12});
        LOLCATS_COMPARE_TEXT(code({first, first}), "IMP-TWICE");
        QCOMPARE(imported({second}).plan.keepSoftmax, (std::vector<std::int64_t>{0, 1}));
        LOLCATS_COMPARE_TEXT(code({block(start + "in=03-out=04_distill.pt", 2)}), "IMP-TENSOR");
    }

    void whatIsNoStudentIsRefused() {
        const Subject subject = madeUpStudent(planWith("paper", QStringLiteral("window_shape=sliding")));
        const std::string folder = exported(subject, "reference", "whole");
        const std::string transfer = filesIn(folder, "_distill.safetensors").front(),
                          lora = filesIn(folder, "_ft.safetensors").front();
        LOLCATS_COMPARE_TEXT(code({transfer, lora}), "none");
        LOLCATS_COMPARE_TEXT(code({lora}), "IMP-INCOMPLETE");
        LOLCATS_COMPARE_TEXT(code({transfer, transfer}), "IMP-TWICE");
        LOLCATS_COMPARE_TEXT(code({transfer + ".missing"}), "FILE-MISSING");
        LOLCATS_COMPARE_TEXT(code({tinyModel()}), "IMP-KIND");
        LOLCATS_COMPARE_TEXT(code({tinyModel() + "/model.safetensors"}), "IMP-TENSOR");
        LOLCATS_COMPARE_TEXT(code({tinyModel() + "/config.json"}), "ST-HDR-LIMIT");
        LOLCATS_COMPARE_TEXT(code({transfer}, {{"feature_dim", "8"}}), "IMP-SHAPE");
        LOLCATS_COMPARE_TEXT(code({transfer}, {{"attention", "linear"}}), "IMP-TENSOR");
        LOLCATS_COMPARE_TEXT(code({transfer}, {{"window", "none"}}), "PLAN-VALUE");
        LOLCATS_COMPARE_TEXT(code({transfer}, {{"no_such_thing", "1"}}), "PLAN-KEY");
        LOLCATS_COMPARE_TEXT(code({transfer, lora}, {{"transfer_steps", "5"}}), "PLAN-IMPORT");
        LOLCATS_COMPARE_TEXT(code({file("flat.pt", {zeros("model.layers.0.self_attn.feature_map_q.mlp.layer", {4})})}),
                             "IMP-SHAPE");
        LOLCATS_COMPARE_TEXT(code({file("wide.pt", {zeros("model.layers.0.self_attn.feature_map_q.mlp.layer", {1, 1, 5000})})}),
                             "PLAN-VALUE");
    }

    void whatThePublishedLayoutCannotExpressIsRefused_data() {
        QTest::addColumn<QString>("changes");
        QTest::addColumn<QString>("option");
        const auto row = [](const char* changes, const char* option) {
            QTest::newRow(changes) << QStringLiteral("window_shape=sliding ") + QLatin1String(changes)
                                   << QString::fromLatin1(option);
        };
        row("sinks=4", "sinks");
        row("linear_factor=0.05", "linear_factor");
        row("linear_factor_learned=true", "linear_factor_learned");
        row("window_factor_learned=false", "window_factor_learned");
        row("decode_window=16", "decode_window");
        row("feature_gates=keys", "feature_gates");
        row("feature_kernel=none", "feature_kernel");
        row("feature_bias=column", "feature_bias");
        row("feature_skip=true", "feature_dim");
        row("attention=softmax", "attention");
    }
    void whatThePublishedLayoutCannotExpressIsRefused() {
        QFETCH(QString, changes);
        QFETCH(QString, option);
        ConversionPlan plan = planWith("paper", changes);
        Subject subject = madeUpStudent(plan);
        try {
            exported(subject, "reference", "refused");
            QFAIL("it was written");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "EXP-REFERENCE");
            QVERIFY2(refusal.failure().summary.find("option " + option.toStdString() + ":") != std::string::npos,
                     refusal.what());
        }
        QVERIFY(!fs::exists(m_folder.filePath(QStringLiteral("refused")).toStdString()));
    }

    void importedAdaptersGoOnLearning() {
        const Subject subject = madeUpStudent(planWith("paper", QStringLiteral("window_shape=sliding")));
        const std::string rows = m_folder.filePath(QStringLiteral("rows.safetensors")).toStdString();
        writeTinyRows(rows, 64);
        const ImportedStudent student = imported({exported(subject, "adapters", "to-go-on")}, {{"dataset", "rows"},
                                                                                               {"data", rows},
                                                                                               {"length", "64"},
                                                                                               {"finetune_steps", "3"},
                                                                                               {"keep_best", "published"},
                                                                                               {"heldout_rows", "2"},
                                                                                               {"accumulation", "1"},
                                                                                               {"evaluate_every", "0"},
                                                                                               {"checkpoint_every", "0"}});
        class Witness final : public Progress {
        public:
            void report(const JobEvent& event) override {
                if (const auto* taken = std::get_if<CheckpointTaken>(&event))
                    last = taken->checkpoint;
                if (const auto* metric = std::get_if<Metric>(&event); metric != nullptr && metric->name == "finetune.loss")
                    ++steps;
            }
            JobRequests mayGoOn() override { return {}; }
            std::shared_ptr<const Checkpoint> last;
            int steps = 0;
        } witness;
        makeConversionJob(student.plan, student.student)->run(witness);
        QCOMPARE(witness.steps, 3);
        QVERIFY(witness.last != nullptr);
        const TensorBytes* before = tensorNamed(*student.student, "lora.0.q.b");
        const TensorBytes* after = tensorNamed(*witness.last, "lora.0.q.b");
        QVERIFY(after != nullptr && after->bytes != before->bytes);
        const at::Tensor change = tensorFrom(*after) - tensorFrom(*before);
        QVERIFY2(change.abs().max().item<double>() < 0.01, "the finetune did not begin with the imported adapters");
    }
};

QTEST_GUILESS_MAIN(TestImport)
#include "test_import.moc"
