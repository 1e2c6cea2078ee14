// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/oracles.h"

#include "core/files/file_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace lolcats::testing {

namespace fs = std::filesystem;

std::string oraclesFolder() {
    const char* named = std::getenv("LOLCATS_ORACLES");
    return named != nullptr && *named != '\0' ? named : std::string(LOLCATS_SOURCE_DIR) + "/tests/oracles";
}

std::vector<std::string> oracleFiles(const std::string& kind, const std::string& ending) {
    std::vector<std::string> found;
    const fs::path folder = fs::path(oraclesFolder()) / kind;
    if (!fs::is_directory(folder))
        return found;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().filename().string().ends_with(ending))
            found.push_back(entry.path().string());
    std::sort(found.begin(), found.end());
    return found;
}

std::string unknownOracleFiles(const std::string& kind, const std::function<bool(const Json&)>& isKnown) {
    std::string unknown;
    for (const std::string& path : oracleFiles(kind, "")) {
        const bool described = path.ends_with(".safetensors") && fs::exists(besideIt(path, ".json"));
        if (!described && !(path.ends_with(".json") && isKnown(oracleJson(path))))
            unknown += (unknown.empty() ? "" : ", ") + path;
    }
    return unknown;
}

Json oracleJson(const std::string& path) {
    return Json::parse(readTextFile(path, 64U << 20U, "FILE"));
}

std::string besideIt(const std::string& path, const std::string& ending) {
    return path.substr(0, path.rfind('.')) + ending;
}

std::string sampleFolder() {
    const auto variable = [](const char* name) { return std::string(std::getenv(name) != nullptr ? std::getenv(name) : ""); };
    // Tests run with a data folder of their own, so the person's is looked at by HOME.
    for (const std::string& folder : {variable("LOLCATS_SAMPLE"), variable("XDG_DATA_HOME") + "/lolcats/sample",
                                      variable("HOME") + "/.local/share/lolcats/sample"})
        if (!folder.empty() && fs::exists(folder + "/model.gguf"))
            return folder;
    return {};
}

std::string sampleModel() {
    const std::string folder = sampleFolder();
    return folder.empty() ? std::string() : folder + "/model.gguf";
}

} // namespace lolcats::testing
