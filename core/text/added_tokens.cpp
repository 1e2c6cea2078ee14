// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/added_tokens.h"

#include "core/text/unicode.h"

#include <algorithm>

namespace lolcats {

namespace {

bool standsAlone(std::string_view text, std::size_t begin, std::size_t end) {
    std::size_t before = begin;
    std::size_t after = end;
    return (begin == 0 || !isWordCharacter(previousCodePoint(text, before))) &&
           (end == text.size() || !isWordCharacter(nextCodePoint(text, after)));
}

std::size_t whiteSpaceBefore(std::string_view text, std::size_t begin, std::size_t floor) {
    while (begin > floor) {
        std::size_t before = begin;
        if (!isWhiteSpace(previousCodePoint(text, before)))
            break;
        begin = std::max(before, floor);
    }
    return begin;
}

std::size_t whiteSpaceAfter(std::string_view text, std::size_t end) {
    while (end < text.size()) {
        std::size_t after = end;
        if (!isWhiteSpace(nextCodePoint(text, after)))
            break;
        end = after;
    }
    return end;
}

} // namespace

void AddedTokenFinder::add(const AddedToken& token, const std::string& literal) {
    std::size_t node = 0;
    for (const char character : literal) {
        const auto byte = static_cast<unsigned char>(character);
        std::size_t child = childOf(node, byte);
        if (child == 0) {
            child = m_nodes.size();
            m_nodes[node].children.emplace_back(byte, child);
            m_nodes.emplace_back();
        }
        node = child;
    }
    if (m_nodes[node].token >= 0) // another token has the same normal form; the first one keeps it
        return;
    m_begins[static_cast<unsigned char>(literal.front())] = true;
    m_nodes[node].token = static_cast<std::int32_t>(m_tokens.size());
    m_tokens.push_back(token);
}

std::size_t AddedTokenFinder::childOf(std::size_t node, unsigned char byte) const {
    for (const auto& [label, child] : m_nodes[node].children)
        if (label == byte)
            return child;
    return 0;
}

AddedTokenFinder::Match AddedTokenFinder::longestAt(std::string_view text, std::size_t at) const {
    Match match;
    std::size_t node = 0;
    for (std::size_t index = at; index < text.size(); ++index) {
        node = childOf(node, static_cast<unsigned char>(text[index]));
        if (node == 0)
            break;
        if (m_nodes[node].token >= 0)
            match = {&m_tokens[static_cast<std::size_t>(m_nodes[node].token)], index + 1 - at};
    }
    return match;
}

void AddedTokenFinder::split(std::string_view text, bool withSpecial, const std::function<void(std::string_view)>& between,
                             const std::function<void(const AddedToken&)>& found) const {
    std::size_t done = 0; // behind the last token and the white space that it swallowed
    for (std::size_t at = 0; at < text.size();) {
        if (!m_begins[static_cast<unsigned char>(text[at])]) {
            ++at;
            continue;
        }
        const Match match = longestAt(text, at);
        if (match.token == nullptr) {
            ++at;
            continue;
        }
        std::size_t begin = at;
        std::size_t end = at + match.bytes;
        at = end;
        if ((match.token->special && !withSpecial) || (match.token->singleWord && !standsAlone(text, begin, end)))
            continue;
        if (match.token->stripLeft)
            begin = whiteSpaceBefore(text, begin, done);
        if (match.token->stripRight)
            end = whiteSpaceAfter(text, end);
        if (begin > done)
            between(text.substr(done, begin - done));
        found(*match.token);
        done = std::max(done, end);
    }
    if (done < text.size())
        between(text.substr(done));
}

} // namespace lolcats
