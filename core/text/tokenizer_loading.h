// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The sections of a tokenizer.json, read one by one into TokenizerParts.

#include "core/files/json_file.h"
#include "core/text/tokenizer_parts.h"

#include <string>

namespace lolcats {

// Where a section stands, for sentences.
class TokenizerSection {
public:
    TokenizerSection(const Json& json, std::string where) : m_json(json), m_where(std::move(where)) {}
    const Json& json() const { return m_json; }
    // "x.json: `what`" with the remedy for a file that is broken, or for one that we do not understand.
    [[noreturn]] void refuseBroken(const std::string& code, const std::string& what) const;
    [[noreturn]] void refuseUnknown(const std::string& code, const std::string& what) const;
    // The member, or null where it is missing.
    static const Json& member(const Json& object, const char* name);
    // The object's "type"; refuses with `code` when there is none.
    std::string typeOf(const Json& object, const std::string& code) const;
    // A flag that may be missing; refuses with `code` what is no flag.
    bool flag(const Json& object, const char* name, bool standard, const std::string& code) const;

private:
    const Json& m_json; // the whole file
    std::string m_where;
};

void loadModel(const TokenizerSection& file, TokenizerParts& parts); // after the pre-tokenizer, which says what a symbol is
void loadNormaliser(const TokenizerSection& file, TokenizerParts& parts);
void loadAddedTokens(const TokenizerSection& file, TokenizerParts& parts); // after model and normaliser
void loadPreTokenizer(const TokenizerSection& file, TokenizerParts& parts);
void loadPostProcessor(const TokenizerSection& file, TokenizerParts& parts); // after added tokens
void loadDecoder(const TokenizerSection& file, TokenizerParts& parts);       // after the pre-tokenizer

} // namespace lolcats
