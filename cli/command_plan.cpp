// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/plan_options.h"
#include "core/records/plan_json.h"

#include <filesystem>
#include <fstream>

namespace lolcats {

namespace {

struct PlanArguments {
    std::string model;
    std::string out;
    PlanOptions options;
};

int writePlan(const Session& session, const PlanArguments& arguments) {
    const auto engine = openedEngine(session);
    const ConversionPlan plan = arguments.options.plan(arguments.model, engine->catalogue(), session);
    engine->inspect(plan.model); // refuses what is no model
    const std::string json = planToJson(plan, engine->catalogue());
    if (arguments.out.empty()) {
        printResult(json);
        return 0;
    }
    if (std::filesystem::exists(arguments.out))
        throw Refusal("ARG-EXISTS", "The file " + arguments.out + " exists already.", "Choose another name for --out.");
    std::ofstream file(arguments.out);
    file << json << "\n";
    file.close();
    if (!file)
        throw Refusal("RES-DISK", "The plan could not be written to " + arguments.out + ".",
                      "Check the folder and its free space.");
    return 0;
}

} // namespace

void addPlanVerb(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<PlanArguments>();
    CLI::App* verb = addVerb(app, session, "plan", "Writes a complete plan as JSON",
                             [arguments, &session] { return writePlan(session, *arguments); });
    verb->add_option("MODEL", arguments->model, "A GGUF file or a Hugging Face directory")->required();
    verb->add_option("--out", arguments->out, "File for the plan; without it standard output");
    arguments->options.addTo(*verb);
    session.takeUnknown["plan"] = [arguments, verb](std::vector<std::string>& words) {
        arguments->options.setUnknown(takenUnknown(*verb, words));
    };
}

} // namespace lolcats
