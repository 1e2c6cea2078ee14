// SPDX-License-Identifier: GPL-3.0-or-later
// tokenizer.model: the few fields of SentencePiece's message that say how text becomes ids, read by hand. Each length is
// checked against what is left of the message that it stands in, so nothing larger than the file is made.
#include "core/files/sentencepiece.h"
#include "core/files/utf8.h"
#include "core/records/failure.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <optional>

namespace lolcats {

namespace {

constexpr std::size_t mostPieces = 1U << 20U;
constexpr std::uint64_t bpe = 2;

[[noreturn]] void refuseDamaged(const std::string& path, const std::string& what) {
    throw Refusal("TK-FILE", path + " is no whole SentencePiece model: " + what + ".",
                  "The file is damaged: get it from its source again.");
}

[[noreturn]] void refuseKind(const std::string& path, const std::string& what) {
    throw Refusal("TK-MODEL", "The tokenizer in " + path + " " + what + ", which is not read.",
                  "Get the model with a tokenizer.json.");
}

// One field of a message: a number (also of the fixed kinds), or bytes.
struct Field {
    std::uint64_t number = 0;
    std::uint64_t value = 0;
    std::string_view bytes;
    bool isBytes = false;
};

class Message {
public:
    Message(const std::string& path, std::string_view bytes) : m_path(path), m_rest(bytes) {}

    std::optional<Field> next() {
        if (m_rest.empty())
            return std::nullopt;
        const std::uint64_t key = varint();
        Field field;
        field.number = key >> 3U;
        switch (key & 7U) {
        case 0:
            field.value = varint();
            break;
        case 1:
            field.value = fixed(8);
            break;
        case 2:
            field.isBytes = true;
            field.bytes = taken(varint());
            break;
        case 5:
            field.value = fixed(4);
            break;
        default:
            refuseDamaged(m_path, "a field of an unknown kind");
        }
        return field;
    }

private:
    std::string_view taken(std::uint64_t count) {
        if (count > m_rest.size())
            refuseDamaged(m_path, "a field is longer than what is left");
        const std::string_view part = m_rest.substr(0, count);
        m_rest.remove_prefix(count);
        return part;
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const auto byte = static_cast<unsigned char>(taken(1).front());
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if ((byte & 0x80U) == 0)
                return value;
        }
        refuseDamaged(m_path, "a number of more than ten bytes");
    }
    std::uint64_t fixed(std::size_t count) {
        std::uint64_t value = 0;
        std::memcpy(&value, taken(count).data(), count);
        return value;
    }

    const std::string& m_path;
    std::string_view m_rest;
};

struct Pieces {
    std::vector<std::string> texts;
    std::vector<std::int64_t> kinds;
    std::vector<double> scores;
    std::uint64_t type = 1; // of the algorithm; 1 is unigram
    bool addsPrefix = true;
    bool dropsSpaces = true;
    bool escapes = true;
    bool suffixed = false;
    bool rewrites = false;
};

void readPiece(const std::string& path, std::string_view bytes, Pieces& pieces) {
    if (pieces.texts.size() == mostPieces)
        refuseDamaged(path, "more than a million tokens");
    std::string text;
    std::int64_t kind = normalToken;
    double score = 0;
    Message message(path, bytes);
    while (const auto field = message.next()) {
        if (field->number == 1 && field->isBytes)
            text = field->bytes;
        else if (field->number == 2 && !field->isBytes)
            score = std::bit_cast<float>(static_cast<std::uint32_t>(field->value));
        else if (field->number == 3 && !field->isBytes)
            kind = field->value <= byteToken ? static_cast<std::int64_t>(field->value) : 0;
    }
    const std::string place = "token " + std::to_string(pieces.texts.size());
    if (text.empty() || !isValidUtf8(text))
        refuseDamaged(path, place + " is no text");
    if (kind < normalToken)
        refuseDamaged(path, place + " is of an unknown kind");
    if (!std::isfinite(score))
        refuseDamaged(path, place + " has a score that is no number");
    pieces.texts.push_back(std::move(text));
    pieces.kinds.push_back(kind);
    pieces.scores.push_back(score);
}

void readTrainer(const std::string& path, std::string_view bytes, Pieces& pieces) {
    Message message(path, bytes);
    while (const auto field = message.next()) {
        if (field->number == 3 && !field->isBytes)
            pieces.type = field->value;
        if (field->number == 24 && !field->isBytes)
            pieces.suffixed = field->value != 0;
    }
}

void readNormaliser(const std::string& path, std::string_view bytes, Pieces& pieces) {
    Message message(path, bytes);
    while (const auto field = message.next()) {
        if (field->number == 2 && field->isBytes)
            pieces.rewrites = !field->bytes.empty();
        if (field->number == 3 && !field->isBytes)
            pieces.addsPrefix = field->value != 0;
        if (field->number == 4 && !field->isBytes)
            pieces.dropsSpaces = field->value != 0;
        if (field->number == 5 && !field->isBytes)
            pieces.escapes = field->value != 0;
    }
}

Pieces readPieces(const std::string& path, std::string_view bytes) {
    Pieces pieces;
    Message message(path, bytes);
    while (const auto field = message.next()) {
        if (!field->isBytes)
            continue;
        if (field->number == 1)
            readPiece(path, field->bytes, pieces);
        else if (field->number == 2)
            readTrainer(path, field->bytes, pieces);
        else if (field->number == 3)
            readNormaliser(path, field->bytes, pieces);
    }
    if (pieces.texts.empty())
        refuseDamaged(path, "it holds no token");
    static const std::map<std::uint64_t, std::string> kinds = {{1, "unigram"}, {3, "word"}, {4, "char"}};
    if (const auto kind = kinds.find(pieces.type); pieces.type != bpe)
        refuseKind(path, "is of the kind " + (kind == kinds.end() ? std::to_string(pieces.type) : kind->second));
    if (pieces.rewrites || pieces.dropsSpaces)
        refuseKind(path, pieces.rewrites ? "rewrites text before it cuts it" : "drops spaces that stand together");
    if (pieces.suffixed || !pieces.escapes)
        refuseKind(path, "marks spaces in an unusual way");
    return pieces;
}

Json added(std::int64_t id, const std::string& text, bool special) {
    return {{"id", id},        {"content", text},     {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", special}};
}

// Those of the message, then those that tokenizer_config.json adds behind them.
Json addedTokens(const std::string& path, const Pieces& pieces, const Json& settings) {
    Json all = Json::array();
    for (std::size_t id = 0; id < pieces.texts.size(); ++id)
        if (const std::int64_t kind = pieces.kinds[id];
            kind == controlToken || kind == userDefinedToken || kind == unknownToken)
            all.push_back(added(static_cast<std::int64_t>(id), pieces.texts[id], kind != userDefinedToken));
    const auto more = settings.is_object() ? settings.find("added_tokens_decoder") : settings.end();
    if (more == settings.end() || !more->is_object())
        return all;
    for (const auto& [number, token] : more->items()) {
        const bool digits = !number.empty() && number.size() < 8 && number.find_first_not_of("0123456789") == std::string::npos;
        const Json content = token.is_object() ? token.value("content", Json()) : Json();
        if (!digits || !content.is_string())
            refuseDamaged(path, "tokenizer_config.json beside it adds a token without a number or a text");
        const std::int64_t id = std::stoll(number);
        if (id >= static_cast<std::int64_t>(pieces.texts.size()))
            all.push_back(added(id, content.get<std::string>(), token.value("special", Json(false)) == true));
        else if (pieces.texts[static_cast<std::size_t>(id)] != content)
            refuseDamaged(path, "tokenizer_config.json beside it has another text for token " + number);
    }
    return all;
}

// What is put around a text: <s> in front unless the settings say no, </s> behind where they say so.
Json postProcessor(const Pieces& pieces, const Json& settings) {
    const auto asked = [&](const char* key, bool standard) {
        const Json flag = settings.is_object() ? settings.value(key, Json()) : Json();
        return flag.is_boolean() ? flag.get<bool>() : standard;
    };
    const auto idOf = [&](const char* text) -> std::optional<std::int64_t> {
        for (std::size_t id = 0; id < pieces.texts.size(); ++id)
            if (pieces.kinds[id] == controlToken && pieces.texts[id] == text)
                return static_cast<std::int64_t>(id);
        return std::nullopt;
    };
    const auto bos = asked("add_bos_token", true) ? idOf("<s>") : std::nullopt;
    const auto eos = asked("add_eos_token", false) ? idOf("</s>") : std::nullopt;
    if (!bos && !eos)
        return nullptr;
    Json single = Json::array(), pair = Json::array(), tokens = Json::object();
    const auto put = [&](Json& list, const char* text, std::int64_t id, int type) {
        list.push_back({{"SpecialToken", {{"id", text}, {"type_id", type}}}});
        tokens[text] = {{"id", text}, {"ids", Json::array({id})}, {"tokens", Json::array({text})}};
    };
    for (const auto& [list, sequence, type] :
         {std::tuple{&single, "A", 0}, std::tuple{&pair, "A", 0}, std::tuple{&pair, "B", 1}}) {
        if (bos)
            put(*list, "<s>", *bos, type);
        list->push_back({{"Sequence", {{"id", sequence}, {"type_id", type}}}});
        if (eos)
            put(*list, "</s>", *eos, type);
    }
    return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", tokens}};
}

} // namespace

std::string sentencePieceTokenizerJson(const std::string& path, std::string_view message, const Json& settings) {
    const Pieces pieces = readPieces(path, message);
    const Json head = {{"version", "1.0"},
                       {"truncation", nullptr},
                       {"padding", nullptr},
                       {"added_tokens", addedTokens(path, pieces, settings)},
                       {"normalizer", sentencePieceNormalizer(pieces.addsPrefix)},
                       {"pre_tokenizer", nullptr},
                       {"post_processor", postProcessor(pieces, settings)},
                       {"decoder", sentencePieceDecoder(pieces.addsPrefix)}};
    std::string text = head.dump();
    text.pop_back();
    return text + ",\"model\":" + sentencePieceModelText(path, {pieces.texts, pieces.kinds, pieces.scores});
}

} // namespace lolcats
