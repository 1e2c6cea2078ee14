// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/normaliser.h"

#include "core/text/unicode.h"

namespace lolcats {

void Normaliser::addFormC() {
    m_steps.push_back({Kind::FormC, {}, {}});
}

void Normaliser::addPrefix(const std::string& prefix) {
    m_steps.push_back({Kind::Prefix, {}, prefix});
}

void Normaliser::addReplacement(const std::string& from, const std::string& to) {
    m_steps.push_back({Kind::Replacement, from, to});
}

std::string Normaliser::applied(std::string_view text) const {
    std::string normal(text);
    for (const Step& step : m_steps) {
        if (step.kind == Kind::FormC)
            normal = normalisedC(normal);
        else if (step.kind == Kind::Replacement)
            normal = replacedAll(normal, step.from, step.to);
        else if (!normal.empty())
            normal.insert(0, step.to);
    }
    return normal;
}

std::string replacedAll(std::string_view text, std::string_view from, std::string_view to) {
    std::string replaced;
    replaced.reserve(text.size());
    std::size_t done = 0;
    for (std::size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, done)) {
        replaced += text.substr(done, at - done);
        replaced += to;
        done = at + from.size();
    }
    return replaced.append(text.substr(done));
}

} // namespace lolcats
