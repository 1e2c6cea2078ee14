// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A tokenizer of the SentencePiece kind, as GGUF files have it: tokens with scores, from which the merges are found again.

#include "core/files/gguf_file.h"
#include "core/files/json_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

struct SentencePieceTokens {
    const std::vector<std::string>& texts;
    const std::vector<std::int64_t>& kinds;
    const std::vector<double>& scores;
};

// Every way to make a token of two others, that of the higher score first: "model" of a tokenizer.json, as text. Refuses
// (TK-TOKENS) byte tokens that are not written <0xHH> and tokens too long for it.
std::string sentencePieceModelText(const GgufFile& file, const SentencePieceTokens& tokens);
Json sentencePieceNormalizer(bool addsPrefix);
Json sentencePieceDecoder(bool addsPrefix);

} // namespace lolcats
