// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Text cut into the pieces that byte-pair encoding may not merge across. Only split patterns on our list are known: each is
// matched by its exact text and run in a form of our own.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

class SplitPattern; // a compiled pattern

using PieceSink = std::function<void(std::string_view)>;

class PreTokenizer {
public:
    // Steps run in the order of their adding, each on the pieces of the one before.
    void addPrefixSpace();                                // a space before each piece that has none
    void addDigits(bool individual);                      // numbers apart from the rest
    void addGpt2Pattern();                                // of ByteLevel with use_regex
    bool addKnownPattern(const std::string& patternText); // false: not on the list
    // Refuses with TK-LIMIT when the text exhausts the engine's limits.
    void split(std::string_view text, const PieceSink& piece) const;

private:
    struct Step {
        std::shared_ptr<const SplitPattern> pattern; // null: the prefix space
    };
    void splitFrom(std::size_t step, std::string_view text, const PieceSink& piece) const;
    std::vector<Step> m_steps;
};

} // namespace lolcats
