// SPDX-License-Identifier: GPL-3.0-or-later
// Samples and the rows that the reference packs them into.

#include "core/files/file_bytes.h"
#include "core/text/dataset.h"
#include "tests/core/text/small_tokenizer.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>

#include <algorithm>
#include <filesystem>

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

std::vector<TokenDocument> documentsOf(const Json& samples) {
    std::vector<TokenDocument> documents;
    for (const Json& sample : samples)
        documents.push_back({sample["input_ids"].get<Ids>(), sample["labels"].get<Ids>()});
    return documents;
}

Ids tensor(const SafetensorsFile& file, const std::string& name) {
    const auto wide = file.readIntegers(name);
    return {wide.begin(), wide.end()};
}

// Chunk sizes for which the file holds "chunk<size>__input_ids".
std::vector<std::int64_t> chunkSizes(const SafetensorsFile& file) {
    std::vector<std::int64_t> sizes;
    for (const SafetensorsEntry& entry : file.entries())
        if (entry.name.ends_with("__input_ids"))
            sizes.push_back(std::stoll(entry.name.substr(std::string("chunk").size())));
    return sizes;
}

// Each row with its labels behind it, sorted: the order of training rows is the seed's.
std::vector<Ids> sortedRows(const TokenRows& rows) {
    std::vector<Ids> all;
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        const auto begin = static_cast<std::ptrdiff_t>(row * rows.length);
        const auto end = begin + static_cast<std::ptrdiff_t>(rows.length);
        Ids both(rows.ids.begin() + begin, rows.ids.begin() + end);
        both.insert(both.end(), rows.labels.begin() + begin, rows.labels.begin() + end);
        all.push_back(both);
    }
    std::sort(all.begin(), all.end());
    return all;
}

// "packing-alpaca-bytes.json": the stand-in of bytes; "packing-alpaca-smollm2.json": a tokenizer.json of the oracles, or
// nothing.
std::string tokenizerJsonFor(const std::string& path) {
    const std::string stem = std::filesystem::path(path).stem().string();
    const std::string name = stem.substr(stem.rfind('-') + 1);
    if (name == "bytes")
        return byteTokenizer().dump();
    const std::string file = oraclesFolder() + "/tokenizers/" + name + ".tokenizer.json";
    return std::filesystem::exists(file) ? readTextFile(file, 64U << 20U, "FILE") : std::string();
}

} // namespace

class TestOraclePacking : public QObject {
    Q_OBJECT

    void addRows(bool withTensors) {
        QTest::addColumn<QString>("path");
        int rows = 0;
        for (const std::string& path : oracleFiles("packing", ".json"))
            if (std::filesystem::exists(besideIt(path, ".safetensors")) == withTensors) {
                QTest::newRow(std::filesystem::path(path).filename().c_str()) << QString::fromStdString(path);
                ++rows;
            }
        if (rows == 0)
            QSKIP("no packing oracles of this kind in this folder");
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void everyFileIsUnderstood() {
        LOLCATS_COMPARE_TEXT(unknownOracleFiles("packing",
                                                [](const Json& json) {
                                                    return json.contains("rows") ||
                                                           (json.contains("samples") && json.contains("chunks"));
                                                }),
                             "");
    }

    void madeUpSamplesArePackedAsTheReferenceDoes_data() { addRows(false); }
    void madeUpSamplesArePackedAsTheReferenceDoes() {
        QFETCH(QString, path);
        const Json oracle = oracleJson(path.toStdString());
        TokenDocument expected;
        for (const TokenDocument& chunk : documentsOf(oracle["chunks"])) {
            expected.ids.insert(expected.ids.end(), chunk.ids.begin(), chunk.ids.end());
            expected.labels.insert(expected.labels.end(), chunk.labels.begin(), chunk.labels.end());
        }
        const TokenRows rows = packDocuments(documentsOf(oracle["samples"]), oracle["chunk_size"].get<std::int64_t>());
        QVERIFY(!expected.ids.empty());
        QCOMPARE(rows.ids, expected.ids);
        QCOMPARE(rows.labels, expected.labels);
    }

    void tokensOfRecordsArePackedAsTheReferenceDoes_data() { addRows(true); }
    void tokensOfRecordsArePackedAsTheReferenceDoes() {
        QFETCH(QString, path);
        const Json oracle = oracleJson(path.toStdString());
        const SafetensorsFile tensors(besideIt(path.toStdString(), ".safetensors"));
        QVERIFY(!chunkSizes(tensors).empty());
        for (const std::int64_t size : chunkSizes(tensors)) {
            const TokenRows rows = packDocuments(documentsOf(oracle["rows"]), size);
            const std::string chunk = "chunk" + std::to_string(size);
            QCOMPARE(rows.ids, tensor(tensors, chunk + "__input_ids"));
            QCOMPARE(rows.labels, tensor(tensors, chunk + "__labels"));
        }
    }

    void recordsBecomeTheRowsOfTheReference_data() { addRows(true); }
    void recordsBecomeTheRowsOfTheReference() {
        QFETCH(QString, path);
        const std::string tokenizerJson = tokenizerJsonFor(path.toStdString());
        if (tokenizerJson.empty())
            QSKIP(qPrintable(QStringLiteral("NOT CHECKED: no tokenizer.json for ") + path));
        const Json oracle = oracleJson(path.toStdString());
        const SafetensorsFile tensors(besideIt(path.toStdString(), ".safetensors"));
        const Tokenizer tokenizer = Tokenizer::fromJson(tokenizerJson, "tokenizer.json");
        Json records = Json::array();
        for (const Json& row : oracle["rows"])
            records.push_back(row["row"]);
        const QTemporaryDir folder;
        ConversionPlan plan;
        plan.dataset = "alpaca";
        plan.data = folder.filePath(QStringLiteral("records.json")).toStdString();
        plan.heldout = plan.data; // so that every record is trained on
        writeFile(plan.data, records.dump());
        DatasetContext context;
        context.tokenizer = &tokenizer;
        context.vocabulary = tokenizer.vocabularySize();
        context.eos = oracle["rows"][0]["input_ids"].get<Ids>().back();
        for (const std::int64_t size : chunkSizes(tensors)) {
            plan.length = size;
            const std::string chunk = "chunk" + std::to_string(size);
            const TokenRows expected{size, tensor(tensors, chunk + "__input_ids"), tensor(tensors, chunk + "__labels")};
            QCOMPARE(sortedRows(prepareText(plan, context).train), sortedRows(expected));
        }
    }
};

QTEST_GUILESS_MAIN(TestOraclePacking)
#include "test_oracle_packing.moc"
