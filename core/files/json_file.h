// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// JSON from strangers: strict (no duplicate keys, no comments, no NaN, depth at most 64), with errors that name file and place.

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace lolcats {

using Json = nlohmann::ordered_json;

// `code` is the prefix of the refusal's codes ("CFG": CFG-JSON, CFG-DUP, CFG-FILE). `where` names the file in sentences.
Json parseStrictJson(std::string_view text, const std::string& where, const std::string& code);
Json readJsonFile(const std::string& path, std::uint64_t maximumBytes, const std::string& code);

} // namespace lolcats
