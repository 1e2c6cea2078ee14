// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/byte_alphabet.h"
#include "core/text/tokenizer_loading.h"
#include "core/text/unicode.h"
#include "core/text/wording.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lolcats {

namespace {

constexpr std::size_t kLongestAddedToken = 1024; // bytes; bounds the search at each place of a text

std::string inQuotes(const std::string& text) {
    return "“" + text.substr(0, 60) + "”";
}

void loadVocabulary(const TokenizerSection& file, const Json& vocabulary, TokenizerParts& parts) {
    std::int64_t largest = -1;
    for (const auto& [token, id] : vocabulary.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max())
            file.refuseBroken("TK-ID", "the token " + inQuotes(token) + " has the id " + id.dump().substr(0, 40));
        largest = std::max(largest, id.get<std::int64_t>());
    }
    const auto count = static_cast<std::int64_t>(vocabulary.size());
    if (largest >= 2 * count + 1000)
        file.refuseBroken("TK-ID-GAP", "the largest id is " + grouped(largest) + " in a vocabulary of " + grouped(count));
    parts.texts.resize(static_cast<std::size_t>(largest + 1));
    parts.model.ids.reserve(vocabulary.size());
    std::vector<bool> taken(parts.texts.size());
    for (const auto& [token, value] : vocabulary.items()) {
        const auto id = value.get<std::size_t>();
        if (taken[id])
            file.refuseBroken("TK-DUP-ID", "the tokens " + inQuotes(token) + " and " + inQuotes(parts.texts[id]) +
                                               " have the same id " + std::to_string(id));
        taken[id] = true;
        parts.texts[id] = token;
        parts.model.ids.emplace(token, static_cast<std::int32_t>(id));
    }
    parts.tokens = count;
}

// The ids of single bytes: by their characters of the byte alphabet, or as <0xHH>.
void findBytes(BpeModel& model) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text;
        if (model.byteLevel)
            appendUtf8(text, characterOfByte(static_cast<unsigned char>(byte)));
        else
            text = std::string("<0x") + "0123456789ABCDEF"[byte / 16] + "0123456789ABCDEF"[byte % 16] + ">";
        const auto found = model.ids.find(text);
        model.byteIds[byte] = found == model.ids.end() ? -1 : found->second;
    }
}

std::pair<std::string, std::string> partsOfMerge(const TokenizerSection& file, const Json& merge, std::size_t line,
                                                 bool strings) {
    const std::string name = "merge " + grouped(static_cast<std::int64_t>(line) + 1);
    if (merge.is_string() != strings)
        file.refuseBroken("TK-MERGE", name + " is written in another form than the first");
    if (strings) {
        const auto& text = merge.get_ref<const std::string&>();
        const std::size_t space = text.find(' ');
        if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
            file.refuseBroken("TK-MERGE", name + ", " + inQuotes(text) + ", has not exactly two parts");
        return {text.substr(0, space), text.substr(space + 1)};
    }
    if (!merge.is_array() || merge.size() != 2 || !merge[0].is_string() || !merge[1].is_string())
        file.refuseBroken("TK-MERGE", name + " has not exactly two parts");
    return {merge[0].get<std::string>(), merge[1].get<std::string>()};
}

void loadMerges(const TokenizerSection& file, const Json& merges, BpeModel& model) {
    const bool strings = !merges.empty() && merges[0].is_string();
    model.merges.reserve(merges.size());
    for (std::size_t line = 0; line < merges.size(); ++line) {
        const auto [left, right] = partsOfMerge(file, merges[line], line, strings);
        const auto idOf = [&](const std::string& token) {
            const auto found = model.ids.find(token);
            if (found == model.ids.end())
                file.refuseBroken("TK-MERGE", "merge " + grouped(static_cast<std::int64_t>(line) + 1) + " speaks of " +
                                                  inQuotes(token) + ", which is not in the vocabulary");
            return found->second;
        };
        const std::int32_t leftId = idOf(left);
        const std::int32_t rightId = idOf(right);
        // A later duplicate overrides the rank, as in the official library.
        model.merges[BpeModel::pairKey(leftId, rightId)] = {static_cast<std::int32_t>(line), idOf(left + right)};
    }
}

void checkModelSettings(const TokenizerSection& file, const Json& model) {
    const Json& type = TokenizerSection::member(model, "type");
    if (!type.is_null() && type != "BPE") // the oldest files name no type
        file.refuseUnknown("TK-MODEL", "a model of the type " + type.dump());
    if (!TokenizerSection::member(model, "vocab").is_object() || !TokenizerSection::member(model, "merges").is_array())
        file.refuseBroken("TK-MODEL", "the model has no vocabulary or no merges");
    for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const Json& value = TokenizerSection::member(model, affix);
        if (!value.is_null() && value != "")
            file.refuseUnknown("TK-PREFIX", std::string(affix) + " " + value.dump());
    }
    const Json& dropout = TokenizerSection::member(model, "dropout");
    if (!dropout.is_null() && !(dropout.is_number() && dropout.get<double>() == 0))
        file.refuseUnknown("TK-DROPOUT", "dropout " + dropout.dump());
}

AddedToken addedTokenOf(const TokenizerSection& file, const Json& entry) {
    const auto field = [&](const char* name) -> const Json& {
        const Json& value = entry.is_object() ? TokenizerSection::member(entry, name) : entry;
        if (!value.is_boolean())
            file.refuseBroken("TK-ADDED",
                              std::string("an added token lacks the field “") + name + "”: " + entry.dump().substr(0, 200));
        return value;
    };
    const Json& content = entry.is_object() ? TokenizerSection::member(entry, "content") : entry;
    const Json& id = entry.is_object() ? TokenizerSection::member(entry, "id") : entry;
    if (!content.is_string() || content.get_ref<const std::string&>().empty() ||
        content.get_ref<const std::string&>().size() > kLongestAddedToken)
        file.refuseBroken("TK-ADDED",
                          "an added token has no text, or one longer than 1,024 bytes: " + entry.dump().substr(0, 200));
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max())
        file.refuseBroken("TK-ADDED", "the added token " + inQuotes(content.get<std::string>()) + " has no usable id");
    AddedToken token;
    token.id = id.get<std::int32_t>();
    token.content = content.get<std::string>();
    token.singleWord = field("single_word").get<bool>();
    token.stripLeft = field("lstrip").get<bool>();
    token.stripRight = field("rstrip").get<bool>();
    token.normalised = field("normalized").get<bool>();
    token.special = field("special").get<bool>();
    return token;
}

} // namespace

void loadModel(const TokenizerSection& file, TokenizerParts& parts) {
    const Json& model = TokenizerSection::member(file.json(), "model");
    if (!model.is_object())
        file.refuseBroken("TK-MODEL", "there is no model");
    checkModelSettings(file, model);
    loadVocabulary(file, model["vocab"], parts);
    parts.model.byteFallback = file.flag(model, "byte_fallback", false, "TK-MODEL");
    if (parts.model.byteFallback && parts.model.byteLevel)
        file.refuseUnknown("TK-MODEL", "byte_fallback beside a byte alphabet");
    findBytes(parts.model);
    loadMerges(file, model["merges"], parts.model);
    parts.model.ignoreMerges = file.flag(model, "ignore_merges", false, "TK-MODEL");
    parts.model.fuseUnknown = file.flag(model, "fuse_unk", false, "TK-MODEL");
    const Json& unknown = TokenizerSection::member(model, "unk_token");
    if (unknown.is_null())
        return;
    const auto found = unknown.is_string() ? parts.model.ids.find(unknown.get<std::string>()) : parts.model.ids.end();
    if (found == parts.model.ids.end())
        file.refuseBroken("TK-UNK", "the unknown token " + unknown.dump() + " is not in the vocabulary");
    parts.model.unknown = found->second;
}

// The official library does not take ids of added tokens from the file: a token of the vocabulary keeps its id, a new one gets
// the next free number.
void loadAddedTokens(const TokenizerSection& file, TokenizerParts& parts) {
    const Json& list = TokenizerSection::member(file.json(), "added_tokens");
    if (!list.is_null() && !list.is_array())
        file.refuseBroken("TK-ADDED", "the added tokens are no list");
    const auto count = static_cast<std::int32_t>(parts.model.ids.size());
    std::int32_t largest = -1; // of the added tokens so far
    for (const Json& entry : list) {
        const AddedToken token = addedTokenOf(file, entry);
        if (std::any_of(parts.added.begin(), parts.added.end(),
                        [&](const auto& other) { return other.content == token.content; }))
            file.refuseBroken("TK-ADDED", "the added token " + inQuotes(token.content) + " stands twice");
        const auto known = parts.model.ids.find(token.content);
        const std::int32_t id = known != parts.model.ids.end() ? known->second : std::max(count, largest + 1);
        if (token.id != id)
            file.refuseBroken("TK-ADDED-ID", "the added token " + inQuotes(token.content) + " says id " +
                                                 std::to_string(token.id) + ", and the rule of the format gives it " +
                                                 std::to_string(id));
        largest = std::max(largest, id);
        if (parts.texts.size() <= static_cast<std::size_t>(id))
            parts.texts.resize(static_cast<std::size_t>(id) + 1);
        std::string& text = parts.texts[static_cast<std::size_t>(id)];
        if (known == parts.model.ids.end()) {
            if (!text.empty())
                file.refuseBroken("TK-DUP-ID", "the tokens " + inQuotes(token.content) + " and " + inQuotes(text) +
                                                   " have the same id " + std::to_string(id));
            ++parts.tokens;
        }
        text = token.content;
        parts.added.push_back(token);
        parts.special.resize(parts.texts.size());
        parts.special[static_cast<std::size_t>(id)] = token.special;
        auto& finder = token.normalised ? parts.normalTokens : parts.rawTokens;
        finder.add(token, token.normalised ? parts.normaliser.applied(token.content) : token.content);
    }
    parts.special.resize(parts.texts.size());
}

} // namespace lolcats
