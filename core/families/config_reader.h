// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Reads single values of a config.json, strictly: a wrong one is refused with its key, its value and what is accepted.

#include "core/files/json_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lolcats {

[[noreturn]] void refuseConfig(const std::string& code, const std::string& summary, const std::string& remedy = {});

class ConfigReader {
public:
    explicit ConfigReader(const Json& config) : m_config(config) {}
    const Json* find(const std::string& key) const;  // null: absent, or null in the file
    bool names(const std::string& key) const;        // also a null: some families tell it from an absent key
    std::string shown(const std::string& key) const; // for sentences: the value, cut to a readable length

    // Refuses an absent key (CFG-KEY), 4096.0 (CFG-TYPE), and everything else that is no whole number of the range (CFG-RANGE).
    std::int64_t integer(const std::string& key, std::int64_t minimum, std::int64_t maximum) const;
    std::int64_t integerOr(const std::string& key, std::int64_t minimum, std::int64_t maximum, std::int64_t standard) const;
    // Both ends excluded. A text is CFG-TYPE, a number out of range CFG-RANGE.
    double numberOr(const std::string& key, double above, double below, double standard) const;
    bool flagOr(const std::string& key, bool standard) const;
    std::string textOr(const std::string& key, const std::string& standard) const;
    // A token id or a list of them; refuses (CFG-TOKENID) ids outside the vocabulary.
    std::vector<std::int64_t> tokenIds(const std::string& key, std::int64_t vocabulary) const;

private:
    const Json& m_config;
};

} // namespace lolcats
