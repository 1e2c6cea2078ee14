// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A GGUF file's metadata told in the words of Hugging Face's files.

#include "core/files/gguf_file.h"
#include "core/files/json_file.h"

#include <cstdint>
#include <map>
#include <string>

namespace lolcats {

// config.json of a file whose architecture is llama, qwen2 or qwen3. Refuses others by name (CFG-ARCH).
Json ggufConfig(const GgufFile& file);
// The Hugging Face name of a tensor; the name itself where there is none.
std::string huggingFaceName(const std::string& ggufName);

// One tensor of a GGUF file may hold a weight of all experts; its name then has this mark in it.
inline const std::string kExpertsMark = "*experts*";
// The name of one expert's part of it.
std::string expertName(const std::string& name, std::int64_t expert);

// tokenizer.json; refuses (TK-…) a kind that cannot be written down.
std::string ggufTokenizerJson(const GgufFile& file);
bool hasWritableTokenizer(const GgufFile& file); // false: of a kind that ggufTokenizerJson refuses by name
// tokenizer_config.json, special_tokens_map.json and, with a tokenizer or not, generation_config.json.
std::map<std::string, std::string> ggufSideFiles(const GgufFile& file);

} // namespace lolcats
