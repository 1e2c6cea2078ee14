// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/parsing.h"

#include "core/records/failure.h"

#include <algorithm>

namespace lolcats {

namespace {

std::string verbNames(const CLI::App& app) {
    std::string names;
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        names += (names.empty() ? "" : ", ") + verb->get_name();
    return names;
}

void checkVerb(const CLI::App& app, const std::vector<std::string>& words) {
    const auto first = std::find_if(words.begin(), words.end(), [](const std::string& word) { return !word.starts_with("-"); });
    if (first == words.end() || !app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == *first; }).empty())
        return;
    throw Refusal("ARG-VERB", "“" + *first + "” is not something that lolcats does.", "It knows " + verbNames(app) + ".");
}

} // namespace

void addAllVerbs(CLI::App& app, Session& session) {
    app.set_version_flag("--version", "lolcats " LOLCATS_VERSION);
    app.require_subcommand(0, 1);
    addCommonFlags(app, session);
    addInspectVerbs(app, session);
    addPlanVerb(app, session);
    addConvertVerbs(app, session);
    addShowVerbs(app, session);
    addMapsVerb(app, session);
    addVerifyVerb(app, session);
    addMeasureVerbs(app, session);
    addExportVerb(app, session);
    addImportVerb(app, session);
    addBenchVerb(app, session);
}

std::optional<int> parse(CLI::App& app, Session& session, std::vector<std::string> words) {
    // Known before anything can go wrong, so that errors of parsing have the right form too.
    session.json = std::find(words.begin(), words.end(), "--json") != words.end();
    try {
        const bool asksForHelp = std::any_of(words.begin(), words.end(), [](const std::string& word) {
            return word == "--help" || word == "-h" || word == "--version";
        });
        if (!asksForHelp) {
            checkVerb(app, words);
            for (const auto& [verb, take] : session.takeUnknown)
                if (const auto at = std::find(words.begin(), words.end(), verb); at != words.end())
                    if (std::none_of(words.begin(), at, [](const std::string& word) { return !word.starts_with("-"); }))
                        take(words);
        }
        std::reverse(words.begin(), words.end());
        app.parse(std::move(words));
    } catch (const CLI::Success& success) {
        return app.exit(success);
    } catch (const CLI::ParseError& error) {
        const auto chosen = app.get_subcommands();
        throw Refusal("ARG-WORDS", std::string(error.what()) + (std::string(error.what()).ends_with(".") ? "" : "."),
                      "See `lolcats" + (chosen.empty() ? std::string() : " " + chosen.front()->get_name()) + " --help`.");
    }
    if (!session.action) {
        throw Refusal("ARG-VERB", "No verb was given.", "See `lolcats --help`; it knows " + verbNames(app) + ".");
    }
    return std::nullopt;
}

} // namespace lolcats
