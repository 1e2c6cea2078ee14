// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/families/config_reader.h"

#include "core/records/failure.h"

#include <cmath>

namespace lolcats {

void refuseConfig(const std::string& code, const std::string& summary, const std::string& remedy) {
    throw Refusal(code, summary,
                  remedy.empty()
                      ? "Correct the model's config.json or get the model from its source again; nothing was changed."
                      : remedy);
}

const Json* ConfigReader::find(const std::string& key) const {
    const auto found = m_config.find(key);
    return found == m_config.end() || found->is_null() ? nullptr : &*found;
}

bool ConfigReader::names(const std::string& key) const {
    return m_config.find(key) != m_config.end();
}

std::string ConfigReader::shown(const std::string& key) const {
    const Json* value = find(key);
    return value == nullptr ? "absent" : value->dump().substr(0, 100);
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t minimum, std::int64_t maximum) const {
    const Json* value = find(key);
    if (value == nullptr)
        refuseConfig("CFG-KEY", "The config lacks " + key + ", without which the model's shape is not known.");
    const std::string range =
        " A whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum) + " is accepted.";
    const bool isFloat = value->is_number_float();
    if (isFloat && std::floor(value->get<double>()) == value->get<double>() && std::abs(value->get<double>()) < 0x1p62)
        refuseConfig("CFG-TYPE", "The config writes " + key + " as " + shown(key) + ", with a fraction." + range);
    const bool tooLarge = value->is_number_unsigned() && value->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
    if (isFloat || !value->is_number_integer() || tooLarge || value->get<std::int64_t>() < minimum ||
        value->get<std::int64_t>() > maximum)
        refuseConfig("CFG-RANGE", "The config has " + shown(key) + " for " + key + "." + range);
    return value->get<std::int64_t>();
}

std::int64_t ConfigReader::integerOr(const std::string& key, std::int64_t minimum, std::int64_t maximum,
                                     std::int64_t standard) const {
    return find(key) == nullptr ? standard : integer(key, minimum, maximum);
}

double ConfigReader::numberOr(const std::string& key, double above, double below, double standard) const {
    const Json* value = find(key);
    if (value == nullptr)
        return standard;
    if (!value->is_number())
        refuseConfig("CFG-TYPE", "The config has " + shown(key) + " for " + key + ", which takes a number.");
    const auto number = value->get<double>();
    if (!(number > above && number < below))
        refuseConfig("CFG-RANGE", "The config has " + shown(key) + " for " + key + ", which takes a number above " +
                                      Json(above).dump() + " and below " + Json(below).dump() + ".");
    return number;
}

bool ConfigReader::flagOr(const std::string& key, bool standard) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_boolean())
        refuseConfig("CFG-TYPE", "The config has " + shown(key) + " for " + key + ", which takes true or false.");
    return value == nullptr ? standard : value->get<bool>();
}

std::string ConfigReader::textOr(const std::string& key, const std::string& standard) const {
    const Json* value = find(key);
    if (value != nullptr && !value->is_string())
        refuseConfig("CFG-TYPE", "The config has " + shown(key) + " for " + key + ", which takes a text.");
    return value == nullptr ? standard : value->get<std::string>();
}

std::vector<std::int64_t> ConfigReader::tokenIds(const std::string& key, std::int64_t vocabulary) const {
    const Json* value = find(key);
    if (value == nullptr)
        return {};
    const Json list = value->is_array() ? *value : Json::array({*value});
    std::vector<std::int64_t> ids;
    for (const Json& id : list) {
        const bool inside = id.is_number_integer() && id >= 0 && id < vocabulary;
        if (!inside)
            refuseConfig("CFG-TOKENID", "The config has " + shown(key) + " for " + key + "; token ids go from 0 to " +
                                            std::to_string(vocabulary - 1) + ".");
        ids.push_back(id.get<std::int64_t>());
    }
    return ids;
}

} // namespace lolcats
