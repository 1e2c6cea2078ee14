// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/job_runner.h"
#include "cli/plan_options.h"
#include "core/records/export_words.h"

#include <algorithm>
#include <filesystem>

namespace lolcats {

namespace {

struct ExportArguments {
    std::string run;
    std::string model;
    ExportRequest request;
    GivenOptions options; // of the format
};

OptionValues optionsOf(const Choice& format, const GivenOptions& given) {
    OptionValues values;
    for (const auto& [name, text] : given) {
        const auto isIt = [&name = name](const OptionDescription& option) { return option.name == name; };
        const auto option = std::find_if(format.options.begin(), format.options.end(), isIt);
        if (option == format.options.end())
            throw Refusal("ARG-OPTION", "The format “" + format.id + "” has no option " + optionOf(name) + ".",
                          "`lolcats list exporters` explains the options of each format.");
        values[name] = checkedOption(*option, optionFromText(*option, text));
    }
    return completed(format, values);
}

int exportRun(const Session& session, const ExportArguments& arguments) {
    if (!isRunPath(arguments.run))
        throw Refusal("ARG-RUN", arguments.run + " is not a run file.", "Give the *.lolcats file of a conversion.");
    if (arguments.request.format == "gguf")
        throw Refusal("EXP-FORMAT", kNoGguf, "`lolcats list exporters` names the formats that there are.");
    const RunReader reader(arguments.run);
    const RunRecord record = reader.record();
    const auto engine = openedEngine(session);
    ExportRequest request = arguments.request;
    request.folder = absolutePath(request.folder);
    request.options = optionsOf(findChoice(engine->catalogue().exporters, request.format, "export format"), arguments.options);
    if (record.evaluation)
        request.figures = *record.evaluation;
    request.provenance = provenanceSentence(record.provenance);
    std::error_code error;
    if (std::filesystem::exists(request.folder, error) && !std::filesystem::is_empty(request.folder, error))
        throw Refusal("EXP-TARGET", "The folder " + request.folder + " is not empty.",
                      "Choose a folder that is new or empty for --to.");
    const Subject subject = subjectOf(session, *engine, arguments.run, arguments.model);
    const auto job = engine->exportTo(subject, request);
    OrderedJson files = OrderedJson::array();
    OrderedJson checks = OrderedJson::array();
    const int exit = runJob(session, *job, [&](const JobEvent& event) {
        if (const auto* file = std::get_if<FileWritten>(&event))
            files.push_back({{"path", file->path}, {"bytes", file->bytes}});
        if (const auto* check = std::get_if<CheckDone>(&event))
            checks.push_back({{"id", check->id}, {"passed", check->passed}, {"sentence", check->sentence}});
    });
    if (exit == 0)
        printResult(session.json ? jsonDocument({{"folder", request.folder}, {"files", files}, {"checks", checks}})
                                 : request.folder);
    return exit;
}

} // namespace

void addExportVerb(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<ExportArguments>();
    CLI::App* verb = addVerb(app, session, "export", "Writes the student as a model, reads it back and compares",
                             [arguments, &session] { return exportRun(session, *arguments); });
    verb->add_option("RUN", arguments->run, "The run file")->required();
    verb->add_option("--format", arguments->request.format, std::string("`lolcats list exporters` [huggingface]. ") + kNoGguf);
    verb->add_option("--to", arguments->request.folder, "The folder to make; must be new or empty")->required();
    verb->add_option("--model", arguments->model, "Where the run's model is now");
    verb->footer("Formats have options of their own, given the same way (--pt): `lolcats list exporters` explains them.");
    session.takeUnknown["export"] = [arguments, verb](std::vector<std::string>& words) {
        takeUnknownOptions(*verb, words, arguments->options);
    };
}

} // namespace lolcats
