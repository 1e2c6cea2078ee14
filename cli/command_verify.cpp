// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/job_runner.h"

#include <cstdio>

namespace lolcats {

namespace {

struct VerifyArguments {
    std::string run;
    std::string model;
};

std::string tableLine(const std::string& layer, const std::string& chunked, const std::string& recurrent,
                      const std::string& continued, const std::string& verdict) {
    char line[160] = {};
    std::snprintf(line, sizeof line, "%-10s %12s %12s %18s  %s", layer.c_str(), chunked.c_str(), recurrent.c_str(),
                  continued.c_str(), verdict.c_str());
    return line;
}

std::string scientific(double value) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.1e", value);
    return text;
}

int verify(const Session& session, const VerifyArguments& arguments) {
    OrderedJson json;
    if (isRunPath(arguments.run)) {
        const std::int64_t tensors = RunReader(arguments.run).checkedTensors();
        json["tensors"] = tensors;
        if (!session.json)
            printResult("file       whole; " + std::to_string(tensors) + " tensors have the hashes they were written with");
    }
    const auto engine = openedEngine(session);
    const Subject subject = subjectOf(session, *engine, arguments.run, arguments.model);
    const auto job = engine->verification(subject);
    json["layers"] = OrderedJson::array();
    if (!session.json)
        printResult(tableLine("", "chunked", "recurrent", "prompt, then steps", ""));
    Session silent = session; // the checks are the result, not messages beside it
    silent.quiet = true;
    const int exit = runJob(silent, *job, [&](const JobEvent& event) {
        const auto* check = std::get_if<CheckDone>(&event);
        if (check == nullptr)
            return;
        if (check->figures.size() < 4) {
            json["passed"] = check->passed;
            json["sentence"] = check->sentence;
            if (!session.json)
                printResult(check->sentence);
            return;
        }
        OrderedJson layer = {{"layer", check->id}, {"passed", check->passed}};
        for (const Figure& figure : check->figures)
            setNumber(layer, figure.name, figure.value);
        json["layers"].push_back(layer);
        if (!session.json)
            printResult(tableLine(check->id, scientific(check->figures[0].value), scientific(check->figures[1].value),
                                  scientific(check->figures[2].value), check->passed ? "" : "above the limit"));
    });
    if (exit == 0 && session.json)
        printResult(jsonDocument(json));
    return exit;
}

} // namespace

void addVerifyVerb(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<VerifyArguments>();
    CLI::App* verb =
        addVerb(app, session, "verify", "Whether a run file is whole and its student computes one thing in all its forms",
                [arguments, &session] { return verify(session, *arguments); });
    verb->add_option("RUN", arguments->run, "The run file, or an exported folder")->required();
    verb->add_option("--model", arguments->model, "Where the run's model is now");
    verb->footer(
        "Each layer's attention is written three times: for all tokens in chunks (training, prompts), for one token with "
        "a state (generation), and as the map of all pairs in double, which is the definition. The table shows the "
        "largest difference from the definition over its largest value. Exit code 6: one is above its limit.");
}

} // namespace lolcats
