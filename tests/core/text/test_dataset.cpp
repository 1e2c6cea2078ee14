// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/dataset.h"

#include "core/files/file_bytes.h"
#include "core/files/safetensors.h"
#include "tests/core/text/small_tokenizer.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <set>

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

std::string sentence(int number) {
    return "Sentence number " + std::to_string(number) +
           " says something that no other does: " + std::to_string(number * number) + ".\n";
}

std::string manySentences(int from, int count) {
    std::string text;
    for (int number = from; number < from + count; ++number)
        text += sentence(number) + (number % 5 == 0 ? "\n" : "");
    return text;
}

std::vector<std::byte> bytesOfIds(const Ids& ids) {
    std::vector<std::byte> bytes(ids.size() * sizeof(std::int32_t));
    std::memcpy(bytes.data(), ids.data(), bytes.size());
    return bytes;
}

void writeRows(const std::string& path, const Ids& train, const Ids& heldout, std::int64_t length) {
    const auto source = [&](const std::string& name, const Ids& ids) {
        return SafetensorsSource{
            name, "I32", {static_cast<std::int64_t>(ids.size()) / length, length}, [ids] { return bytesOfIds(ids); }};
    };
    writeSafetensors(path, {source("train", train), source("heldout", heldout)}, {});
}

std::set<Ids> setOfRows(const TokenRows& rows) {
    std::set<Ids> all;
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        const auto begin = rows.ids.begin() + static_cast<std::ptrdiff_t>(row * rows.length);
        all.insert(Ids(begin, begin + static_cast<std::ptrdiff_t>(rows.length)));
    }
    return all;
}

std::string summaryOf(const std::function<void()>& action) {
    try {
        action();
    } catch (const Refusal& refusal) {
        return refusal.failure().code + ": " + refusal.failure().summary;
    }
    return "none";
}

} // namespace

class TestDataset : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    Tokenizer m_tokenizer = tokenizerOf(byteTokenizer());

    std::string path(const std::string& name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }

    std::string written(const std::string& name, const std::string& text) const {
        writeFile(path(name), text);
        return path(name);
    }

    DatasetContext context() const {
        DatasetContext context;
        context.tokenizer = &m_tokenizer;
        context.bos = 1;
        context.eos = 2;
        context.vocabulary = m_tokenizer.vocabularySize();
        context.write = [](const std::string& prompt, std::int64_t tokens, std::int64_t seed) {
            Ids ids(static_cast<std::size_t>(tokens));
            std::uint64_t state = static_cast<std::uint64_t>(seed) * 7919 + prompt.size();
            for (std::int32_t& id : ids) {
                state = state * 6364136223846793005U + 1442695040888963407U;
                id = static_cast<std::int32_t>(3 + (state >> 33U) % 256);
            }
            return ids;
        };
        return context;
    }

    // A plan with data that suits the part.
    ConversionPlan planFor(const std::string& dataset) const {
        ConversionPlan plan;
        plan.dataset = dataset;
        plan.length = 64;
        plan.heldoutRows = 5;
        if (dataset == "text")
            plan.data = written("text.txt", manySentences(0, 200));
        if (dataset == "alpaca") {
            std::string lines;
            for (int number = 0; number < 60; ++number)
                lines +=
                    Json{{"instruction", sentence(number)}, {"input", ""}, {"output", sentence(1000 + number)}}.dump() + "\n";
            plan.data = written("records.jsonl", lines);
        }
        if (dataset == "rows") {
            Ids train(64 * 9), heldout(64 * 7, 100);
            std::iota(train.begin(), train.end(), 0);
            std::for_each(train.begin(), train.end(), [](std::int32_t& id) { id = id / 64 + id % 64; });
            plan.data = path("rows.safetensors");
            writeRows(plan.data, train, heldout, 64);
        }
        return plan;
    }

    static const Dataset& partNamed(const QString& id) {
        return *std::find_if(datasets().begin(), datasets().end(),
                             [&](const Dataset& entry) { return entry.choice.id == id.toStdString(); });
    }

    void addDatasets() {
        QTest::addColumn<QString>("dataset");
        for (const Dataset& dataset : datasets())
            QTest::newRow(dataset.choice.id.c_str()) << QString::fromStdString(dataset.choice.id);
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void everyPartDescribesItself_data() { addDatasets(); }
    void everyPartDescribesItself() {
        QFETCH(QString, dataset);
        const Choice& choice = partNamed(dataset).choice;
        QVERIFY(!choice.title.empty());
        QVERIFY(choice.sentence.ends_with("."));
        for (const OptionDescription& option : choice.options) {
            QVERIFY(!option.title.empty());
            QVERIFY(!option.sentence.empty());
            QCOMPARE(checkedOption(option, option.standard), option.standard);
        }
    }

    void everyPartGivesTheSameRowsForTheSameSeed_data() { addDatasets(); }
    void everyPartGivesTheSameRowsForTheSameSeed() {
        QFETCH(QString, dataset);
        ConversionPlan plan = planFor(dataset.toStdString());
        const PreparedText first = prepareText(plan, context());
        const PreparedText second = prepareText(plan, context());
        QCOMPARE(first.train.ids, second.train.ids);
        QCOMPARE(first.train.labels, second.train.labels);
        QCOMPARE(first.heldout.ids, second.heldout.ids);
        plan.seed = 1;
        const PreparedText other = prepareText(plan, context());
        QCOMPARE(other.train.ids == first.train.ids, dataset == QStringLiteral("rows"));
    }

    void everyPartGivesWholeRowsWithLabels_data() { addDatasets(); }
    void everyPartGivesWholeRowsWithLabels() {
        QFETCH(QString, dataset);
        const ConversionPlan plan = planFor(dataset.toStdString());
        const PreparedText text = prepareText(plan, context());
        for (const TokenRows* rows : {&text.train, &text.heldout}) {
            QCOMPARE(rows->length, plan.length);
            QVERIFY(rows->rows() > 0);
            QCOMPARE(rows->ids.size(), static_cast<std::size_t>(rows->rows() * plan.length));
            QCOMPARE(rows->labels.size(), rows->ids.size());
            for (std::size_t index = 0; index < rows->ids.size(); ++index) {
                QVERIFY(rows->ids[index] >= 0 && rows->ids[index] < m_tokenizer.vocabularySize());
                QVERIFY(rows->labels[index] == kNotLearned || rows->labels[index] == rows->ids[index]);
            }
        }
        QVERIFY(text.documents > 0);
        QVERIFY(text.tokens >= static_cast<std::int64_t>(text.train.ids.size()) / 2);
        QVERIFY(!text.description.empty());
    }

    void everyPartKeepsHeldOutRowsOutOfTraining_data() { addDatasets(); }
    void everyPartKeepsHeldOutRowsOutOfTraining() {
        QFETCH(QString, dataset);
        ConversionPlan plan = planFor(dataset.toStdString());
        for (plan.seed = 0; plan.seed < 5; ++plan.seed) {
            const PreparedText text = prepareText(plan, context());
            QVERIFY(text.heldout.rows() <= plan.heldoutRows);
            const std::set<Ids> train = setOfRows(text.train);
            for (const Ids& row : setOfRows(text.heldout))
                QVERIFY(!train.contains(row));
        }
    }

    void everyPartStopsWhenAsked_data() { addDatasets(); }
    void everyPartStopsWhenAsked() {
        QFETCH(QString, dataset);
        DatasetContext stopping = context();
        int asked = 0;
        stopping.goOn = [&](const std::string& doing, double share) {
            ++asked;
            return doing.empty() || share < 0;
        };
        QCOMPARE(prepareText(planFor(dataset.toStdString()), stopping).train.rows(), 0);
        QCOMPARE(asked, 1);
    }

    void everyPartWithoutItsNeedsIsRefused_data() { addDatasets(); }
    void everyPartWithoutItsNeedsIsRefused() {
        QFETCH(QString, dataset);
        const ConversionPlan plan = planFor(dataset.toStdString());
        const Dataset& part = partNamed(dataset);
        DatasetContext without = context();
        without.tokenizer = nullptr;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, without); }), part.needsTokenizer ? "DATA-TOKENIZER" : "none");
        ConversionPlan empty = plan;
        empty.data.clear();
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(empty, context()); }), part.needsData ? "PLAN-DATA" : "none");
        ConversionPlan tooLong = plan;
        tooLong.length = 1'000'000;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(tooLong, context()); }), "PLAN-LENGTH");
        ConversionPlan missing = plan;
        missing.data = path("nowhere");
        QCOMPARE(refusalCode([&] { prepareText(missing, context()); }) == "none", !part.needsData);
    }

    void anUnknownPartIsRefused() {
        ConversionPlan plan = planFor("text");
        plan.dataset = "novels";
        QVERIFY(refusalCode([&] { prepareText(plan, context()); }) != "none");
    }

    void textRowsBeginWithTheBeginToken() {
        const PreparedText text = prepareText(planFor("text"), context());
        for (std::int64_t row = 0; row < text.train.rows(); ++row)
            QCOMPARE(text.train.ids[static_cast<std::size_t>(row * text.train.length)], 1);
    }

    void aFolderIsReadInTheOrderOfItsNames() {
        std::filesystem::create_directory(path("folder"));
        written("folder/b.md", "second" + std::string(100, 'b'));
        written("folder/a.txt", "first" + std::string(100, 'a'));
        written("folder/.hidden.txt", std::string(100, 'h'));
        written("folder/other.csv", std::string(100, 'c'));
        const TokenRows rows = prepareEvaluationText(path("folder"), 2, 1000, context());
        std::string text;
        for (std::size_t index = 1; index < rows.ids.size(); index += 2)
            text += m_tokenizer.piece(rows.ids[index]);
        LOLCATS_COMPARE_TEXT(text, "first" + std::string(100, 'a') + "second" + std::string(100, 'b'));
    }

    void aHeldOutFileIsTakenWhole() {
        ConversionPlan plan = planFor("text");
        const PreparedText split = prepareText(plan, context());
        plan.heldout = written("heldout.txt", manySentences(5000, 100));
        const PreparedText text = prepareText(plan, context());
        QCOMPARE(text.train.rows(), split.train.rows() + split.heldout.rows());
        QCOMPARE(text.heldout.ids, prepareEvaluationText(plan.heldout, plan.length, plan.heldoutRows, context()).ids);
    }

    void textThatCannotBeUsedIsRefused() {
        ConversionPlan plan = planFor("text");
        const auto refusal = [&](const std::string& bytes) {
            plan.data = written("bad.txt", bytes);
            return summaryOf([&] { prepareText(plan, context()); });
        };
        QVERIFY(refusal("").starts_with("DATA-EMPTY"));
        QVERIFY(refusal(" \n\t\u3000\n").starts_with("DATA-EMPTY"));
        LOLCATS_COMPARE_TEXT(refusal("good\nalso good\nb\xE9se\n"),
                             "DATA-UTF8: " + path("bad.txt") + " line 3, byte 2: not UTF-8 (0xE9).");
        QVERIFY(refusal("too short").starts_with("PLAN-LENGTH"));
        std::filesystem::create_directory(path("empty folder"));
        plan.data = path("empty folder");
        QVERIFY(summaryOf([&] { prepareText(plan, context()); }).starts_with("DATA-EMPTY"));
    }

    void specialWordsInTextStayTextAndAreNoticed() {
        ConversionPlan plan = planFor("text");
        plan.data = written("special.txt", manySentences(0, 100) + "</s> and <s> and </s>");
        plan.heldout = planFor("text").data;
        const PreparedText text = prepareText(plan, context());
        QVERIFY(std::find(text.train.ids.begin(), text.train.ids.end(), 2) == text.train.ids.end());
        QCOMPARE(text.notices.size(), std::size_t{1});
        QVERIFY(text.notices[0].find("3 times") != std::string::npos);
    }

    void charactersThatTheVocabularyLacksAreRefused() {
        Json json = byteTokenizer();
        json["model"]["vocab"].erase("z");
        const Tokenizer lacking = tokenizerOf(json);
        DatasetContext without = context();
        without.tokenizer = &lacking;
        ConversionPlan plan = planFor("text");
        plan.data = written("zebra.txt", manySentences(0, 100) + "zebra");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, without); }), "DATA-CHARACTER");
    }

    void anArrayAndLinesOfRecordsGiveTheSameRows() {
        ConversionPlan plan = planFor("alpaca");
        const PreparedText lines = prepareText(plan, context());
        Json array = Json::array();
        for (int number = 0; number < 60; ++number)
            array.push_back({{"instruction", sentence(number)}, {"output", sentence(1000 + number)}});
        plan.data = written("records.json", array.dump(2));
        QCOMPARE(prepareText(plan, context()).train.ids, lines.train.ids);
    }

    void aRecordThatCannotBeUsedIsNamedByLineAndField() {
        ConversionPlan plan = planFor("alpaca");
        const auto refusal = [&](const std::string& text) {
            plan.data = written("bad.jsonl", text);
            return summaryOf([&] { prepareText(plan, context()); });
        };
        const std::string good = Json{{"instruction", "a"}, {"input", ""}, {"output", "b"}}.dump();
        LOLCATS_COMPARE_TEXT(refusal(good + "\n\n" + Json{{"instruction", "a"}, {"response", "b"}}.dump()),
                             "DATA-FIELD: " + path("bad.jsonl") + " line 3: no field “output” (has: instruction, response).");
        LOLCATS_COMPARE_TEXT(refusal("[\n" + good + ",\n" + Json{{"instruction", "[,]\"\\"}, {"output", 7}}.dump() + "]"),
                             "DATA-FIELD: " + path("bad.jsonl") + " line 3: the field “output” is not a text.");
        QVERIFY(refusal("[1]").starts_with("DATA-FIELD"));
        QVERIFY(refusal(good + "\n{\"instruction\":").starts_with("DATA-JSON"));
        QVERIFY(refusal("[" + good).starts_with("DATA-JSON"));
        QVERIFY(refusal("[" + good + ",]").starts_with("DATA-JSON"));
        QVERIFY(refusal("[" + good + "] x").starts_with("DATA-JSON"));
        QVERIFY(refusal("[]").starts_with("DATA-EMPTY"));
        QVERIFY(refusal("").starts_with("DATA-EMPTY"));
        QVERIFY(refusal(good + "\n\xFF").starts_with("DATA-UTF8"));
    }

    void manyRecordsHoldOutTheFirst200AsThePaper() {
        ConversionPlan plan = planFor("alpaca");
        plan.heldoutRows = 1'000'000;
        std::string lines;
        for (int number = 0; number < 2001; ++number)
            lines += Json{{"instruction", "x"}, {"output", number < 200 ? "held" : "kept"}}.dump() + "\n";
        plan.data = written("many.jsonl", lines);
        const PreparedText text = prepareText(plan, context());
        const auto learned = [&](const TokenRows& rows) {
            std::string characters;
            for (const std::int32_t label : rows.labels)
                if (label >= 3)
                    characters += m_tokenizer.piece(label);
            return characters;
        };
        QVERIFY(learned(text.train).find('h') == std::string::npos);
        QVERIFY(learned(text.heldout).find('k') == std::string::npos);
        QVERIFY(learned(text.heldout).size() > 500);
    }

    void tokenRowsKeepTheirOrderAndAreChecked() {
        ConversionPlan plan = planFor("rows");
        const PreparedText text = prepareText(plan, context());
        QCOMPARE(text.train.rows(), 9);
        QCOMPARE(text.train.ids[64 * 3 + 5], 8);
        QCOMPARE(text.heldout.rows(), 5);
        plan.length = 32;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, context()); }), "PLAN-LENGTH");
        plan.length = 2;
        writeRows(plan.data, {1, 2, 3, 259}, {1, 2}, 2);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, context()); }), "DATA-ID");
        writeRows(plan.data, {1, 2, 3, -1}, {1, 2}, 2);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, context()); }), "DATA-ID");
        writeSafetensors(plan.data, {{"train", "I32", {1, 2}, [] { return bytesOfIds({1, 2}); }}}, {});
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, context()); }), "DATA-ROWS");
    }

    void theTeacherWritesAsMuchAsAskedFor() {
        ConversionPlan plan = planFor("teacher");
        plan.options["teacher_tokens"] = std::int64_t{5000};
        QCOMPARE(prepareText(plan, context()).tokens, 5000);
        plan.options.clear();
        QCOMPARE(prepareText(plan, context()).tokens, 20'000);
        DatasetContext silent = context();
        silent.write = nullptr;
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, silent); }), "DATA-TEACHER");
        silent.write = [](const std::string&, std::int64_t, std::int64_t) { return Ids(); };
        LOLCATS_COMPARE_TEXT(refusalCode([&] { prepareText(plan, silent); }), "DATA-TEACHER");
    }

    void thePreviewShowsTheFirstRowAsTheModelSeesIt() {
        const ConversionPlan plan = planFor("alpaca");
        const PreparedText text = prepareText(plan, context());
        const DataPreview preview = previewOf(text, plan, &m_tokenizer);
        QCOMPARE(preview.words.size(), std::size_t{64});
        QCOMPARE(preview.learned.size(), std::size_t{64});
        QCOMPARE(preview.trainRows, text.train.rows());
        QCOMPARE(preview.heldoutRows, text.heldout.rows());
        QCOMPARE(preview.length, 64);
        for (std::size_t index = 0; index < 64; ++index) {
            LOLCATS_COMPARE_TEXT(preview.words[index], m_tokenizer.piece(text.train.ids[index]));
            QCOMPARE(preview.learned[index], text.train.labels[index] != kNotLearned);
        }
        LOLCATS_COMPARE_TEXT(previewOf(text, plan, nullptr).words[0], std::to_string(text.train.ids[0]));
    }
};

QTEST_GUILESS_MAIN(TestDataset)
#include "test_dataset.moc"
