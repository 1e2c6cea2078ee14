// SPDX-License-Identifier: GPL-3.0-or-later
// Strings with the ids and the text that the official library gives.

#include "core/files/file_bytes.h"
#include "core/text/tokenizer.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <cstdlib>
#include <filesystem>
#include <sstream>

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

// The name of the oracle without its folder and endings: "qwen3".
std::string nameOf(const std::string& path) {
    const std::string file = std::filesystem::path(path).filename().string();
    return file.substr(0, file.find('.'));
}

// The tokenizer.json of that name, in the oracles or in $LOLCATS_TOKENIZERS; empty when it is in neither.
std::string tokenizerFile(const std::string& name) {
    const char* named = std::getenv("LOLCATS_TOKENIZERS");
    for (const std::string& folder : {oraclesFolder() + "/tokenizers", std::string(named != nullptr ? named : "")})
        if (const std::string path = folder + "/" + name + ".tokenizer.json"; std::filesystem::exists(path))
            return path;
    return {};
}

std::vector<Json> rowsOf(const std::string& path) {
    std::vector<Json> rows;
    std::istringstream lines(readTextFile(path, 64U << 20U, "FILE"));
    for (std::string line; std::getline(lines, line);)
        rows.push_back(Json::parse(line));
    return rows;
}

// Sentencepiece style: read by no version that knows only byte-level vocabularies.
bool isByteLevel(const std::string& json) {
    return json.find("\"ByteLevel\"") != std::string::npos;
}

} // namespace

class TestOracleTokenizers : public QObject {
    Q_OBJECT

    void addRows() {
        QTest::addColumn<QString>("path");
        for (const std::string& path : oracleFiles("tokenizers", ".jsonl"))
            QTest::newRow(std::filesystem::path(path).filename().c_str()) << QString::fromStdString(path);
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void everyStringHasTheIdsOfTheOfficialLibrary_data() {
        addRows();
        if (oracleFiles("tokenizers", ".jsonl").empty())
            QSKIP("no tokenizer oracles in this folder");
    }
    void everyStringHasTheIdsOfTheOfficialLibrary() {
        QFETCH(QString, path);
        const std::string file = tokenizerFile(nameOf(path.toStdString()));
        if (file.empty())
            QSKIP(qPrintable(QStringLiteral("NOT CHECKED: no tokenizer.json for ") + path));
        const std::string json = readTextFile(file, 64U << 20U, "FILE");
        if (!isByteLevel(json)) {
            const std::string code = refusalCode([&] { Tokenizer::fromJson(json, file); });
            QVERIFY2(code.starts_with("TK-"), code.c_str());
            return;
        }
        const Tokenizer tokenizer = Tokenizer::fromJson(json, file);
        const std::vector<Json> rows = rowsOf(path.toStdString());
        QVERIFY(!rows.empty());
        for (const Json& row : rows)
            check(tokenizer, row);
    }

private:
    static void check(const Tokenizer& tokenizer, const Json& row) {
        if (row.contains("error") && !row["error"].is_null())
            return; // a chat that its template refuses
        const Ids ids = row["ids"].get<Ids>();
        if (row.contains("text")) {
            const auto text = row["text"].get<std::string>();
            QCOMPARE(tokenizer.encode(text, SpecialTokens::Recognised), ids);
            if (row.contains("ids_special"))
                QCOMPARE(tokenizer.encodeWithSpecial(text), row["ids_special"].get<Ids>());
        }
        if (row.contains("decoded"))
            LOLCATS_COMPARE_TEXT(tokenizer.decode(ids, false), row["decoded"].get<std::string>());
        if (row.contains("decoded_skip"))
            LOLCATS_COMPARE_TEXT(tokenizer.decode(row.contains("ids_special") ? row["ids_special"].get<Ids>() : ids, true),
                                 row["decoded_skip"].get<std::string>());
    }
};

QTEST_GUILESS_MAIN(TestOracleTokenizers)
#include "test_oracle_tokenizers.moc"
