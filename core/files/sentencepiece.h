// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A tokenizer of the SentencePiece kind told as a tokenizer.json: tokens with scores, from which the merges are found again.
// Its tokens come from a GGUF file or from a tokenizer.model.

#include "core/files/json_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

// Kinds of tokens, in a tokenizer.model and in a GGUF file's tokenizer.ggml.token_type.
constexpr std::int64_t normalToken = 1;
constexpr std::int64_t unknownToken = 2;
constexpr std::int64_t controlToken = 3;
constexpr std::int64_t userDefinedToken = 4;
constexpr std::int64_t unusedToken = 5;
constexpr std::int64_t byteToken = 6;

struct SentencePieceTokens {
    const std::vector<std::string>& texts;
    const std::vector<std::int64_t>& kinds;
    const std::vector<double>& scores;
};

// Every way to make a token of two others, that of the higher score first: "model" of a tokenizer.json, as text. `path` is
// where they come from. Refuses (TK-TOKENS) byte tokens that are not written <0xHH>, tokens too long for it, and one twice.
std::string sentencePieceModelText(const std::string& path, const SentencePieceTokens& tokens);
Json sentencePieceNormalizer(bool addsPrefix);
Json sentencePieceDecoder(bool addsPrefix);

// The tokenizer.json of a tokenizer.model (a protobuf message of SentencePiece). `settings` is the tokenizer_config.json beside
// it, or null: it says what is put around a text and which tokens were added. Refuses (TK-…) what is damaged, kinds other than
// BPE, and text that is rewritten before it is cut.
std::string sentencePieceTokenizerJson(const std::string& path, std::string_view message, const Json& settings);

} // namespace lolcats
