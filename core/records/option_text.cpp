// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/option_text.h"

#include <charconv>

namespace lolcats {

OptionValue optionFromText(const OptionDescription& option, const std::string& text) {
    const char* const end = text.data() + text.size();
    if (option.kind == OptionKind::Flag && (text == "true" || text == "false"))
        return text == "true";
    if (option.kind == OptionKind::Integer || option.kind == OptionKind::Number) {
        std::int64_t whole = 0;
        if (const auto [at, error] = std::from_chars(text.data(), end, whole); error == std::errc() && at == end)
            return whole;
        double number = 0;
        if (const auto [at, error] = std::from_chars(text.data(), end, number); error == std::errc() && at == end)
            return number;
    }
    return text;
}

} // namespace lolcats
