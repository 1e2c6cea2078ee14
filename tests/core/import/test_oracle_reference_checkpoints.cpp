// SPDX-License-Identifier: GPL-3.0-or-later
// Checkpoints that the published code saved: every tensor is read bit for bit, and the imported student gives that code's
// logits.
#include "core/files/torch_checkpoint.h"
#include "tests/core/import/import_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cstring>
#include <filesystem>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> checkpoints() {
    std::vector<std::string> found;
    const fs::path folder = fs::path(oraclesFolder()) / "reference-checkpoints";
    if (fs::is_directory(folder))
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.path().extension() == ".pt")
                found.push_back(entry.path().string());
    return found;
}

std::string contentsOf(std::string path) {
    const std::string plain = "-plain-tensors";
    path = path.substr(0, path.size() - std::string(".pt").size());
    if (path.ends_with(plain))
        path.resize(path.size() - plain.size());
    return path + "-contents.safetensors";
}

// The pair of a folder; empty where it is not there.
std::vector<std::string> pairIn(const std::string& folder) {
    std::vector<std::string> pair;
    for (const std::string& path : checkpoints())
        if (fs::path(path).parent_path().filename() == folder && (path.ends_with("_distill.pt") || path.ends_with("_ft.pt")))
            pair.push_back(path);
    return pair.size() == 2 ? pair : std::vector<std::string>();
}

} // namespace

class TestOracleReferenceCheckpoints : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void everyTensorIsReadBitForBit() {
        const auto all = checkpoints();
        if (all.empty())
            QSKIP("THE PUBLISHED CHECKPOINTS WERE NOT TESTED: the folder of oracles holds no reference-checkpoints.");
        for (const std::string& path : all) {
            const TorchCheckpoint read(path);
            const SafetensorsFile contents(contentsOf(path));
            QCOMPARE(read.tensors().size(), contents.entries().size());
            for (const TorchTensor& tensor : read.tensors()) {
                const SafetensorsEntry* expected = contents.find(tensor.name);
                QVERIFY2(expected != nullptr, tensor.name.c_str());
                LOLCATS_COMPARE_TEXT(tensor.dtype, expected->dtype);
                QCOMPARE(tensor.shape, expected->shape);
                QVERIFY2(read.read(tensor) == contents.read(*expected), tensor.name.c_str());
            }
            QVERIFY(read.numbers().contains("step"));
        }
    }

    void aTransferAloneBecomesAStudent() {
        for (const std::string& path : checkpoints()) {
            if (!path.ends_with("_distill.pt"))
                continue;
            const ImportedStudent student = imported({path});
            QCOMPARE(student.student->stage, Stage::Transfer);
            const SafetensorsFile contents(contentsOf(path));
            QCOMPARE(student.student->tensors.size(), contents.entries().size());
            const TensorBytes* map = tensorNamed(*student.student, "student.2.feature_map_k");
            QVERIFY(map != nullptr);
            const std::vector<float> values = contents.readFloats("model.layers.2.self_attn.feature_map_k.mlp.layer");
            QCOMPARE(map->bytes.size(), values.size() * sizeof(float));
            QVERIFY(std::memcmp(map->bytes.data(), values.data(), map->bytes.size()) == 0);
        }
    }

    void theImportedPairGivesThePublishedLogits() {
        const auto pair = pairIn("tk-float32");
        const auto files = oracleFiles("tiny", "tiny-tk-lora.safetensors");
        if (pair.empty() || files.empty())
            QSKIP("THE PUBLISHED LOGITS WERE NOT TESTED: the folder of oracles holds no reference-checkpoints/tk-float32.");
        const ImportedStudent student = imported(pair);
        QCOMPARE(student.student->stage, Stage::Finetune);
        LOLCATS_COMPARE_TEXT(textOption(student.plan.options, "window_shape"), "terraced-end");
        QCOMPARE(integerOption(student.plan.options, "window"), std::int64_t{8});
        QCOMPARE(integerOption(student.plan.options, "feature_dim"), std::int64_t{16});
        QCOMPARE(student.plan.rank, std::int64_t{8});
        QCOMPARE(student.plan.alpha, 16.0);
        const SafetensorsFile numbers(files.front());
        const std::vector<std::int64_t> ids = numbers.readIntegers("input_ids");
        const at::Tensor logits = logitsOf(subjectOf(student), at::tensor(ids, at::kLong).unsqueeze(0));
        std::vector<float> expected = numbers.readFloats("logits_unmerged");
        QCOMPARE(logits.numel(), static_cast<std::int64_t>(expected.size()));
        const at::Tensor difference = logits - at::from_blob(expected.data(), logits.sizes());
        QVERIFY2(difference.abs().max().item<double>() < 1e-4,
                 qPrintable(QString::number(difference.abs().max().item<double>())));
    }

    void sixteenBitPairsAndTheDriversOwnAreRead() {
        for (const char* folder : {"tk-bfloat16", "driver"}) {
            const auto pair = pairIn(folder);
            if (pair.empty())
                QSKIP("NOT ALL PUBLISHED CHECKPOINTS WERE TESTED: the folder of oracles lacks some of reference-checkpoints.");
            // The driver's model configuration is no published one: its name does not say the window.
            const Changes changes = std::string(folder) == "driver" ? Changes{{"window", "8"}} : Changes{};
            const ImportedStudent student = imported(pair, changes);
            const at::Tensor logits = logitsOf(subjectOf(student), at::arange(40, at::kLong).unsqueeze(0));
            QVERIFY(logits.isfinite().all().item<bool>());
            QVERIFY(std::string(folder) != "driver" || !student.notices.empty());
        }
    }
};

QTEST_GUILESS_MAIN(TestOracleReferenceCheckpoints)
#include "test_oracle_reference_checkpoints.moc"
