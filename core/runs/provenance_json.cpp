// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/provenance_json.h"

#include <nlohmann/json.hpp>

#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace lolcats {

namespace {

std::string processorName() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos)
            return line.substr(colon + 2);
    }
    return "unknown processor";
}

} // namespace

std::string provenanceToJson(const Provenance& provenance) {
    const nlohmann::json json = {
        {"program", provenance.program}, {"model_path", provenance.modelPath}, {"model_sha256", provenance.modelSha256},
        {"machine", provenance.machine}, {"engine", provenance.engine},        {"threads", provenance.threads},
        {"started", provenance.started},
    };
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Provenance provenanceFromJson(const std::string& text) {
    Provenance provenance;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object())
        return provenance;
    const auto words = [&](const char* key, std::string& field) {
        if (json.contains(key) && json[key].is_string())
            field = json[key].get<std::string>();
    };
    words("program", provenance.program);
    words("model_path", provenance.modelPath);
    words("model_sha256", provenance.modelSha256);
    words("machine", provenance.machine);
    words("engine", provenance.engine);
    if (json.contains("threads") && json["threads"].is_number())
        provenance.threads = json["threads"].get<std::int64_t>();
    if (json.contains("started") && json["started"].is_number())
        provenance.started = json["started"].get<double>();
    return provenance;
}

std::string machineDescription() {
    utsname system{};
    uname(&system);
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const long long bytes = static_cast<long long>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
    return std::string(system.sysname) + " " + system.release + " " + system.machine + ", " + processorName() + ", " +
           std::to_string(cores) + (cores == 1 ? " core, " : " cores, ") + std::to_string((bytes + (1LL << 29)) >> 30) + " GiB";
}

} // namespace lolcats
