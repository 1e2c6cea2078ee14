// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/sentencepiece.h"

#include "core/records/failure.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace lolcats {

namespace {

constexpr std::size_t longestToken = 512; // bytes; every place where a token can be cut in two is tried
const char* const mark = "\xE2\x96\x81";  // stands for a space

struct Merge {
    std::string_view left, right;
    double score = 0;
    std::int64_t leftId = 0, rightId = 0;
};

[[noreturn]] void refuseTokens(const std::string& path, const std::string& what) {
    throw Refusal("TK-TOKENS", "The tokenizer in " + path + " has " + what + ".",
                  "The file is damaged: get it from its source again.");
}

using Ids = std::unordered_map<std::string_view, std::int64_t>;

Ids idsOf(const std::string& path, const SentencePieceTokens& tokens) {
    Ids ids;
    for (std::size_t id = 0; id < tokens.texts.size(); ++id)
        if (tokens.kinds[id] != unusedToken && !ids.emplace(tokens.texts[id], static_cast<std::int64_t>(id)).second)
            refuseTokens(path, "the token \"" + tokens.texts[id].substr(0, 100) + "\" twice");
    return ids;
}

void addMerges(std::string_view token, double score, const Ids& normal, std::vector<Merge>& merges) {
    const std::size_t first = merges.size();
    for (std::size_t cut = 1; cut < token.size(); ++cut) {
        const auto left = normal.find(token.substr(0, cut)), right = normal.find(token.substr(cut));
        if (left != normal.end() && right != normal.end())
            merges.push_back({left->first, right->first, score, left->second, right->second});
    }
    std::sort(merges.begin() + static_cast<std::ptrdiff_t>(first), merges.end(), [](const Merge& a, const Merge& b) {
        return a.leftId != b.leftId ? a.leftId < b.leftId : a.rightId < b.rightId;
    });
}

// Only normal tokens are made by merging: text cannot spell a control token.
std::vector<Merge> mergesOf(const std::string& path, const SentencePieceTokens& tokens) {
    Ids normal;
    for (std::size_t id = 0; id < tokens.texts.size(); ++id)
        if (tokens.kinds[id] == normalToken)
            normal.emplace(tokens.texts[id], static_cast<std::int64_t>(id));
    std::vector<Merge> merges;
    for (std::size_t id = 0; id < tokens.texts.size(); ++id) {
        if (tokens.kinds[id] != normalToken)
            continue;
        if (tokens.texts[id].size() > longestToken)
            refuseTokens(path, "a token of " + std::to_string(tokens.texts[id].size()) + " bytes");
        addMerges(tokens.texts[id], tokens.scores[id], normal, merges);
    }
    std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) { return a.score > b.score; });
    return merges;
}

void checkByteToken(const std::string& path, const std::string& text) {
    const auto isDigit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
    if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>' || !isDigit(text[3]) || !isDigit(text[4]))
        refuseTokens(path, "the token \"" + text.substr(0, 100) + "\" for a byte, which is not written <0xHH>");
}

} // namespace

std::string sentencePieceModelText(const std::string& path, const SentencePieceTokens& tokens) {
    Json unknown = nullptr;
    bool hasBytes = false;
    for (std::size_t id = 0; id < tokens.texts.size(); ++id) {
        if (tokens.kinds[id] == unknownToken && unknown.is_null())
            unknown = tokens.texts[id];
        if (tokens.kinds[id] != byteToken)
            continue;
        checkByteToken(path, tokens.texts[id]);
        hasBytes = true;
    }
    std::string text = R"({"type":"BPE","dropout":null,"unk_token":)" + unknown.dump() +
                       R"(,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":true,"byte_fallback":)" +
                       (hasBytes ? "true" : "false") + R"(,"ignore_merges":false,"vocab":{)";
    idsOf(path, tokens); // each text once
    const char* separator = "";
    for (std::size_t id = 0; id < tokens.texts.size(); ++id) {
        if (tokens.kinds[id] == unusedToken)
            continue;
        text += separator + Json(tokens.texts[id]).dump() + ":" + std::to_string(id);
        separator = ",";
    }
    text += "},\"merges\":[";
    separator = "";
    for (const Merge& merge : mergesOf(path, tokens)) {
        text += separator + ("[" + Json(merge.left).dump() + "," + Json(merge.right).dump() + "]");
        separator = ",";
    }
    return text + "]}}";
}

Json sentencePieceNormalizer(bool addsPrefix) {
    const Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", mark}};
    const Json prepend = {{"type", "Prepend"}, {"prepend", mark}};
    return {{"type", "Sequence"}, {"normalizers", addsPrefix ? Json::array({prepend, replace}) : Json::array({replace})}};
}

Json sentencePieceDecoder(bool addsPrefix) {
    Json steps = Json::array({{{"type", "Replace"}, {"pattern", {{"String", mark}}}, {"content", " "}},
                              {{"type", "ByteFallback"}},
                              {{"type", "Fuse"}}});
    if (addsPrefix)
        steps.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
    return {{"type", "Sequence"}, {"decoders", steps}};
}

} // namespace lolcats
