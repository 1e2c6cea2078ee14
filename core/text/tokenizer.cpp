// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizer.h"

#include "core/files/utf8.h"
#include "core/records/failure.h"
#include "core/text/tokenizer_parts.h"
#include "core/text/wording.h"

#include <algorithm>
#include <unordered_map>

namespace lolcats {

namespace {

void checkUtf8(std::string_view text) {
    const std::size_t bad = firstInvalidUtf8(text);
    if (bad < text.size())
        throw Refusal("TK-UTF8", "The text is not UTF-8 at byte " + grouped(static_cast<std::int64_t>(bad)) + ".",
                      "Save the text as UTF-8.");
}

// Words come back often; their ids are kept while one text is encoded.
class PieceCache {
public:
    PieceCache(const BpeModel& model, std::vector<std::int32_t>& out) : m_model(model), m_out(out) {}

    void encode(std::string_view piece) {
        if (piece.size() > kLongestPiece) {
            m_model.encode(piece, m_out);
            return;
        }
        m_key = piece;
        const auto found = m_known.find(m_key);
        if (found != m_known.end()) {
            m_out.insert(m_out.end(), found->second.begin(), found->second.end());
            return;
        }
        const std::size_t before = m_out.size();
        m_model.encode(piece, m_out);
        if (m_known.size() < kMostPieces)
            m_known.emplace(m_key, std::vector<std::int32_t>(m_out.begin() + static_cast<std::ptrdiff_t>(before), m_out.end()));
    }

private:
    static constexpr std::size_t kLongestPiece = 64;
    static constexpr std::size_t kMostPieces = 50'000;
    const BpeModel& m_model;
    std::vector<std::int32_t>& m_out;
    std::unordered_map<std::string, std::vector<std::int32_t>> m_known;
    std::string m_key;
};

} // namespace

struct Tokenizer::Parts : TokenizerParts {
    // Calls `token` for each added token in the text and `piece` for each piece between them.
    template <typename OnToken, typename OnPiece>
    void walk(std::string_view text, bool withSpecial, const OnToken& token, const OnPiece& piece) const {
        const auto normal = [&](std::string_view all, bool first) {
            const auto plain = [&](std::string_view part) {
                preTokenizer.split(part, first && part.data() == all.data(), piece);
            };
            normalTokens.split(all, withSpecial, plain, token);
        };
        const auto raw = [&](std::string_view part) {
            const bool first = part.data() == text.data(); // the text begins here
            normaliser.empty() ? normal(part, first) : normal(normaliser.applied(part), first);
        };
        rawTokens.split(text, withSpecial, raw, token);
    }

    const std::string& textOf(std::int32_t id) const {
        if (id < 0 || static_cast<std::size_t>(id) >= texts.size())
            throw Refusal("TK-ID",
                          "The vocabulary has no token " + std::to_string(id) + "; its largest is " +
                              std::to_string(texts.size() - 1) + ".",
                          "Take the tokenizer that belongs to the model.");
        return texts[static_cast<std::size_t>(id)];
    }
};

Tokenizer::Tokenizer(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

Tokenizer Tokenizer::fromJson(std::string_view json, const std::string& where) {
    auto parts = std::make_unique<Parts>();
    static_cast<TokenizerParts&>(*parts) = loadTokenizerParts(json, where);
    return Tokenizer(std::move(parts));
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text, SpecialTokens special) const {
    checkUtf8(text);
    std::vector<std::int32_t> ids;
    PieceCache cache(m_parts->model, ids);
    m_parts->walk(
        text, special == SpecialTokens::Recognised, [&](const AddedToken& token) { ids.push_back(token.id); },
        [&](std::string_view piece) { cache.encode(piece); });
    return ids;
}

std::vector<std::int32_t> Tokenizer::encodeWithSpecial(std::string_view text) const {
    return withSpecial(encode(text, SpecialTokens::Recognised));
}

std::vector<std::int32_t> Tokenizer::withSpecial(const std::vector<std::int32_t>& ids) const {
    std::vector<std::int32_t> all = m_parts->before;
    all.insert(all.end(), ids.begin(), ids.end());
    all.insert(all.end(), m_parts->after.begin(), m_parts->after.end());
    return all;
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids, bool skipSpecial) const {
    std::vector<std::string> tokens;
    for (const std::int32_t id : ids) {
        const std::string& text = m_parts->textOf(id);
        if (!skipSpecial || !m_parts->special[static_cast<std::size_t>(id)])
            tokens.push_back(text);
    }
    return m_parts->decoder.decoded(std::move(tokens));
}

std::string Tokenizer::piece(std::int32_t id) const {
    return m_parts->decoder.bytesOf(m_parts->textOf(id));
}

std::int64_t Tokenizer::vocabularySize() const {
    return static_cast<std::int64_t>(m_parts->texts.size());
}

std::optional<std::int32_t> Tokenizer::idOf(std::string_view token) const {
    for (const AddedToken& added : m_parts->added)
        if (added.content == token)
            return added.id;
    const auto found = m_parts->model.ids.find(std::string(token));
    return found == m_parts->model.ids.end() ? std::nullopt : std::optional(found->second);
}

std::string Tokenizer::kind() const {
    const BpeModel& model = m_parts->model;
    const char* kind = model.byteLevel ? "byte-level BPE, " : model.byteFallback ? "SentencePiece BPE, " : "BPE, ";
    return kind + grouped(m_parts->tokens) + " tokens";
}

std::int64_t Tokenizer::countSpecial(std::string_view text) const {
    std::int64_t count = 0;
    const auto found = [&](const AddedToken& token) { count += token.special ? 1 : 0; };
    const auto nothing = [](std::string_view) {};
    m_parts->rawTokens.split(
        text, true, [&](std::string_view part) { m_parts->normalTokens.split(part, true, nothing, found); }, found);
    return count;
}

std::int64_t Tokenizer::countUnwritable(std::string_view text) const {
    const BpeModel& model = m_parts->model;
    const bool hasAllBytes = std::all_of(model.byteIds.begin(), model.byteIds.end(), [](auto id) { return id >= 0; });
    if (model.unknown || ((model.byteLevel || model.byteFallback) && hasAllBytes))
        return 0;
    std::int64_t lost = 0;
    m_parts->walk(
        text, false, [](const AddedToken&) {}, [&](std::string_view piece) { lost += model.lostBytes(piece); });
    return lost;
}

} // namespace lolcats
