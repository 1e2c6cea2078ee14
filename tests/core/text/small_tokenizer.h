// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A tokenizer.json small enough to be read by eye: the 256 bytes first, then what the merges make, in their order.

#include "core/files/json_file.h"
#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer.h"
#include "core/text/unicode.h"

#include <string>
#include <utility>
#include <vector>

namespace lolcats::testing {

inline std::string alphabetCharacter(unsigned byte) {
    std::string text;
    appendUtf8(text, characterOfByte(static_cast<unsigned char>(byte)));
    return text;
}

inline Json addedToken(std::int64_t id, const std::string& content, bool special = true) {
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", special}};
}

// Merges are written in the byte alphabet (Ġ for a space). `first` is the id of byte 0.
inline Json smallTokenizer(const std::vector<std::pair<std::string, std::string>>& merges = {},
                           const std::vector<std::string>& before = {}) {
    Json vocabulary = Json::object();
    for (const std::string& token : before)
        vocabulary[token] = vocabulary.size();
    for (unsigned byte = 0; byte < 256; ++byte)
        vocabulary[alphabetCharacter(byte)] = vocabulary.size();
    Json pairs = Json::array();
    for (const auto& [left, right] : merges) {
        vocabulary[left + right] = vocabulary.size();
        pairs.push_back(Json::array({left, right}));
    }
    return {
        {"version", "1.0"},
        {"added_tokens", Json::array()},
        {"normalizer", nullptr},
        {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}}},
        {"post_processor", nullptr},
        {"decoder", {{"type", "ByteLevel"}}},
        {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", pairs}}}};
}

// Unknown 0, byte b as 1 + b, then the mark (257), a, b, ab, \u2581a and \u2581ab: the kind of Llama 2.
inline Json smallSentencePiece() {
    Json vocabulary = {{"<unk>", 0}};
    for (unsigned byte = 0; byte < 256; ++byte) {
        const char digits[] = "0123456789ABCDEF";
        vocabulary[std::string("<0x") + digits[byte / 16] + digits[byte % 16] + ">"] = 1 + byte;
    }
    const std::string mark = "\u2581";
    for (const std::string& token : {mark, std::string("a"), std::string("b"), std::string("ab"), mark + "a", mark + "ab",
                                     std::string("c"), std::string("d")})
        vocabulary[token] = vocabulary.size();
    const Json merges = {"a b", mark + " ab", mark + " a"};
    const Json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", mark}};
    const Json back = {{"type", "Replace"}, {"pattern", {{"String", mark}}}, {"content", " "}};
    const Json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
    return {{"version", "1.0"},
            {"added_tokens", Json::array()},
            {"normalizer",
             {{"type", "Sequence"}, {"normalizers", Json::array({{{"type", "Prepend"}, {"prepend", mark}}, replace})}}},
            {"pre_tokenizer", nullptr},
            {"post_processor", nullptr},
            {"decoder",
             {{"type", "Sequence"}, {"decoders", Json::array({back, {{"type", "ByteFallback"}}, {{"type", "Fuse"}}, strip})}}},
            {"model",
             {{"type", "BPE"},
              {"vocab", vocabulary},
              {"merges", merges},
              {"unk_token", "<unk>"},
              {"fuse_unk", true},
              {"byte_fallback", true}}}};
}

// Begin token 1, end token 2, and byte b as 3 + b: the stand-in of the packing oracles.
inline Json byteTokenizer() {
    Json json = smallTokenizer({}, {"<pad>", "<s>", "</s>"});
    json["added_tokens"] = Json::array({addedToken(0, "<pad>"), addedToken(1, "<s>"), addedToken(2, "</s>")});
    json["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single",
         Json::array({{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}})},
        {"special_tokens", {{"<s>", {{"id", "<s>"}, {"ids", Json::array({1})}, {"tokens", Json::array({"<s>"})}}}}}};
    return json;
}

inline Tokenizer tokenizerOf(const Json& json) {
    return Tokenizer::fromJson(json.dump(), "tokenizer.json");
}

} // namespace lolcats::testing
