// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/session.h"

#include "core/engine_door.h"

namespace lolcats {

void addCommonFlags(CLI::App& app, Session& session) {
    app.add_flag("--json", session.json, "Results and errors as JSON on standard output")->group("Common");
    app.add_flag("--quiet", session.quiet, "No progress and no notes")->group("Common");
    app.add_flag("--verbose", session.verbose, "Everything that the engine says")->group("Common");
}

CLI::App* addVerb(CLI::App& app, Session& session, const std::string& name, const std::string& sentence,
                  std::function<int()> run) {
    CLI::App* verb = app.add_subcommand(name, sentence);
    addCommonFlags(*verb, session);
    verb->add_option("--threads", session.threads, "Processor threads; 0: all cores")
        ->check(CLI::Range(0, 1024))
        ->group("Common");
    verb->callback([&session, run = std::move(run)] { session.action = run; });
    return verb;
}

std::unique_ptr<Engine> openedEngine(const Session& session) {
    auto engine = openEngine();
    engine->configure(EngineSettings{session.threads});
    return engine;
}

} // namespace lolcats
