// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/tensorboard.h"
#include "core/runs/run_store.h"

#include <cmath>
#include <ctime>

namespace lolcats {

namespace {

struct ShowArguments {
    std::string run;
};

struct MetricsArguments {
    std::string run;
    std::string format = "csv";
    std::string name;
    int layer = -2;
    std::string out;
};

std::string timeText(double time) {
    if (time <= 0)
        return "–";
    const auto seconds = static_cast<std::time_t>(time);
    std::tm parts{};
    localtime_r(&seconds, &parts);
    char text[32] = {};
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    return text;
}

OrderedJson provenanceJson(const Provenance& provenance) {
    return {{"program", provenance.program}, {"model", provenance.modelPath}, {"model_sha256", provenance.modelSha256},
            {"machine", provenance.machine}, {"engine", provenance.engine},   {"threads", provenance.threads},
            {"started", provenance.started}};
}

int showJson(const RunReader& reader, const RunRecord& record) {
    OrderedJson json = {{"path", record.path},      {"id", record.id},
                        {"name", record.name},      {"state", runStateName(record.state)},
                        {"reason", record.reason},  {"started", record.started},
                        {"seconds", record.seconds}};
    json["provenance"] = provenanceJson(record.provenance);
    json["plan"] = OrderedJson::parse(record.planJson, nullptr, false);
    if (json["plan"].is_discarded())
        json["plan"] = nullptr;
    json["stages"] = OrderedJson::array();
    for (const StageRecord& stage : record.stages)
        json["stages"].push_back({{"stage", stageName(stage.stage)},
                                  {"steps", stage.steps},
                                  {"step", stage.step},
                                  {"seconds", stage.seconds},
                                  {"finished", stage.finished}});
    json["checkpoints"] = OrderedJson::array();
    for (const CheckpointRecord& checkpoint : record.checkpoints)
        json["checkpoints"].push_back({{"id", checkpoint.id},
                                       {"stage", stageName(checkpoint.stage)},
                                       {"step", checkpoint.step},
                                       {"reason", checkpoint.reason},
                                       {"time", checkpoint.time},
                                       {"bytes", checkpoint.bytes}});
    json["best_relative"] = record.bestRelative < 0 ? OrderedJson(nullptr) : OrderedJson(record.bestRelative);
    json["figures"] = OrderedJson::array();
    for (const Figure& figure : reader.figures())
        json["figures"].push_back(figureJson(figure));
    json["evaluation"] = record.evaluation ? evaluationJson(*record.evaluation) : OrderedJson(nullptr);
    json["evaluations"] = OrderedJson::array();
    for (const EvaluationTable& table : reader.evaluations())
        json["evaluations"].push_back(evaluationJson(table));
    printResult(jsonDocument(json));
    return 0;
}

void showLineage(const RunRecord& record) {
    const Provenance& from = record.provenance;
    printResult("model     " + from.modelPath);
    printResult("sha-256   " + from.modelSha256);
    printResult("program   " + from.program + ", " + from.engine);
    printResult("machine   " + from.machine + ", " + std::to_string(from.threads) + " threads");
    printResult("started   " + timeText(record.started) + ", worked " + secondsText(record.seconds));
    printResult("id        " + record.id);
}

int show(const Session& session, const ShowArguments& arguments) {
    const RunReader reader(arguments.run);
    const RunRecord record = reader.record();
    if (session.json)
        return showJson(reader, record);
    printResult(record.name + ": " + runStateName(record.state) + (record.reason.empty() ? "" : " (" + record.reason + ")"));
    showLineage(record);
    for (const StageRecord& stage : record.stages) {
        std::string line = std::string("stage     ") + stageName(stage.stage);
        if (stage.steps > 0)
            line += ", step " + std::to_string(stage.step) + " of " + std::to_string(stage.steps);
        printResult(line + (stage.finished ? ", done in " + secondsText(stage.seconds) : ""));
    }
    if (record.bestRelative >= 0)
        printResult("transfer  best relative error on held-out rows " + numberText(record.bestRelative, 4));
    for (const CheckpointRecord& checkpoint : record.checkpoints)
        printResult("checkpoint " + std::to_string(checkpoint.id) + ": " + stageName(checkpoint.stage) + ", step " +
                    std::to_string(checkpoint.step) + " (" + checkpoint.reason + "), " + bytesText(checkpoint.bytes) + ", " +
                    timeText(checkpoint.time));
    for (const Figure& figure : reader.figures())
        printResult(
            "figure    " + figure.name + ": " +
            (figure.unit == "bytes" ? bytesText(std::llround(figure.value)) : numberText(figure.value, 2) + " " + figure.unit));
    for (const EvaluationTable& table : reader.evaluations())
        printResult("\n" + table.name + "\n" + evaluationText(table));
    if (session.verbose)
        for (const LogLine& line : reader.log(1000))
            printResult(timeText(line.time) + " " + line.text);
    return 0;
}

int metrics(const Session& session, const MetricsArguments& arguments) {
    const RunReader reader(arguments.run);
    const auto found = reader.metrics(arguments.name, arguments.layer);
    if (arguments.format == "tensorboard") {
        if (arguments.out.empty())
            throw Refusal("ARG-OUT", "TensorBoard reads files from a folder, and no folder was given.", "Add --out FOLDER.");
        printResult(writeTensorboard(arguments.out, reader.record(), found));
        return 0;
    }
    if (arguments.format == "csv" && !session.json)
        printResult("stage,name,step,layer,value");
    for (const Metric& metric : found) {
        if (arguments.format == "jsonl" || session.json) {
            OrderedJson json = {
                {"stage", stageName(metric.stage)}, {"name", metric.name}, {"step", metric.step}, {"layer", metric.layer}};
            setNumber(json, "value", metric.value);
            printResult(jsonLine(json));
        } else {
            char value[40] = {};
            std::snprintf(value, sizeof value, "%.17g", metric.value);
            printResult(std::string(stageName(metric.stage)) + "," + metric.name + "," + std::to_string(metric.step) + "," +
                        std::to_string(metric.layer) + "," + (std::isnan(metric.value) ? "nan" : value));
        }
    }
    return 0;
}

} // namespace

void addShowVerbs(CLI::App& app, Session& session) {
    auto shown = std::make_shared<ShowArguments>();
    CLI::App* verb = addVerb(app, session, "show", "State, stages, figures, checkpoints and lineage of a run",
                             [shown, &session] { return show(session, *shown); });
    verb->add_option("RUN", shown->run, "The run file")->required();

    auto asked = std::make_shared<MetricsArguments>();
    verb = addVerb(app, session, "metrics", "The curves of a run", [asked, &session] { return metrics(session, *asked); });
    verb->add_option("RUN", asked->run, "The run file")->required();
    verb->add_option("--format", asked->format, "csv, jsonl or tensorboard [csv]")
        ->check(CLI::IsMember({"csv", "jsonl", "tensorboard"}));
    verb->add_option("--name", asked->name, "Only the metric of this name");
    verb->add_option("--layer", asked->layer, "Only this layer; -1: the whole model")->check(CLI::Range(-1, 1 << 20));
    verb->add_option("--out", asked->out, "Folder for TensorBoard's file");
}

} // namespace lolcats
