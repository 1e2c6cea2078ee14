// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/job_runner.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace lolcats {

namespace {

constexpr std::int64_t kLongText = 16384; // tokens that --long decodes

struct VerifyArguments {
    std::string run;
    std::string model;
    bool longText = false;
};

constexpr std::array<const char*, 4> kForms = {"chunked", "recurrent", "continued", "plain-loops"};

std::string tableLine(const std::string& layer, const std::array<std::string, 4>& forms, const std::string& verdict) {
    char line[160] = {};
    std::snprintf(line, sizeof line, "%-10s %12s %12s %18s %12s  %s", layer.c_str(), forms[0].c_str(), forms[1].c_str(),
                  forms[2].c_str(), forms[3].c_str(), verdict.c_str());
    return line;
}

std::string scientific(double value) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.1e", value);
    return text;
}

std::string layerLine(const CheckDone& check) {
    std::array<std::string, 4> forms;
    for (std::size_t form = 0; form < kForms.size(); ++form) {
        const auto found = std::find_if(check.figures.begin(), check.figures.end(),
                                        [&](const Figure& figure) { return figure.name == kForms[form]; });
        forms[form] = found == check.figures.end() ? "–" : scientific(found->value);
    }
    return tableLine(check.id, forms, check.passed ? "" : "above the limit");
}

OrderedJson figuresJson(const CheckDone& check) {
    OrderedJson json = {{"passed", check.passed}, {"sentence", check.sentence}};
    for (const Figure& figure : check.figures)
        setNumber(json, figure.name, figure.value);
    return json;
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
    const auto job = engine->verification(subject, {arguments.longText ? kLongText : 0});
    json["layers"] = OrderedJson::array();
    if (!session.json)
        printResult(tableLine("", {"chunked", "recurrent", "prompt, then steps", "plain loops"}, ""));
    const int exit = runChecks(session, *job, [&](const CheckDone& check) {
        if (check.id.starts_with("layer ")) {
            OrderedJson layer = figuresJson(check);
            layer["layer"] = check.id;
            json["layers"].push_back(layer);
        } else if (check.id == "long") {
            json["long"] = figuresJson(check);
        } else {
            json["passed"] = check.passed;
            json["sentence"] = check.sentence;
        }
        if (!session.json)
            printResult(check.id.starts_with("layer ") ? layerLine(check) : check.sentence);
    });
    if (session.json)
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
    verb->add_flag("--long", arguments->longText,
                   "Decode 16,384 tokens too, and compare one head of the layer that differs most with its definition");
    verb->footer(
        "Each layer's attention is written several times: for all tokens in chunks (training, prompts), for one token with "
        "a state (generation), in plain loops, and as the map of all pairs in double, which is the definition. The table "
        "shows the largest difference from the definition over its largest value. Exit code 6: one is above its limit.");
}

} // namespace lolcats
