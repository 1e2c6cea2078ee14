// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/run_record.h"

#include "core/records/failure.h"

#include <array>
#include <utility>

namespace lolcats {

namespace {

constexpr std::array<std::pair<Stage, const char*>, 5> kStages = {{{Stage::Prepare, "prepare"},
                                                                   {Stage::Transfer, "transfer"},
                                                                   {Stage::Finetune, "finetune"},
                                                                   {Stage::Measure, "measure"},
                                                                   {Stage::Export, "export"}}};
constexpr std::array<std::pair<RunState, const char*>, 8> kStates = {{{RunState::Draft, "draft"},
                                                                      {RunState::Preparing, "preparing"},
                                                                      {RunState::Running, "running"},
                                                                      {RunState::Paused, "paused"},
                                                                      {RunState::Stopped, "stopped"},
                                                                      {RunState::Completed, "completed"},
                                                                      {RunState::Failed, "failed"},
                                                                      {RunState::Interrupted, "interrupted"}}};

template <typename Table, typename Word>
auto wordOf(const Table& table, const std::string& name, const Word& code, const std::string& kind) {
    for (const auto& [value, word] : table)
        if (name == word)
            return value;
    throw Refusal(code, "“" + name + "” is not a " + kind + " that this version knows.",
                  "Open the file with the version of the program that wrote it.");
}

} // namespace

const char* stageName(Stage stage) {
    return kStages[static_cast<std::size_t>(stage)].second;
}
Stage stageFromName(const std::string& name) {
    return wordOf(kStages, name, "RUN-STAGE", "stage");
}
const char* runStateName(RunState state) {
    return kStates[static_cast<std::size_t>(state)].second;
}

std::string provenanceSentence(const Provenance& provenance) {
    const std::string model = provenance.modelPath.substr(provenance.modelPath.rfind('/') + 1);
    return "Converted by " + provenance.program + " with " + provenance.engine + " from `" + model + "`" +
           (provenance.modelSha256.empty() ? "" : " (SHA-256 " + provenance.modelSha256 + ")") + ".";
}

RunState runStateFromName(const std::string& name) {
    return wordOf(kStates, name, "RUN-STATE", "state");
}

} // namespace lolcats
