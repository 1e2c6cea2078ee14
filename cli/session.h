// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What all verbs share: the common options, the action that was chosen, and the way to the engine.

#include "core/engine.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lolcats {

struct Session {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    int threads = 0;
    std::function<int()> action; // of the verb that was chosen; returns the exit code
    // By verb: takes options out of the words that only the engine knows, before the rest is parsed.
    std::map<std::string, std::function<void(std::vector<std::string>&)>> takeUnknown;
};

// A verb with the options that every verb has. `run` is called when it was chosen, with all values in place.
CLI::App* addVerb(CLI::App& app, Session& session, const std::string& name, const std::string& sentence,
                  std::function<int()> run);
void addCommonFlags(CLI::App& app, Session& session); // also before the verb
// Opens the engine's library: only verbs that work on a model do.
std::unique_ptr<Engine> openedEngine(const Session& session);

// One function a file of verbs.
void addInspectVerbs(CLI::App& app, Session& session); // inspect, tokenize, list
void addPlanVerb(CLI::App& app, Session& session);
void addConvertVerbs(CLI::App& app, Session& session); // convert, resume
void addShowVerbs(CLI::App& app, Session& session);    // show, metrics
void addMapsVerb(CLI::App& app, Session& session);
void addVerifyVerb(CLI::App& app, Session& session);
void addMeasureVerbs(CLI::App& app, Session& session); // evaluate, generate, logits
void addExportVerb(CLI::App& app, Session& session);
void addImportVerb(CLI::App& app, Session& session);
void addBenchVerb(CLI::App& app, Session& session);

} // namespace lolcats
