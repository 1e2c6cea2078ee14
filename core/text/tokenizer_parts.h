// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a tokenizer.json says, checked, in the order in which text passes through it.

#include "core/text/added_tokens.h"
#include "core/text/bpe.h"
#include "core/text/normaliser.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

struct TokenizerParts {
    AddedTokenFinder rawTokens; // looked for before the normaliser
    Normaliser normaliser;
    AddedTokenFinder normalTokens; // and after it
    PreTokenizer preTokenizer;
    BpeModel model;
    TokenDecoder decoder;
    std::vector<std::int32_t> before, after; // what the post-processor puts around a text

    std::vector<AddedToken> added;  // in file order
    std::vector<std::string> texts; // by id, as the file writes them; empty: no token has the id
    std::vector<bool> special;      // by id
    std::int64_t tokens = 0;
};

// Refuses what it does not understand, by name, with a code of its own for each part (TK-…).
TokenizerParts loadTokenizerParts(std::string_view json, const std::string& where);

} // namespace lolcats
