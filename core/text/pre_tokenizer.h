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
    enum class Prefix { Always, First, Never };           // First: only where the whole text begins
    // Spaces become `mark`, which is also put before a piece that has none; with `split`, each mark begins a piece.
    void addMetaspace(const std::string& mark, Prefix prefix, bool split);
    // `first`: the whole text begins here. Refuses with TK-LIMIT when the text exhausts the engine's limits.
    void split(std::string_view text, bool first, const PieceSink& piece) const;

private:
    struct Step {
        std::shared_ptr<const SplitPattern> pattern; // null: the prefix space, or the mark
        std::string mark;                            // empty: no metaspace
        Prefix prefix = Prefix::Never;
        bool splits = false;
    };
    void splitFrom(std::size_t step, std::string_view text, bool first, const PieceSink& piece) const;
    static void splitAtMarks(const Step& step, std::string_view text, bool first, const PieceSink& piece);
    std::vector<Step> m_steps;
};

} // namespace lolcats
