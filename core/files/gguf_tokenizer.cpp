// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_metadata.h"

#include "core/files/sentencepiece.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace lolcats {

namespace {

const char* const llama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
const char* const qwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

Json byteLevel(bool addPrefixSpace, bool trimOffsets, bool useRegex) {
    return {
        {"type", "ByteLevel"}, {"add_prefix_space", addPrefixSpace}, {"trim_offsets", trimOffsets}, {"use_regex", useRegex}};
}

Json splitThenBytes(const char* pattern, bool trimOffsets) {
    const Json split = {{"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
    return {{"type", "Sequence"}, {"pretokenizers", Json::array({split, byteLevel(false, trimOffsets, false)})}};
}

// How the words of `tokenizer.ggml.pre` are written in a tokenizer.json.
struct PreTokenizer {
    Json normalizer;
    Json preTokenizer;
    bool ignoreMerges = false;
    bool addsBos = false; // where the file does not say
};

const std::map<std::string, PreTokenizer>& preTokenizers() {
    static const auto make = [] {
        const Json digits = {{"type", "Digits"}, {"individual_digits", true}};
        const PreTokenizer gpt2{nullptr, byteLevel(false, true, true), false, false};
        const PreTokenizer smollm{
            nullptr,
            {{"type", "Sequence"}, {"pretokenizers", Json::array({digits, byteLevel(false, true, true)})}},
            false,
            false};
        const PreTokenizer llama3{nullptr, splitThenBytes(llama3Pattern, true), true, true};
        const PreTokenizer qwen2{{{"type", "NFC"}}, splitThenBytes(qwen2Pattern, false), false, false};
        return std::map<std::string, PreTokenizer>{{"gpt-2", gpt2},      {"smollm", smollm},   {"llama-bpe", llama3},
                                                   {"llama3", llama3},   {"llama-v3", llama3}, {"qwen2", qwen2},
                                                   {"starcoder", smollm}};
    };
    static const std::map<std::string, PreTokenizer> known = make();
    return known;
}

[[noreturn]] void refuseTokens(const std::string& code, const std::string& summary) {
    throw Refusal(code, summary, "The file is damaged: get it from its source again.");
}

const std::string& modelWord(const GgufFile& file) {
    const std::string* model = file.text("tokenizer.ggml.model");
    if (model == nullptr)
        throw Refusal("TK-MODEL", file.path() + " holds no tokenizer.", "Get the model with its tokenizer.");
    return *model;
}

const PreTokenizer& preTokenizerOf(const GgufFile& file) {
    const std::string& model = modelWord(file);
    if (model != "gpt2")
        throw Refusal("TK-MODEL", "The tokenizer in " + file.path() + " is of the kind \"" + model + "\", which is not read.",
                      "Open a model with a tokenizer of the kind gpt2 (Llama 3, Qwen, SmolLM2) or llama (Llama 2, Mistral).");
    const std::string* word = file.text("tokenizer.ggml.pre");
    const auto found = preTokenizers().find(word == nullptr ? std::string() : *word);
    if (found == preTokenizers().end())
        throw Refusal(
            "TK-PATTERN",
            "The tokenizer in " + file.path() +
                (word == nullptr ? std::string(" does not say how it splits text into words.")
                                 : " splits text into words by the rule \"" + *word + "\", which is not known."),
            "Known are gpt-2, smollm, starcoder, llama-bpe and qwen2; a newer file of the same model may name its rule.");
    return found->second;
}

struct Tokens {
    const std::vector<std::string>& texts;
    std::vector<std::int64_t> kinds;
};

Tokens tokensOf(const GgufFile& file) {
    const GgufArray* texts = file.array("tokenizer.ggml.tokens");
    const GgufArray* kinds = file.array("tokenizer.ggml.token_type");
    if (texts == nullptr || texts->type != GgufType::String || texts->texts.empty())
        refuseTokens("TK-TOKENS", "The tokenizer in " + file.path() + " has no list of tokens.");
    if (kinds != nullptr && (kinds->type != GgufType::I32 || kinds->size() != texts->size()))
        refuseTokens("TK-TOKENS", "The tokenizer in " + file.path() + " has " + std::to_string(texts->size()) +
                                      " tokens, but " + std::to_string(kinds->size()) +
                                      " token types or types that are not 32-bit numbers.");
    return {texts->texts, kinds != nullptr ? kinds->integers : std::vector<std::int64_t>(texts->size(), normalToken)};
}

const std::vector<std::string>& mergesOf(const GgufFile& file) {
    const GgufArray* merges = file.array("tokenizer.ggml.merges");
    if (merges == nullptr || merges->type != GgufType::String)
        refuseTokens("TK-MERGE", "The tokenizer in " + file.path() + " has no list of merges.");
    return merges->texts;
}

const std::vector<double>& scoresOf(const GgufFile& file, std::size_t count) {
    const GgufArray* scores = file.array("tokenizer.ggml.scores");
    const bool usable = scores != nullptr && scores->type == GgufType::F32 && scores->size() == count;
    if (!usable || std::any_of(scores->numbers.begin(), scores->numbers.end(), [](double s) { return std::isnan(s); }))
        refuseTokens("TK-TOKENS",
                     "The tokenizer in " + file.path() + " has no score for each of its " + std::to_string(count) + " tokens.");
    return scores->numbers;
}

// The text of a special token; nothing where the file names none.
std::optional<std::string> special(const GgufFile& file, const std::string& word) {
    const auto id = file.integer("tokenizer.ggml." + word + "_token_id");
    const GgufArray* texts = file.array("tokenizer.ggml.tokens");
    if (!id || texts == nullptr)
        return std::nullopt;
    if (*id < 0 || static_cast<std::uint64_t>(*id) >= texts->texts.size())
        refuseTokens("CFG-TOKENID", "The " + word + " token of " + file.path() + " has the id " + std::to_string(*id) +
                                        ", which is outside the vocabulary.");
    return texts->texts[static_cast<std::size_t>(*id)];
}

Json addedTokens(const Tokens& tokens) {
    Json added = Json::array();
    for (std::size_t id = 0; id < tokens.texts.size(); ++id)
        if (tokens.kinds[id] == controlToken || tokens.kinds[id] == userDefinedToken || tokens.kinds[id] == unknownToken)
            added.push_back({{"id", id},
                             {"content", tokens.texts[id]},
                             {"single_word", false},
                             {"lstrip", false},
                             {"rstrip", false},
                             {"normalized", false},
                             {"special", tokens.kinds[id] != userDefinedToken}});
    return added;
}

Json postProcessor(const GgufFile& file, bool addsBos, bool byteLevels) {
    const auto bos = file.flag("tokenizer.ggml.add_bos_token").value_or(addsBos) ? special(file, "bos") : std::nullopt;
    const auto eos = file.flag("tokenizer.ggml.add_eos_token").value_or(false) ? special(file, "eos") : std::nullopt;
    if (!bos && !eos)
        return nullptr;
    Json single = Json::array(), pair = Json::array(), tokens = Json::object();
    const auto addToken = [&](Json& list, const std::string& text, const char* word, int type) {
        list.push_back({{"SpecialToken", {{"id", text}, {"type_id", type}}}});
        const std::int64_t id = file.integer(std::string("tokenizer.ggml.") + word + "_token_id").value_or(0);
        tokens[text] = {{"id", text}, {"ids", Json::array({id})}, {"tokens", Json::array({text})}};
    };
    for (const auto& [list, sequence, type] :
         {std::tuple{&single, "A", 0}, std::tuple{&pair, "A", 0}, std::tuple{&pair, "B", 1}}) {
        if (bos)
            addToken(*list, *bos, "bos", type);
        list->push_back({{"Sequence", {{"id", sequence}, {"type_id", type}}}});
        if (eos)
            addToken(*list, *eos, "eos", type);
    }
    const Json around = {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}};
    if (!byteLevels)
        return around;
    return {{"type", "Sequence"}, {"processors", Json::array({byteLevel(true, false, true), around})}};
}

// Written as text: a JSON object with 100,000 members is slow to build.
std::string modelText(const GgufFile& file, const Tokens& tokens, bool ignoreMerges) {
    const std::vector<std::string>& merges = mergesOf(file);
    std::string text =
        R"({"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,)"
        R"("fuse_unk":false,"byte_fallback":false,"ignore_merges":)";
    text += ignoreMerges ? "true,\"vocab\":{" : "false,\"vocab\":{";
    std::unordered_set<std::string> seen;
    for (std::size_t id = 0; id < tokens.texts.size(); ++id) {
        if (tokens.kinds[id] == unusedToken)
            continue;
        if (!seen.insert(tokens.texts[id]).second)
            refuseTokens("TK-TOKENS", "The tokenizer in " + file.path() + " has the token \"" +
                                          tokens.texts[id].substr(0, 100) + "\" twice.");
        text += (seen.size() > 1 ? "," : "") + Json(tokens.texts[id]).dump() + ":" + std::to_string(id);
    }
    text += "},\"merges\":[";
    for (std::size_t i = 0; i < merges.size(); ++i) {
        const std::string& merge = merges[i];
        const std::size_t space = merge.find(' ', 1);
        if (space == std::string::npos || space + 1 == merge.size() || merge.find(' ', space + 1) != std::string::npos)
            refuseTokens("TK-MERGE", "Merge " + std::to_string(i) + " of the tokenizer in " + file.path() +
                                         " is not two pieces with a space between them.");
        text += (i > 0 ? ",[" : "[") + Json(merge.substr(0, space)).dump() + "," + Json(merge.substr(space + 1)).dump() + "]";
    }
    return text + "]}}";
}

} // namespace

bool hasWritableTokenizer(const GgufFile& file) {
    const std::string* model = file.text("tokenizer.ggml.model");
    const std::string* pre = file.text("tokenizer.ggml.pre");
    if (model == nullptr)
        return false;
    return *model == "llama" || (*model == "gpt2" && pre != nullptr && preTokenizers().count(*pre) > 0);
}

std::string ggufTokenizerJson(const GgufFile& file) {
    const bool isSentencePiece = modelWord(file) == "llama";
    const PreTokenizer pre = isSentencePiece ? PreTokenizer() : preTokenizerOf(file);
    const bool addsPrefix = file.flag("tokenizer.ggml.add_space_prefix").value_or(true);
    const Tokens tokens = tokensOf(file);
    const Json head = {{"version", "1.0"},
                       {"truncation", nullptr},
                       {"padding", nullptr},
                       {"added_tokens", addedTokens(tokens)},
                       {"normalizer", isSentencePiece ? sentencePieceNormalizer(addsPrefix) : pre.normalizer},
                       {"pre_tokenizer", pre.preTokenizer},
                       {"post_processor", postProcessor(file, isSentencePiece || pre.addsBos, !isSentencePiece)},
                       {"decoder", isSentencePiece ? sentencePieceDecoder(addsPrefix) : byteLevel(true, true, true)}};
    std::string text = head.dump();
    text.pop_back();
    return text + ",\"model\":" +
           (isSentencePiece
                ? sentencePieceModelText(file.path(), {tokens.texts, tokens.kinds, scoresOf(file, tokens.texts.size())})
                : modelText(file, tokens, pre.ignoreMerges));
}

std::map<std::string, std::string> ggufSideFiles(const GgufFile& file) {
    std::map<std::string, std::string> files;
    Json generation = {{"_from_model_config", true}};
    for (const char* word : {"bos", "eos"})
        if (const auto id = file.integer(std::string("tokenizer.ggml.") + word + "_token_id"))
            generation[std::string(word) + "_token_id"] = *id;
    if (const auto id = file.integer("tokenizer.ggml.padding_token_id"))
        generation["pad_token_id"] = *id;
    files["generation_config.json"] = generation.dump(2) + "\n";
    if (!hasWritableTokenizer(file))
        return files;
    const bool addsPrefix = modelWord(file) == "llama" && file.flag("tokenizer.ggml.add_space_prefix").value_or(true);
    Json config = {{"add_prefix_space", addsPrefix}, {"clean_up_tokenization_spaces", false}};
    Json map = Json::object();
    for (const auto& [word, name] : {std::pair{"bos", "bos_token"}, std::pair{"eos", "eos_token"},
                                     std::pair{"padding", "pad_token"}, std::pair{"unknown", "unk_token"}})
        if (const auto text = special(file, word)) {
            config[name] = *text;
            map[name] = *text;
        }
    config["model_max_length"] = file.integer(*file.text("general.architecture") + ".context_length").value_or(2048);
    config["tokenizer_class"] = "PreTrainedTokenizerFast";
    if (const std::string* chat = file.text("tokenizer.chat_template"))
        config["chat_template"] = *chat;
    files["tokenizer.json"] = ggufTokenizerJson(file);
    files["tokenizer_config.json"] = config.dump(2) + "\n";
    files["special_tokens_map.json"] = map.dump(2) + "\n";
    return files;
}

} // namespace lolcats
