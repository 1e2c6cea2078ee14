// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where numbers made by other people's code lie, and how a test walks them.

#include "core/files/json_file.h"
#include "core/files/safetensors.h"

#include <functional>
#include <string>
#include <vector>

namespace lolcats::testing {

// LOLCATS_ORACLES, or tests/oracles.
std::string oraclesFolder();
// Paths of the files of one kind ("attention") whose names end so (".json"), sorted; empty when the folder is not there.
std::vector<std::string> oracleFiles(const std::string& kind, const std::string& ending);
// What lies in a kind's folder and is neither a JSON file that `isKnown` accepts nor the tensors beside one. A test of the kind
// fails on them: nobody is to believe that a file was checked which no test understands.
std::string unknownOracleFiles(const std::string& kind, const std::function<bool(const Json&)>& isKnown);
Json oracleJson(const std::string& path);
// "x.json" to "x.safetensors".
std::string besideIt(const std::string& path, const std::string& ending);
// The SmolLM2 GGUF of the sample, or empty when it was not fetched (LOLCATS_SAMPLE, $XDG_DATA_HOME/lolcats/sample,
// ~/.local/share/lolcats/sample).
std::string sampleModel();
std::string sampleFolder();

} // namespace lolcats::testing
