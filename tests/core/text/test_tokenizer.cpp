// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "tests/core/text/small_tokenizer.h"
#include "tests/support/sentences.h"

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

const std::string kLlamaPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const std::string kQwenPattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

Json splitBy(const std::string& pattern) {
    return {{"type", "Sequence"},
            {"pretokenizers",
             Json::array({{{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}},
                          {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}})}};
}

std::string codeOf(const Json& json) {
    return refusalCode([&] { tokenizerOf(json); });
}

Ids plain(const Tokenizer& tokenizer, const std::string& text) {
    return tokenizer.encode(text, SpecialTokens::PlainText);
}
Ids recognised(const Tokenizer& tokenizer, const std::string& text) {
    return tokenizer.encode(text, SpecialTokens::Recognised);
}

} // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void mergesRunByRankAndNotFromTheLeft() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer({{"b", "c"}, {"a", "b"}}));
        QCOMPARE(plain(tokenizer, "abc"), (Ids{'a', 256}));
        QCOMPARE(plain(tokenizer, "abab"), (Ids{257, 257}));
        QCOMPARE(plain(tokenizer, "bcbc"), (Ids{256, 256}));
    }

    void mergesNeverCrossTheEdgeOfAPiece() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer({{"a", "Ġ"}, {"Ġ", "b"}}));
        QCOMPARE(plain(tokenizer, "a b"), (Ids{'a', 257}));
    }

    void aWholePieceIsTakenWhereMergesAreIgnored() {
        Json json = smallTokenizer({{"b", "c"}});
        json["model"]["vocab"]["abc"] = 257;
        QCOMPARE(plain(tokenizerOf(json), "abc"), (Ids{'a', 256}));
        json["model"]["ignore_merges"] = true;
        QCOMPARE(plain(tokenizerOf(json), "abc"), (Ids{257}));
    }

    void mergesWrittenAsStringsAreTheSame() {
        Json json = smallTokenizer({{"b", "c"}, {"a", "b"}});
        json["model"]["merges"] = Json::array({"b c", "a b"});
        QCOMPARE(plain(tokenizerOf(json), "abcab"), (Ids{'a', 256, 257}));
    }

    void aLaterDuplicateOfAMergeOverridesItsRank() {
        Json json = smallTokenizer({{"a", "b"}, {"b", "c"}});
        QCOMPARE(plain(tokenizerOf(json), "abc"), (Ids{256, 'c'}));
        json["model"]["merges"].push_back(Json::array({"a", "b"}));
        QCOMPARE(plain(tokenizerOf(json), "abc"), (Ids{'a', 257}));
    }

    void digitsStandAloneInTheirOwnStep() {
        Json json = smallTokenizer({{"1", "2"}, {"Ġ", "1"}});
        json["pre_tokenizer"] = {{"type", "Sequence"},
                                 {"pretokenizers", Json::array({{{"type", "Digits"}, {"individual_digits", true}},
                                                                {{"type", "ByteLevel"}, {"add_prefix_space", false}}})}};
        QCOMPARE(plain(tokenizerOf(json), " 12"), (Ids{' ', '1', '2'}));
    }

    void llamaKeepsDigitsInThreesAndQwenAlone() {
        Json json = smallTokenizer({{"1", "2"}, {"12", "3"}, {"3", "4"}});
        json["pre_tokenizer"] = splitBy(kLlamaPattern);
        QCOMPARE(plain(tokenizerOf(json), "1234"), (Ids{257, '4'}));
        json["pre_tokenizer"] = splitBy(kQwenPattern);
        QCOMPARE(plain(tokenizerOf(json), "1234"), (Ids{'1', '2', '3', '4'}));
    }

    void theMongolianVowelSeparatorIsNoWhiteSpace() {
        // As white space it would be a piece of its own before "b"; as the other engines have it, it joins what precedes a
        // word.
        Json json = smallTokenizer({{alphabetCharacter(0x8E), "b"}});
        json["pre_tokenizer"] = splitBy(kLlamaPattern);
        QCOMPARE(plain(tokenizerOf(json), "!\u180E!b").size(), std::size_t{6});
        QCOMPARE(plain(tokenizerOf(json), "a\u180Eb"), (Ids{'a', 0xE1, 0xA0, 256}));
    }

    void contractionsOfLlamaMatchTheLongS() {
        // 'ſ is a contraction, so "ok" is a word of its own; without it "ſok" would be one.
        Json json = smallTokenizer({{alphabetCharacter(0xBF), "o"}});
        json["pre_tokenizer"] = splitBy(kLlamaPattern);
        QCOMPARE(plain(tokenizerOf(json), "'\u017Fok"), (Ids{'\'', 0xC5, 0xBF, 'o', 'k'}));
    }

    void normalFormComesBeforeEverythingElse() {
        Json json = smallTokenizer();
        json["normalizer"] = {{"type", "NFC"}};
        const Tokenizer tokenizer = tokenizerOf(json);
        QCOMPARE(plain(tokenizer, "e\u0301"), (Ids{0xC3, 0xA9}));
        QCOMPARE(plain(tokenizer, "\u1112\u1161\u11AB"), (Ids{0xED, 0x95, 0x9C}));
        QCOMPARE(plain(tokenizer, "a\u0301\u0323"), plain(tokenizer, "a\u0323\u0301"));
    }

    void aPrefixSpaceIsAddedWhereThereIsNone() {
        Json json = smallTokenizer();
        json["pre_tokenizer"]["add_prefix_space"] = true;
        QCOMPARE(plain(tokenizerOf(json), "a"), (Ids{' ', 'a'}));
        QCOMPARE(plain(tokenizerOf(json), " a"), (Ids{' ', 'a'}));
    }

    void specialTokensAreRecognisedOnlyWhereAskedFor() {
        Json json = smallTokenizer();
        json["added_tokens"] = Json::array({addedToken(256, "<s>"), addedToken(257, "<s><s>"), addedToken(258, "<t>", false)});
        const Tokenizer tokenizer = tokenizerOf(json);
        QCOMPARE(recognised(tokenizer, "a<s>b"), (Ids{'a', 256, 'b'}));
        QCOMPARE(recognised(tokenizer, "<s><s><s>"), (Ids{257, 256}));
        QCOMPARE(plain(tokenizer, "<s>"), (Ids{'<', 's', '>'}));
        QCOMPARE(plain(tokenizer, "<t>"), (Ids{258}));
        QCOMPARE(tokenizer.countSpecial("<s> and <s> and <t>"), 2);
        QCOMPARE(tokenizer.idOf("<s>"), std::optional<std::int32_t>(256));
        QCOMPARE(tokenizer.idOf("<u>"), std::optional<std::int32_t>());
    }

    void addedTokensStripAndStandAloneAsTheirFlagsSay() {
        Json json = smallTokenizer();
        Json left = addedToken(256, "<l>"), right = addedToken(257, "<r>"), word = addedToken(258, "word");
        left["lstrip"] = true;
        right["rstrip"] = true;
        word["single_word"] = true;
        json["added_tokens"] = Json::array({left, right, word});
        const Tokenizer tokenizer = tokenizerOf(json);
        QCOMPARE(recognised(tokenizer, "a \t<l> b"), (Ids{'a', 256, ' ', 'b'}));
        QCOMPARE(recognised(tokenizer, "a <r> \u3000b"), (Ids{'a', ' ', 257, 'b'}));
        QCOMPARE(recognised(tokenizer, "word"), (Ids{258}));
        QCOMPARE(recognised(tokenizer, "(word)"), (Ids{'(', 258, ')'}));
        QCOMPARE(recognised(tokenizer, "words").size(), std::size_t{5});
        QCOMPARE(recognised(tokenizer, "éword").size(), std::size_t{6});
    }

    void aNormalisedTokenIsFoundInNormalForm() {
        Json json = smallTokenizer();
        json["normalizer"] = {{"type", "NFC"}};
        json["added_tokens"] = Json::array({addedToken(256, "ẹ"), addedToken(257, "ọ")});
        json["added_tokens"][1]["normalized"] = true;
        const Tokenizer tokenizer = tokenizerOf(json);
        QCOMPARE(recognised(tokenizer, "o\u0323"), (Ids{257}));
        QCOMPARE(recognised(tokenizer, "e\u0323"), (Ids{0xE1, 0xBA, 0xB9}));
    }

    void thePostProcessorsTokensAreAddedOnlyWhereAskedFor() {
        const Tokenizer tokenizer = tokenizerOf(byteTokenizer());
        QCOMPARE(tokenizer.encodeWithSpecial("a"), (Ids{1, 'a' + 3}));
        QCOMPARE(recognised(tokenizer, "a"), (Ids{'a' + 3}));
        LOLCATS_COMPARE_TEXT(tokenizer.decode({1, 'a' + 3, 2}, false), "<s>a</s>");
        LOLCATS_COMPARE_TEXT(tokenizer.decode({1, 'a' + 3, 2}, true), "a");
        LOLCATS_COMPARE_TEXT(tokenizer.kind(), "byte-level BPE, 259 tokens");
    }

    void oddTextComesBackUnchanged() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer({{"a", "a"}}));
        using namespace std::string_literals;
        for (const std::string& text :
             {""s, "\0"s, "a\0b"s, "\U0010FFFF"s, "\uFEFFa"s, "\r\n\n \t"s, "👨‍👩‍👧"s, "नमस्ते"s})
            LOLCATS_COMPARE_TEXT(tokenizer.decode(plain(tokenizer, text), false), text);
    }

    void aMillionEqualCharactersAreMerged() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer({{"a", "a"}, {"aa", "aa"}}));
        QCOMPARE(plain(tokenizer, std::string(1'000'000, 'a')), Ids(250'000, 257));
        QCOMPARE(plain(tokenizer, std::string(1'000'000, ' ') + "x").size(), std::size_t{1'000'001});
        QCOMPARE(plain(tokenizer, std::string(1'000'000, '\n') + "x").size(), std::size_t{1'000'001});
    }

    void aMillionMarksAreBroughtIntoNormalForm() {
        Json json = smallTokenizer();
        json["normalizer"] = {{"type", "NFC"}};
        std::string marks;
        for (int index = 0; index < 500'000; ++index)
            marks += "\u0301\u0323";
        QCOMPARE(plain(tokenizerOf(json), marks).size(), marks.size());
    }

    void textThatIsNotUtf8IsRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("lone continuation") << QByteArray("a\x80");
        QTest::newRow("overlong") << QByteArray("\xC0\xAF");
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80");
        QTest::newRow("above the last") << QByteArray("\xF4\x90\x80\x80");
        QTest::newRow("unfinished") << QByteArray("\xE2\x82");
    }
    void textThatIsNotUtf8IsRefused() {
        QFETCH(QByteArray, bytes);
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer());
        LOLCATS_COMPARE_TEXT(refusalCode([&] { plain(tokenizer, bytes.toStdString()); }), "TK-UTF8");
    }

    void unfinishedSequencesBecomeReplacementCharacters() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer());
        LOLCATS_COMPARE_TEXT(tokenizer.decode({0xE2, 0x82}, false), "\uFFFD");
        LOLCATS_COMPARE_TEXT(tokenizer.decode({0xE2, 0x82, 0xAC}, false), "€");
        LOLCATS_COMPARE_TEXT(tokenizer.decode({0xFF, 'a', 0xF0, 0x9F}, false), "\uFFFDa\uFFFD");
    }

    void anIdOutsideTheVocabularyIsRefused() {
        const Tokenizer tokenizer = tokenizerOf(smallTokenizer());
        LOLCATS_COMPARE_TEXT(refusalCode([&] { tokenizer.decode({256}, false); }), "TK-ID");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { tokenizer.decode({-1}, false); }), "TK-ID");
        QCOMPARE(tokenizer.vocabularySize(), 256);
    }

    void aSentencePieceVocabularyWritesSpacesAsMarks() {
        Json json = smallSentencePiece();
        const Tokenizer legacy = tokenizerOf(json);
        LOLCATS_COMPARE_TEXT(legacy.kind(), "SentencePiece BPE, 265 tokens");
        QCOMPARE(plain(legacy, "ab ab"), (Ids{262, 262}));
        QCOMPARE(plain(legacy, ""), Ids());
        QCOMPARE(plain(legacy, "a\n"), (Ids{261, 1 + 10})); // no token for the line feed: its byte
        QCOMPARE(plain(legacy, "b\u00e9"), (Ids{257, 259, 1 + 0xC3, 1 + 0xA9}));
        LOLCATS_COMPARE_TEXT(legacy.decode(plain(legacy, " ab\u00e9 ab"), false), " ab\u00e9 ab");
        LOLCATS_COMPARE_TEXT(legacy.decode({262, 262}, false), "ab ab");
        LOLCATS_COMPARE_TEXT(legacy.decode({1 + 0xC3, 1 + 0xA9, 1 + 0xC3}, false), "\uFFFD\uFFFD\uFFFD"); // one for each byte
        LOLCATS_COMPARE_TEXT(legacy.piece(262), " ab");
        LOLCATS_COMPARE_TEXT(legacy.piece(1 + 0xC3), "\xC3");
        QCOMPARE(legacy.countUnwritable("\u00e9"), 0);
    }

    void aMetaspaceMarksTheBeginningAsItsSchemeSays() {
        Json json = smallSentencePiece();
        json["normalizer"] = nullptr;
        json["added_tokens"] = Json::array({addedToken(265, "<x>")});
        const auto idsWith = [&](const char* scheme, bool split) {
            json["pre_tokenizer"] = {
                {"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", scheme}, {"split", split}};
            return tokenizerOf(json).encode("ab<x>ab ab", SpecialTokens::Recognised);
        };
        QCOMPARE(idsWith("always", false), (Ids{262, 265, 262, 262}));
        QCOMPARE(idsWith("first", false), (Ids{262, 265, 260, 262}));
        QCOMPARE(idsWith("never", true), (Ids{260, 265, 260, 262}));
        json["decoder"] = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}};
        LOLCATS_COMPARE_TEXT(tokenizerOf(json).decode({262, 262}, false), "ab ab");
    }

    void unknownCharactersOfASentencePieceVocabularyAreFusedOrCounted() {
        Json json = smallSentencePiece();
        json["model"]["byte_fallback"] = false;
        QCOMPARE(plain(tokenizerOf(json), "a\u00e9\u00e8b\u00e9"), (Ids{261, 0, 259, 0}));
        json["model"]["fuse_unk"] = false;
        QCOMPARE(plain(tokenizerOf(json), "a\u00e9\u00e8"), (Ids{261, 0, 0}));
        json["model"]["unk_token"] = nullptr;
        QCOMPARE(plain(tokenizerOf(json), "a\u00e9b"), (Ids{262}));
        QCOMPARE(tokenizerOf(json).countUnwritable("a\u00e9b\u00e8"), 4);
    }

    void aMissingByteBecomesTheUnknownTokenOrIsCounted() {
        Json json = smallTokenizer();
        json["model"]["vocab"].erase("z");
        QCOMPARE(plain(tokenizerOf(json), "azb"), (Ids{'a', 'b'}));
        QCOMPARE(tokenizerOf(json).countUnwritable("azzb"), 2);
        json["model"]["unk_token"] = "a";
        QCOMPARE(plain(tokenizerOf(json), "bzzb"), (Ids{'b', 'a', 'a', 'b'}));
        QCOMPARE(tokenizerOf(json).countUnwritable("azzb"), 0);
        json["model"]["fuse_unk"] = true;
        QCOMPARE(plain(tokenizerOf(json), "bzzb"), (Ids{'b', 'a', 'b'}));
    }

    void aBrokenModelIsRefusedByName_data() {
        QTest::addColumn<QString>("patch");
        QTest::addColumn<QString>("code");
        const auto row = [](const char* name, const char* patch, const char* code) {
            QTest::newRow(name) << QString::fromUtf8(patch) << QString::fromUtf8(code);
        };
        row("version 2", R"({"version":"2.0"})", "TK-VERSION");
        row("no model", R"({"model":null})", "TK-MODEL");
        row("unknown model type", R"({"model":{"type":"Unigram"}})", "TK-MODEL");
        row("word pieces", R"({"model":{"type":"WordPiece"}})", "TK-MODEL");
        row("no vocabulary", R"({"model":{"vocab":null}})", "TK-MODEL");
        row("no merges", R"({"model":{"merges":null}})", "TK-MODEL");
        row("byte fallback", R"({"model":{"byte_fallback":true}})", "TK-MODEL");
        row("merge part not in the vocabulary", R"({"model":{"merges":["xy z"]}})", "TK-MERGE");
        row("merge result not in the vocabulary", R"({"model":{"merges":["x y"]}})", "TK-MERGE");
        row("merge of three parts", R"({"model":{"merges":["a b c"]}})", "TK-MERGE");
        row("merge of one part", R"({"model":{"merges":["ab"]}})", "TK-MERGE");
        row("list of three parts", R"({"model":{"merges":[["a","b","c"]]}})", "TK-MERGE");
        row("mixed forms", R"({"model":{"merges":["a b",["a","b"]]}})", "TK-MERGE");
        row("subword prefix", R"({"model":{"continuing_subword_prefix":"##"}})", "TK-PREFIX");
        row("end-of-word suffix", R"({"model":{"end_of_word_suffix":"</w>"}})", "TK-PREFIX");
        row("two tokens with one id", R"({"model":{"vocab":{"zz":5}}})", "TK-DUP-ID");
        row("a far id", R"({"model":{"vocab":{"zz":900000}}})", "TK-ID-GAP");
        row("negative id", R"({"model":{"vocab":{"zz":-1}}})", "TK-ID");
        row("fractional id", R"({"model":{"vocab":{"zz":1.5}}})", "TK-ID");
        row("id of 2^32", R"({"model":{"vocab":{"zz":4294967296}}})", "TK-ID");
        row("id as a string", R"({"model":{"vocab":{"zz":"7"}}})", "TK-ID");
        row("unknown token not in the vocabulary", R"({"model":{"unk_token":"<unk>"}})", "TK-UNK");
        row("dropout", R"({"model":{"dropout":0.1}})", "TK-DROPOUT");
        row("dropout 2", R"({"model":{"dropout":2}})", "TK-DROPOUT");
        row("unknown normaliser", R"({"normalizer":{"type":"Wild"}})", "TK-NORM");
        row("prepend without a text", R"({"normalizer":{"type":"Prepend"}})", "TK-NORM");
        row("replace by a pattern", R"({"normalizer":{"type":"Replace","pattern":{"Regex":" +"},"content":"x"}})", "TK-NORM");
        row("replace", R"({"normalizer":{"type":"Replace","pattern":{"String":""},"content":"x"}})", "TK-NORM");
        row("metaspace without a mark", R"({"pre_tokenizer":{"type":"Metaspace","prepend_scheme":"first"}})", "TK-PRETOK");
        row("metaspace with a long mark", R"({"pre_tokenizer":{"type":"Metaspace","replacement":"ab"}})", "TK-PRETOK");
        row("metaspace in two minds",
            R"({"pre_tokenizer":{"type":"Metaspace","replacement":"_","add_prefix_space":false,"prepend_scheme":"first"}})",
            "TK-PRETOK");
        row("unknown scheme", R"({"pre_tokenizer":{"type":"Metaspace","replacement":"_","prepend_scheme":"last"}})",
            "TK-PRETOK");
        row("white space", R"({"pre_tokenizer":{"type":"Whitespace"}})", "TK-PRETOK");
        row("characters with a byte-level decoder", R"({"pre_tokenizer":null})", "TK-DECODER");
        row("strip without numbers", R"({"decoder":{"type":"Strip","content":" ","start":-1,"stop":0}})", "TK-DECODER");
        row("bytes with a decoder of characters", R"({"decoder":{"type":"ByteFallback"}})", "TK-DECODER");
        row("no decoder", R"({"decoder":null})", "TK-DECODER");
        row("another decoder", R"({"decoder":{"type":"WordPiece"}})", "TK-DECODER");
        row("template token undeclared",
            R"({"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"q","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{}}})",
            "TK-TEMPLATE");
        row("template id unknown",
            R"({"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"q","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"special_tokens":{"q":{"id":"q","ids":[999999],"tokens":["q"]}}}})",
            "TK-TEMPLATE");
        row("template without a text", R"({"post_processor":{"type":"TemplateProcessing","single":[],"special_tokens":{}}})",
            "TK-TEMPLATE");
        row("roberta", R"({"post_processor":{"type":"RobertaProcessing"}})", "TK-TEMPLATE");
        row("added token without a field", R"({"added_tokens":[{"id":256,"content":"<s>"}]})", "TK-ADDED");
        row("added tokens no list", R"({"added_tokens":3})", "TK-ADDED");
    }
    void aBrokenModelIsRefusedByName() {
        QFETCH(QString, patch);
        QFETCH(QString, code);
        Json json = smallTokenizer();
        const Json change = Json::parse(patch.toStdString());
        for (const auto& [name, value] : change.items())
            if (name == "model" && value.is_object())
                json["model"].merge_patch(value);
            else
                json[name] = value;
        LOLCATS_COMPARE_TEXT(codeOf(json), code.toStdString());
    }

    void unknownSplitPatternsAreRefused() {
        for (const std::string& pattern : {std::string("(a+)+$"), std::string("("), kLlamaPattern + " "}) {
            Json json = smallTokenizer();
            json["pre_tokenizer"] = splitBy(pattern);
            LOLCATS_COMPARE_TEXT(codeOf(json), "TK-PATTERN");
        }
        Json json = smallTokenizer();
        json["pre_tokenizer"] = splitBy(kLlamaPattern);
        json["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed";
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-PATTERN");
    }

    void addedTokensKeepTheRuleOfTheFormat() {
        Json json = smallTokenizer();
        json["added_tokens"] = Json::array({addedToken(256, "<s>"), addedToken(257, "</s>"), addedToken('a', "a")});
        LOLCATS_COMPARE_TEXT(codeOf(json), "none");
        json["added_tokens"][1]["id"] = 300;
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-ADDED-ID");
        json["added_tokens"][1] = addedToken(257, "<s>");
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-ADDED");
        json["added_tokens"][1] = addedToken(257, "");
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-ADDED");
        json["added_tokens"][1] = addedToken('b', "a");
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-ADDED-ID");
    }

    void endlessNestingIsRefused() {
        Json step = {{"type", "ByteLevel"}};
        for (int depth = 0; depth < 120; ++depth)
            step = {{"type", "Sequence"}, {"pretokenizers", Json::array({step})}};
        Json json = smallTokenizer();
        json["pre_tokenizer"] = step;
        LOLCATS_COMPARE_TEXT(codeOf(json), "TK-DEPTH");
    }

    void whatIsNotJsonIsRefused() {
        for (const std::string& text : {std::string(), std::string("{"), std::string("[]"), std::string("\xFF")})
            LOLCATS_COMPARE_TEXT(refusalCode([&] { Tokenizer::fromJson(text, "tokenizer.json"); }), "TK-JSON");
        const std::string twice = R"({"version":"1.0","version":"1.0"})";
        LOLCATS_COMPARE_TEXT(refusalCode([&] { Tokenizer::fromJson(twice, "tokenizer.json"); }), "TK-DUP");
    }

    void aRefusalNamesTheFileAndTheKind() {
        Json json = smallTokenizer();
        json["pre_tokenizer"] = {{"type", "UnicodeScripts"}};
        try {
            Tokenizer::fromJson(json.dump(), "folder/tokenizer.json");
            QFAIL("not refused");
        } catch (const Refusal& refusal) {
            LOLCATS_COMPARE_TEXT(refusal.failure().summary,
                                 "folder/tokenizer.json: this tokenizer uses the pre-tokenizer UnicodeScripts, "
                                 "which is not supported.");
        }
    }
};

QTEST_GUILESS_MAIN(TestTokenizer)
#include "test_tokenizer.moc"
