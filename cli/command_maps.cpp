// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/job_runner.h"
#include "cli/map_file.h"

#include <filesystem>

namespace lolcats {

namespace {

struct MapsArguments {
    std::string run;
    std::string model;
    std::string layers;
    std::string heads;
    std::string out;
    MapsRequest request;
};

int maps(const Session& session, const MapsArguments& arguments) {
    if (std::filesystem::exists(arguments.out))
        throw Refusal("ARG-EXISTS", "The file " + arguments.out + " exists already.", "Choose another name for --out.");
    MapsRequest request = arguments.request;
    request.layers = integersFromText(arguments.layers, "--layer");
    request.heads = integersFromText(arguments.heads, "--head");
    const auto engine = openedEngine(session);
    const Subject subject = subjectOf(session, *engine, arguments.run, arguments.model);
    const auto job = engine->maps(subject, request);
    std::shared_ptr<const MapSnapshot> snapshot;
    const int exit = runJob(session, *job, [&](const JobEvent& event) {
        if (const auto* taken = std::get_if<MapTaken>(&event))
            snapshot = taken->snapshot;
    });
    if (exit != 0)
        return exit;
    if (snapshot == nullptr)
        throw Refusal("INT-MAPS", "No attention maps were made.", "Report this as a fault of the program.");
    writeMapFile(arguments.out, *snapshot);
    printResult(session.json
                    ? jsonLine({{"file", arguments.out}, {"tokens", snapshot->tokens}, {"heads", snapshot->maps.size()}})
                    : arguments.out);
    return 0;
}

} // namespace

void addMapsVerb(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<MapsArguments>();
    CLI::App* verb = addVerb(app, session, "maps", "Attention maps of teacher and student, to a safetensors file",
                             [arguments, &session] { return maps(session, *arguments); });
    verb->add_option("RUN", arguments->run, "The run file, or a model")->required();
    verb->add_option("--text", arguments->request.text, "The text itself")->required();
    verb->add_option("--layer", arguments->layers, "Layers, for example 3 or 3,17 [all]");
    verb->add_option("--head", arguments->heads, "Heads, for example 0 or 0,1 [all]");
    verb->add_option("--out", arguments->out, "The file to write")->required();
    verb->add_option("--model", arguments->model, "Where the run's model is now");
}

} // namespace lolcats
