// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/model_source.h"
#include "core/files/safetensors.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>

using namespace lolcats;
using lolcats::testing::refusalCode;
namespace fs = std::filesystem;

namespace {

SafetensorsSource counting(const std::string& name, float first) {
    return {name, "F32", {2}, [first] {
                const std::vector<float> values = {first, first + 1};
                const auto view = std::as_bytes(std::span(values));
                return std::vector<std::byte>(view.begin(), view.end());
            }};
}

} // namespace

class TestHfModelDirectory : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_temporary;
    fs::path m_folder;

    void put(const std::string& name, const std::string& text) const { writeFile((m_folder / name).string(), text); }
    void putWeights(const std::string& name, std::vector<SafetensorsSource> tensors) const {
        writeSafetensors((m_folder / name).string(), std::move(tensors), {});
    }
    void putShards() const {
        putWeights("model-00001-of-00002.safetensors", {counting("a", 1)});
        putWeights("model-00002-of-00002.safetensors", {counting("b", 3)});
    }
    void putIndex(const Json& map, std::int64_t total = 16) const {
        put("model.safetensors.index.json", Json{{"metadata", {{"total_size", total}}}, {"weight_map", map}}.dump());
    }
    static Json goodMap() { return {{"a", "model-00001-of-00002.safetensors"}, {"b", "model-00002-of-00002.safetensors"}}; }
    std::string code() const {
        return refusalCode([&] { openModelSource(m_folder.string()); });
    }

private Q_SLOTS:
    void init() {
        lolcats::testing::failOnAnyWarning();
        m_temporary = std::make_unique<QTemporaryDir>();
        m_folder = fs::path(m_temporary->path().toStdString()) / "tiny-model";
        fs::create_directories(m_folder);
        put("config.json", R"({"model_type":"llama"})");
    }

    void oneFileIsRead() {
        putWeights("model.safetensors", {counting("a", 1), counting("b", 3)});
        put("tokenizer.json", "{}");
        put("LICENSE", "free");
        const auto source = openModelSource(m_folder.string() + "/");
        LOLCATS_COMPARE_TEXT(source->format() + " " + source->name(), "huggingface tiny-model");
        QCOMPARE(source->tensors().size(), std::size_t{2});
        std::vector<float> values(2);
        source->readFloats("b", values);
        QCOMPARE(values, (std::vector<float>{3, 4}));
        LOLCATS_COMPARE_TEXT(source->sideFiles().at("LICENSE"), "free");
        LOLCATS_COMPARE_TEXT(source->tokenizerJson(), "{}");
        QCOMPARE(source->weightFiles().size(), std::size_t{1});
    }

    void shardsAreRead() {
        putShards();
        putIndex(goodMap());
        const auto source = openModelSource(m_folder.string());
        std::vector<float> values(2);
        source->readFloats("b", values);
        QCOMPARE(values, (std::vector<float>{3, 4}));
        QVERIFY(source->notices().empty());
        QCOMPARE(source->weightFiles().size(), std::size_t{2});
        QVERIFY(hashModelSource(*source, {}) != sha256OfFile(source->weightFiles()[0], {}));
    }

    void aWrongTotalIsOnlyNoticed() {
        putShards();
        putIndex(goodMap(), 17);
        QCOMPARE(openModelSource(m_folder.string())->notices().size(), std::size_t{1});
    }

    void shardNamesThatLeadElsewhereAreRefused() {
        putShards();
        for (const char* name :
             {"../model.safetensors", "/etc/passwd", "a/b.safetensors", "a\\b.safetensors", ".hidden.safetensors",
              "c:model.safetensors", "model.bin", "a..b.safetensors", "bell\a.safetensors"}) {
            Json map = goodMap();
            map["a"] = name;
            putIndex(map);
            LOLCATS_COMPARE_TEXT(code() + " " + name, std::string("IDX-PATH ") + name);
        }
    }

    void namesThatDifferOnlyInCaseAreRefused() {
        putIndex({{"a", "model-00001-of-00002.safetensors"}, {"b", "Model-00001-of-00002.safetensors"}});
        LOLCATS_COMPARE_TEXT(code(), "IDX-PATH");
    }

    void aMissingShardIsRefusedByName() {
        putShards();
        putIndex(goodMap());
        fs::remove(m_folder / "model-00002-of-00002.safetensors");
        try {
            openModelSource(m_folder.string());
            QFAIL("a shard is missing");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().code, "IDX-MISSING");
            QVERIFY(refusal.failure().summary.find("model-00002-of-00002.safetensors") != std::string::npos);
        }
    }

    void aGapInTheNumbersIsNamed() {
        putShards();
        putIndex({{"a", "model-00001-of-00003.safetensors"}, {"b", "model-00003-of-00003.safetensors"}});
        LOLCATS_COMPARE_TEXT(code(), "IDX-GAP");
    }

    void anIndexThatDisagreesWithItsShardsIsRefused() {
        putShards();
        Json map = goodMap();
        map["c"] = "model-00001-of-00002.safetensors";
        putIndex(map);
        LOLCATS_COMPARE_TEXT(code(), "IDX-TENSOR");
        putIndex({{"a", "model-00002-of-00002.safetensors"}, {"b", "model-00001-of-00002.safetensors"}});
        LOLCATS_COMPARE_TEXT(code(), "IDX-TENSOR");
        putWeights("model-00002-of-00002.safetensors", {counting("b", 3), counting("a", 3)});
        putIndex(goodMap());
        LOLCATS_COMPARE_TEXT(code(), "IDX-DUP");
        put("model.safetensors.index.json", R"({"weight_map":{"a":"x.safetensors","a":"y.safetensors"}})");
        LOLCATS_COMPARE_TEXT(code(), "IDX-DUP");
        put("model.safetensors.index.json", R"({"weight_map":[]})");
        LOLCATS_COMPARE_TEXT(code(), "IDX-JSON");
    }

    void oneFileAndAnIndexHaveToAgree() {
        putShards();
        putIndex(goodMap());
        putWeights("model.safetensors", {counting("a", 1), counting("b", 3)});
        LOLCATS_COMPARE_TEXT(code(), "none");
        putWeights("model.safetensors", {counting("a", 1)});
        LOLCATS_COMPARE_TEXT(code(), "IDX-BOTH");
    }

    void aFolderWithoutWeightsSaysWhatIsThere() {
        LOLCATS_COMPARE_TEXT(code(), "FILE-WEIGHTS");
        put("pytorch_model.bin", "PK");
        LOLCATS_COMPARE_TEXT(code(), "SEC-PICKLE");
        putShards();
        LOLCATS_COMPARE_TEXT(code(), "IDX-MISSING");
    }

    void renamedPicklesAndPointersAreRefusedByContent() {
        put("model.safetensors", std::string("PK\x03\x04", 4) + std::string(200, 'x'));
        LOLCATS_COMPARE_TEXT(code(), "SEC-PICKLE");
        put("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
        LOLCATS_COMPARE_TEXT(code(), "ST-LFS");
    }

    void aBrokenConfigIsRefused() {
        put("config.json", "{\"a\":1,}");
        LOLCATS_COMPARE_TEXT(code(), "CFG-JSON");
        put("config.json", "[]");
        LOLCATS_COMPARE_TEXT(code(), "CFG-JSON");
        put("config.json", R"({"a":1,"a":2})");
        LOLCATS_COMPARE_TEXT(code(), "CFG-DUP");
        put("config.json", "\"" + std::string(5U << 20U, 'x') + "\"");
        LOLCATS_COMPARE_TEXT(code(), "CFG-FILE");
        fs::remove(m_folder / "config.json");
        LOLCATS_COMPARE_TEXT(code(), "CFG-FILE");
    }

    void aCacheFolderOpensTheSnapshotOfItsMainBranch() {
        const fs::path entry = m_folder.parent_path() / "models--owner--tiny";
        putWeights("model.safetensors", {counting("a", 1)});
        for (const char* revision : {"aaaa", "bbbb"}) {
            fs::create_directories(entry / "snapshots" / revision);
            fs::create_directories(entry / "blobs");
            fs::copy_file(m_folder / "config.json", entry / "blobs" / "config", fs::copy_options::overwrite_existing);
            fs::copy_file(m_folder / "model.safetensors", entry / "blobs" / "weights", fs::copy_options::overwrite_existing);
            fs::create_symlink("../../blobs/config", entry / "snapshots" / revision / "config.json");
            fs::create_symlink("../../blobs/weights", entry / "snapshots" / revision / "model.safetensors");
        }
        fs::create_directories(entry / "refs");
        writeFile((entry / "refs" / "main").string(), "aaaa\n");
        const auto source = openModelSource(entry.string());
        LOLCATS_COMPARE_TEXT(source->name(), "owner/tiny");
        QVERIFY(source->weightFiles()[0].find("/snapshots/aaaa/") != std::string::npos);
        LOLCATS_COMPARE_TEXT(openModelSource((entry / "snapshots" / "bbbb").string())->name(), "owner/tiny");
        writeFile((entry / "refs" / "main").string(), "../../../../etc");
        QVERIFY(openModelSource(entry.string())->weightFiles()[0].find("/snapshots/") != std::string::npos);
    }

    void aLinkThatLeadsOutOfTheFolderIsRefused() {
        const fs::path outside = m_folder.parent_path() / "outside.safetensors";
        writeSafetensors(outside.string(), {counting("a", 1)}, {});
        fs::create_symlink(outside, m_folder / "model.safetensors");
        LOLCATS_COMPARE_TEXT(code(), "SEC-LINK");
        fs::remove(m_folder / "model.safetensors");
        fs::create_symlink("/no/such/file", m_folder / "model.safetensors");
        LOLCATS_COMPARE_TEXT(code(), "FILE-MISSING");
    }

    void whatIsNoModelIsRefused() {
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource((m_folder / "none").string()); }), "FILE-MISSING");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource((m_folder / "config.json").string()); }), "FILE-KIND");
        put("notes.txt", "hello");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource((m_folder / "notes.txt").string()); }), "FILE-KIND");
        put("model.gguf", "hello");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource((m_folder / "model.gguf").string()); }), "GG-MAGIC");
        put("model.pt", "\x80\x02}q\x01.");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { openModelSource((m_folder / "model.pt").string()); }), "SEC-PICKLE");
    }
};

QTEST_GUILESS_MAIN(TestHfModelDirectory)
#include "test_hf_model_directory.moc"
