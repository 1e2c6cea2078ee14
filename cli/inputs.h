// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a person hands over on the command line: files, lists, and the run or model that a question is about.

#include "cli/session.h"
#include "core/runs/run_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

std::string textOfFile(const std::string& path);
std::string absolutePath(const std::string& path);                                              // empty stays empty
bool isRunPath(const std::string& path);                                                        // by its ending
std::vector<std::int64_t> integersFromText(const std::string& text, const std::string& option); // commas or spaces between
std::vector<std::string> wordsFromText(const std::string& text);                                // commas between

// Refuses a run file to make that exists, or whose folder does not.
void refuseExistingRun(const std::string& run);
Provenance provenanceOf(const Engine& engine, const ConversionPlan& plan, const std::string& hash);

// A run's plan and model, the model checked to be the same bytes. `model` says where it is now; empty: as the run has it.
struct RunSubject {
    ConversionPlan plan;
    RunRecord record;
};
RunSubject runSubject(const Session& session, Engine& engine, const RunReader& reader, const std::string& model);
// A run's student, or a model as it stands.
Subject subjectOf(const Session& session, Engine& engine, const std::string& runOrModel, const std::string& model);

} // namespace lolcats
