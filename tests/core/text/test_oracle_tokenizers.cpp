// SPDX-License-Identifier: GPL-3.0-or-later
// Strings with the ids and the text that the official library gives.

#include "core/files/file_bytes.h"
#include "core/files/model_source.h"
#include "core/files/sentencepiece.h"
#include "core/text/chat_template.h"
#include "core/text/tokenizer.h"
#include "tests/support/oracles.h"
#include "tests/support/protobuf_fields.h"
#include "tests/support/sentences.h"

#include <algorithm>
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
        const Tokenizer tokenizer = Tokenizer::fromJson(json, file);
        const std::vector<Json> rows = rowsOf(path.toStdString());
        QVERIFY(!rows.empty());
        for (const Json& row : rows)
            check(tokenizer, row);
    }

    // The same vocabulary as a tokenizer.model: the earlier a token is merged, the higher its score.
    void everyStringHasTheIdsAlsoFromATokenizerModel_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("mistral_v1") << QStringLiteral("mistral_v1");
    }
    void everyStringHasTheIdsAlsoFromATokenizerModel() {
        QFETCH(QString, name);
        const std::string file = tokenizerFile(name.toStdString());
        const auto rows = oracleFiles("tokenizers", name.toStdString() + ".jsonl");
        if (file.empty() || rows.empty())
            QSKIP("NOT CHECKED: the tokenizer was not fetched");
        const Json json = readJsonFile(file, 64U << 20U, "TK");
        std::map<std::int64_t, std::string> pieces;
        for (const auto& [text, id] : json["model"]["vocab"].items())
            pieces[id.get<std::int64_t>()] = text;
        std::map<std::string, float> scores;
        for (const Json& merge : json["model"]["merges"]) {
            std::string text =
                merge.is_string() ? merge.get<std::string>() : merge[0].get<std::string>() + merge[1].get<std::string>();
            if (merge.is_string())
                text.erase(text.find(' '), 1);
            scores.emplace(text, -static_cast<float>(scores.size()));
        }
        std::string message = bytesField(2, numberField(3, 2)) + bytesField(3, numberField(3, 1) + numberField(4, 0));
        for (const auto& [id, text] : pieces) {
            const bool isByte = text.size() == 6 && text.starts_with("<0x");
            const int kind = id == 0 ? 2 : id < 3 ? 3 : isByte ? 6 : 1;
            message += bytesField(1, bytesField(1, text) + floatField(2, scores.contains(text) ? scores.at(text) : 0.0F) +
                                         numberField(3, static_cast<std::uint64_t>(kind)));
        }
        const std::string written = sentencePieceTokenizerJson("tokenizer.model", message, Json());
        const Tokenizer tokenizer = Tokenizer::fromJson(written, file);
        for (const Json& row : rowsOf(rows.front()))
            check(tokenizer, row);
    }

    void everyStringHasTheIdsOfTheGgufFilesOwnReader_data() {
        QTest::addColumn<QString>("path");
        for (const std::string& path : oracleFiles("gguf", ".tokens.jsonl"))
            QTest::newRow(std::filesystem::path(path).filename().c_str()) << QString::fromStdString(path);
        if (oracleFiles("gguf", ".tokens.jsonl").empty())
            QSKIP("no tokens of gguf files in this folder");
    }
    void everyStringHasTheIdsOfTheGgufFilesOwnReader() {
        QFETCH(QString, path);
        const std::string tokens = path.toStdString();
        const std::string file = tokens.substr(0, tokens.size() - std::string(".tokens.jsonl").size()) + ".gguf";
        const Tokenizer tokenizer = Tokenizer::fromJson(openModelSource(file)->tokenizerJson(), file);
        for (const Json& row : rowsOf(tokens))
            check(tokenizer, row);
    }

    void chatsAreWrittenAsTheModelsTemplatesHaveThem_data() {
        QTest::addColumn<QString>("path");
        for (const std::string& path : oracleFiles("tokenizers", ".chat.jsonl"))
            QTest::newRow(std::filesystem::path(path).filename().c_str()) << QString::fromStdString(path);
        if (oracleFiles("tokenizers", ".chat.jsonl").empty())
            QSKIP("no chats in this folder");
    }
    void chatsAreWrittenAsTheModelsTemplatesHaveThem() {
        QFETCH(QString, path);
        const std::string name = nameOf(path.toStdString());
        const auto format = std::find_if(chatFormats().begin(), chatFormats().end(),
                                         [&](const ChatFormat& f) { return name.starts_with(f.choice.id); });
        QVERIFY2(format != chatFormats().end(), name.c_str());
        for (const Json& row : rowsOf(path.toStdString())) {
            std::vector<ChatMessage> messages;
            for (const Json& message : row["messages"])
                messages.push_back({message["role"].get<std::string>(), message["content"].get<std::string>()});
            if (row["error"].is_null())
                LOLCATS_COMPARE_TEXT(renderedChat(*format, messages, row["add_generation_prompt"].get<bool>()),
                                     row["text"].get<std::string>());
        }
    }

    // In a data set a text cannot smuggle a special token in, in whichever way the vocabulary writes it.
    void noTextSpellsASpecialToken() {
        for (const std::string& path : oracleFiles("tokenizers", ".tokenizer.json")) {
            const std::string json = readTextFile(path, 64U << 20U, "FILE");
            const Tokenizer tokenizer = Tokenizer::fromJson(json, path);
            const Json parsed = Json::parse(json);
            for (const Json& added : parsed["added_tokens"]) {
                if (!added["special"].get<bool>())
                    continue;
                const auto text = added["content"].get<std::string>();
                const Ids ids = tokenizer.encode(text, SpecialTokens::PlainText);
                QVERIFY2(std::find(ids.begin(), ids.end(), added["id"].get<std::int32_t>()) == ids.end(), text.c_str());
            }
        }
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
