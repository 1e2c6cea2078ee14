// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/sentencepiece.h"
#include "tests/support/protobuf_fields.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

std::string piece(const std::string& text, float score, std::uint64_t kind) {
    return bytesField(1, bytesField(1, text) + floatField(2, score) + numberField(3, kind));
}
const std::string bpe = bytesField(2, numberField(3, 2));
const std::string plain = bytesField(3, numberField(4, 0));
std::string pieces() {
    return piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3) + piece("a", -2, 1) + piece("b", -3, 1) +
           piece("ab", -1, 1);
}
std::string code(const std::string& message, const Json& settings = {}) {
    return refusalCode([&] { sentencePieceTokenizerJson("tokenizer.model", message, settings); });
}

} // namespace

class TestSentencepieceModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aWholeMessageBecomesATokenizer() {
        const Json settings =
            Json::parse(R"({"add_eos_token":true,"added_tokens_decoder":{"6":{"content":"<pad>","special":true},
            "1":{"content":"<s>"}}})");
        const Json json = Json::parse(sentencePieceTokenizerJson("tokenizer.model", pieces() + bpe + plain, settings));
        QCOMPARE(json["model"]["vocab"]["ab"].get<int>(), 5);
        LOLCATS_COMPARE_TEXT(json["model"]["merges"].dump(), R"([["a","b"]])");
        QCOMPARE(json["added_tokens"].size(), std::size_t{4});
        LOLCATS_COMPARE_TEXT(json["added_tokens"][3]["content"].get<std::string>(), "<pad>");
        QCOMPARE(json["post_processor"]["single"].size(), std::size_t{3});
    }

    void onlyOneKindIsRead() {
        LOLCATS_COMPARE_TEXT(code(pieces() + bpe + plain), "none");
        LOLCATS_COMPARE_TEXT(code(pieces() + plain), "TK-MODEL"); // unigram, where nothing is said
        LOLCATS_COMPARE_TEXT(code(pieces() + bytesField(2, numberField(3, 4)) + plain), "TK-MODEL");
        LOLCATS_COMPARE_TEXT(code(pieces() + bpe), "TK-MODEL"); // drops spaces, where nothing is said
        LOLCATS_COMPARE_TEXT(code(pieces() + bpe + bytesField(3, bytesField(2, "map") + numberField(4, 0))), "TK-MODEL");
        LOLCATS_COMPARE_TEXT(code(pieces() + bytesField(2, numberField(3, 2) + numberField(24, 1)) + plain), "TK-MODEL");
        LOLCATS_COMPARE_TEXT(code(pieces() + bpe + bytesField(3, numberField(4, 0) + numberField(5, 0))), "TK-MODEL");
    }

    void whatIsDamagedIsRefused() {
        const std::string whole = pieces() + bpe + plain;
        for (std::size_t cut = 0; cut < whole.size(); ++cut)
            code(whole.substr(0, cut)); // refused or not: nothing ends the process
        LOLCATS_COMPARE_TEXT(code(""), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(bpe + plain), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + varint(1U << 3U | 2U) + varint(1000000)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + varint(1U << 3U | 2U) + varint(~std::uint64_t{0})), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + std::string(20, '\xFF')), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + varint(9U << 3U | 7U)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + piece("\xC3", 0, 1)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + piece("", 0, 1)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + piece("c", 0, 9)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + piece("c", std::numeric_limits<float>::quiet_NaN(), 1)), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole + piece("a", 0, 1)), "TK-TOKENS");
        LOLCATS_COMPARE_TEXT(code(whole + piece("<0xZZ>", 0, 6)), "TK-TOKENS");
        LOLCATS_COMPARE_TEXT(code(whole, Json::parse(R"({"added_tokens_decoder":{"1":{"content":"<x>"}}})")), "TK-FILE");
        LOLCATS_COMPARE_TEXT(code(whole, Json::parse(R"({"added_tokens_decoder":{"x":{"content":"<x>"}}})")), "TK-FILE");
    }
};

QTEST_GUILESS_MAIN(TestSentencepieceModel)
#include "test_sentencepiece_model.moc"
