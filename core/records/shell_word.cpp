// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/shell_word.h"

namespace lolcats {

std::string shellWord(const std::string& text) {
    const bool plain = !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                                               "._-+/,:=@%") == std::string::npos;
    if (plain)
        return text;
    std::string safe = "'";
    for (const char letter : text)
        safe += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
    return safe + "'";
}

} // namespace lolcats
