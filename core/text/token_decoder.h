// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From the texts of tokens back to a text, step by step as the official library does it.

#include <string>
#include <vector>

namespace lolcats {

class TokenDecoder {
public:
    // Steps run in the order of their adding.
    void addByteLevel(); // the byte alphabet; an unfinished sequence becomes U+FFFD
    void addReplacement(const std::string& from, const std::string& to); // in each token
    void addByteFallback();                                              // <0xHH>; a run that is no UTF-8 becomes U+FFFD a byte
    void addFuse();                                                      // what follows sees all tokens as one
    void addStrip(char32_t character, std::size_t start, std::size_t stop); // at most so many at either end of each token
    void addMetaspace(char32_t replacement, bool prefixed); // to spaces; none in the first token if there is a prefix

    bool empty() const { return m_steps.empty(); }
    std::string decoded(std::vector<std::string> tokens) const;
    // The bytes of one token in the middle of a text.
    std::string bytesOf(const std::string& token) const;

private:
    enum class Kind { ByteLevel, Replacement, ByteFallback, Fuse, Strip, Metaspace };
    struct Step {
        Kind kind = Kind::Fuse;
        std::string from, to;
        std::size_t start = 0, stop = 0; // Strip
        bool prefixed = false;           // Metaspace
    };
    static std::vector<std::string> applied(const Step& step, std::vector<std::string> tokens);
    std::vector<Step> m_steps;
};

// The byte that "<0x0A>" stands for; -1 for any other text.
int byteOfToken(const std::string& token);

} // namespace lolcats
