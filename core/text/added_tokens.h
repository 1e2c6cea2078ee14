// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Tokens that are found in the text before anything else is done to it: <|im_start|>, <think>, …

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lolcats {

struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool singleWord = false; // only where no word character stands beside it
    bool stripLeft = false;  // swallows the white space before it
    bool stripRight = false;
    bool normalised = false; // looked for after the normaliser, in normal form
    bool special = false;    // left out when text is decoded for people
};

// Finds the leftmost, and of those the longest, of a set of literals.
class AddedTokenFinder {
public:
    // `literal` is the token's content, or its normal form.
    void add(const AddedToken& token, const std::string& literal);
    bool empty() const { return m_tokens.empty(); }

    // `between` gets the text between tokens, `found` the tokens, in order. Special ones are passed over as text unless
    // `withSpecial`.
    void split(std::string_view text, bool withSpecial, const std::function<void(std::string_view)>& between,
               const std::function<void(const AddedToken&)>& found) const;

private:
    struct Node {
        std::vector<std::pair<unsigned char, std::size_t>> children;
        std::int32_t token = -1;
    };
    struct Match {
        const AddedToken* token = nullptr; // null: none begins here
        std::size_t bytes = 0;
    };
    Match longestAt(std::string_view text, std::size_t at) const;
    std::size_t childOf(std::size_t node, unsigned char byte) const; // 0: none

    std::vector<AddedToken> m_tokens;
    std::vector<Node> m_nodes = std::vector<Node>(1);
    std::array<bool, 256> m_begins{}; // bytes with which a literal begins
};

} // namespace lolcats
