// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/job_runner.h"

#include <cmath>
#include <cstdio>

namespace lolcats {

namespace {

std::string cell(const Figure& figure) {
    if (figure.unit == "bytes")
        return bytesText(std::llround(figure.value));
    if (figure.unit == "bytes a token")
        return std::to_string(std::llround(figure.value)) + " B";
    if (figure.unit == "seconds")
        return numberText(1000 * figure.value, 3) + " ms";
    return numberText(figure.value, 2);
}

std::string tableLine(const std::string& name, const std::vector<std::string>& cells) {
    char first[96] = {};
    std::snprintf(first, sizeof first, "%-64s", name.c_str());
    std::string line = cells.size() > 3 ? name + std::string(name.size() < 10 ? 10 - name.size() : 1, ' ') : first;
    for (const std::string& text : cells) {
        char column[32] = {};
        std::snprintf(column, sizeof column, " %14s", text.c_str());
        line += column;
    }
    return line;
}

void print(const Session& session, OrderedJson json, const std::vector<CheckDone>& checks) {
    json["rows"] = OrderedJson::array();
    for (const CheckDone& check : checks) {
        OrderedJson row = {{"name", check.id}, {"passed", check.passed}, {"sentence", check.sentence}};
        std::vector<std::string> names, cells;
        for (const Figure& figure : check.figures) {
            setNumber(row, figure.name, figure.value);
            names.push_back(figure.name);
            cells.push_back(cell(figure));
        }
        json["rows"].push_back(row);
        if (!session.json && &check == &checks.front())
            printResult(tableLine("", names));
        if (!session.json)
            printResult(tableLine(check.id, cells));
    }
    if (session.json)
        printResult(jsonDocument(json));
}

int bench(const Session& session, const BenchRequest& request) {
    const auto engine = openedEngine(session);
    const auto job = engine->bench(request);
    const OrderedJson about = {{"suite", request.suite}, {"engine", engine->version()}};
    std::vector<CheckDone> checks;
    try {
        const int exit = runChecks(session, *job, [&](const CheckDone& check) { checks.push_back(check); });
        print(session, about, checks);
        return exit;
    } catch (const Refusal&) { // the table says which line it was
        if (!session.json)
            print(session, about, checks);
        throw;
    }
}

} // namespace

void addBenchVerb(CLI::App& app, Session& session) {
    auto request = std::make_shared<BenchRequest>();
    CLI::App* verb =
        addVerb(app, session, "bench", "What this program needs on this machine: memory, and time against other forms",
                [request, &session] { return bench(session, *request); });
    verb->add_option("--suite", request->suite, "memory or speed [memory]");
    verb->footer(
        "memory: the most that was held at once at doubling lengths, and its slope beside the formula of one layer's "
        "activations. maps are read in rows, as the loss of the attention weights reads them; maps that are drawn are tokens "
        "× tokens. speed: what was timed by turns in this run, after both gave the same numbers. On a small decoder of random "
        "weights. Exit code 6: memory grows faster than the text, or two forms differ.");
}

} // namespace lolcats
