// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/interruption.h"
#include "cli/job_runner.h"
#include "cli/plan_options.h"
#include "core/records/plan_json.h"
#include "core/runs/imported_run.h"

namespace lolcats {

namespace {

struct ImportArguments {
    std::vector<std::string> paths;
    std::string model;
    std::string run;
    PlanOptions options;
};

ImportRequest requestOf(const ImportArguments& arguments) {
    ImportRequest request;
    request.model = absolutePath(arguments.model);
    for (const std::string& path : arguments.paths)
        request.paths.push_back(absolutePath(path));
    if (!arguments.options.preset().empty())
        request.preset = arguments.options.preset();
    request.changes = arguments.options.given();
    return request;
}

int importStudent(const Session& session, const ImportArguments& arguments) {
    watchForInterruption();
    refuseExistingRun(arguments.run);
    const auto engine = openedEngine(session);
    EventConsole console(session);
    ConsoleProgress progress(session);
    const ImportedStudent imported = engine->importStudent(requestOf(arguments), progress);
    const bool hasSteps = imported.plan.transferSteps + imported.plan.finetuneSteps > 0;
    if (hasSteps)
        engine->preview(imported.plan); // text that cannot be read is refused now, and not by `resume`
    for (const std::string& notice : imported.notices)
        console.note(notice);
    const std::string hash = engine->hashModel(imported.plan.model, progress);
    if (isInterrupted())
        return kInterruptedExit;
    storeImported(*RunWriter::create(arguments.run, planToJson(imported.plan, engine->catalogue()),
                                     provenanceOf(*engine, imported.plan, hash)),
                  imported.student, imported.notices, hasSteps);
    console.note(hasSteps ? "`lolcats resume " + arguments.run + "` goes on with it"
                          : "`lolcats verify " + arguments.run + "` compares the forms of its attention");
    if (!session.json) {
        printResult(arguments.run);
        return 0;
    }
    printResult(jsonDocument({{"run", arguments.run},
                              {"stage", stageName(imported.student->stage)},
                              {"tensors", imported.student->tensors.size()},
                              {"plan", OrderedJson::parse(planToJson(imported.plan, engine->catalogue()))},
                              {"notices", imported.notices}}));
    return 0;
}

} // namespace

void addImportVerb(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<ImportArguments>();
    CLI::App* verb = addVerb(app, session, "import", "Makes a run of a student that was made elsewhere",
                             [arguments, &session] { return importStudent(session, *arguments); });
    verb->add_option("PATH", arguments->paths,
                     "All files and folders of one student: checkpoints of the published LoLCATs code (…_distill.pt, …_ft.pt, "
                     "model.pt), the same as safetensors, adapters of PEFT, or a folder that `lolcats export` made. Nothing in "
                     "them is run")
        ->required();
    verb->add_option("--model", arguments->model, "The model that the student was made of")->required();
    verb->add_option("-o,--run", arguments->run, "The run file to make, NAME.lolcats")->required();
    arguments->options.addTo(*verb, "paper");
    verb->footer(
        "Settings come from the files, then from their names where these are run names of the published code, then from "
        "the preset [paper]; an option that is given overrules all of them (--window 64 --window-shape terraced-end).\n"
        "Steps are none unless they are given: `lolcats resume` takes those.");
    session.takeUnknown["import"] = [arguments, verb](std::vector<std::string>& words) {
        arguments->options.takeUnknown(*verb, words);
    };
}

} // namespace lolcats
