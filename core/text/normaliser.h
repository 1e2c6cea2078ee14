// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What is done to a text before it is cut into pieces.

#include <string>
#include <string_view>
#include <vector>

namespace lolcats {

class Normaliser {
public:
    // Steps run in the order of their adding.
    void addFormC();
    void addPrefix(const std::string& prefix); // before a text that is not empty
    void addReplacement(const std::string& from, const std::string& to);

    bool empty() const { return m_steps.empty(); }
    // Valid UTF-8 to valid UTF-8; time in proportion to the text for each step.
    std::string applied(std::string_view text) const;

private:
    enum class Kind { FormC, Prefix, Replacement };
    struct Step {
        Kind kind = Kind::FormC;
        std::string from, to;
    };
    std::vector<Step> m_steps;
};

// Every occurrence, from the left, of a `from` that is not empty.
std::string replacedAll(std::string_view text, std::string_view from, std::string_view to);

} // namespace lolcats
