// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Byte-pair encoding from tokenizer.json, byte-level (Llama 3, Qwen, SmolLM2) or of the SentencePiece kind (Llama 2, Mistral),
// id for id as the official library. What it does not understand it refuses by name (TK-…).

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

enum class SpecialTokens {
    Recognised, // written in the text, they become their ids, as in the official library
    PlainText   // data sets: a text cannot smuggle them in. Added tokens that are not special stay ordinary words
};

class Tokenizer {
public:
    static Tokenizer fromJson(std::string_view json, const std::string& where);
    ~Tokenizer();
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;

    // Text must be valid UTF-8 (TK-UTF8 otherwise, with the byte). No text ends the process or takes more than n log n time.
    std::vector<std::int32_t> encode(std::string_view text, SpecialTokens special) const;
    // With what the post-processor adds (begin-of-text, …).
    std::vector<std::int32_t> encodeWithSpecial(std::string_view text) const;
    std::vector<std::int32_t> withSpecial(const std::vector<std::int32_t>& ids) const;
    // An unfinished UTF-8 sequence becomes U+FFFD. An id outside the vocabulary is refused (TK-ID).
    std::string decode(const std::vector<std::int32_t>& ids, bool skipSpecial) const;
    std::string piece(std::int32_t id) const;                       // the bytes of one token, for labels
    std::int64_t vocabularySize() const;                            // largest id + 1
    std::optional<std::int32_t> idOf(std::string_view token) const; // of a token's exact text, added tokens included
    std::string kind() const; // "byte-level BPE, 49,152 tokens", "SentencePiece BPE, 32,000 tokens"
    // How often the text contains the literal of a special token.
    std::int64_t countSpecial(std::string_view text) const;
    // How many bytes of the text the vocabulary cannot write, so that they would be lost without a word.
    std::int64_t countUnwritable(std::string_view text) const;

private:
    struct Parts;
    explicit Tokenizer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> m_parts;
};

} // namespace lolcats
