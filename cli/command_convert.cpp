// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/console.h"
#include "cli/event_json.h"
#include "cli/inputs.h"
#include "cli/interruption.h"
#include "cli/job_runner.h"
#include "cli/plan_options.h"
#include "core/records/plan_json.h"
#include "core/runs/run_recorder.h"

#include <filesystem>

namespace lolcats {

namespace fs = std::filesystem;

namespace {

struct ConvertArguments {
    std::string model;
    std::string run;
    bool force = false;
    PlanOptions options;
};

struct ResumeArguments {
    std::string run;
    std::string model;
};

void checkResources(const Forecast& forecast, const std::string& run, bool force) {
    const std::int64_t memory = std::max(forecast.transferBytes, forecast.finetuneBytes);
    if (!force && forecast.availableBytes > 0 && memory > forecast.availableBytes)
        throw Refusal("RES-MEMORY",
                      "The plan is expected to need " + bytesText(memory) + " of memory; " +
                          bytesText(forecast.availableBytes) + " are free.",
                      "Take a shorter --length or a smaller --batch, close other programs, or try it anyway with --force.",
                      forecast.basis);
    std::error_code error;
    const fs::space_info space = fs::space(fs::absolute(run).parent_path(), error);
    if (!force && !error && static_cast<std::uintmax_t>(std::max<std::int64_t>(forecast.runFileBytes, 0)) > space.available)
        throw Refusal("RES-DISK",
                      "The run file is expected to take " + bytesText(forecast.runFileBytes) + "; " +
                          bytesText(static_cast<std::int64_t>(space.available)) + " are free there.",
                      "Free some space, choose another folder for --run, or try it anyway with --force.");
}

// All that can be refused without training is refused here, before there is a run file.
void checkBeforehand(Engine& engine, const ConversionPlan& plan, const ConvertArguments& arguments, EventConsole& console) {
    const ModelSummary model = engine.inspect(plan.model);
    if (!model.convertible)
        throw Refusal("CFG-CONVERT", "The model " + plan.model + " cannot be converted: " + model.verdict,
                      "Choose a model of a family that `lolcats list families` names.");
    for (const std::string& notice : model.notices)
        console.note("note: " + notice);
    checkResources(engine.forecast(plan), arguments.run, arguments.force);
    const DataPreview data = engine.preview(plan);
    console.note("data: " + data.description);
    for (const std::string& notice : data.notices)
        console.note("note: " + notice);
}

void printOutcome(const Session& session, const RunRecord& record) {
    if (session.json) {
        OrderedJson json = {{"event", "result"}, {"run", record.path}, {"state", runStateName(record.state)}};
        json["evaluation"] = record.evaluation ? evaluationJson(*record.evaluation) : OrderedJson(nullptr);
        printResult(jsonLine(json));
    } else if (record.state == RunState::Completed && record.evaluation) {
        printResult(evaluationText(*record.evaluation));
    }
}

// Runs the job into the run file, says what happens, and turns the outcome into an exit code.
int workOn(const Session& session, Job& job, std::unique_ptr<RunWriter> writer, const std::string& run, EventConsole& console) {
    const auto tell = [&](const JobEvent& event) {
        console.tell(event);
        if (session.json)
            printResult(jsonLine(eventJson(event)));
    };
    std::optional<Failure> failure;
    {
        RunRecorder recorder(*writer, tell, [] { return JobRequests{isInterrupted(), false}; });
        failure = recorder.work(job);
    }
    writer.reset();
    if (failure)
        throw Refusal(*failure);
    const RunRecord record = RunReader(run).record();
    if (record.state == RunState::Stopped)
        console.note("stopped; `lolcats resume " + run + "` goes on");
    printOutcome(session, record);
    return record.state == RunState::Stopped ? kInterruptedExit : 0;
}

// A run whose input was refused before anything was learned is no run: nothing of it stays.
void removeWhenNothingWasLearned(const std::string& run, const Failure& failure) {
    const int exit = exitCode(failure);
    if ((exit != 2 && exit != 7) || !RunReader(run).record().checkpoints.empty())
        return;
    if (!RunReader(run).metricNames().empty())
        return;
    for (const char* ending : {"", "-wal", "-shm"})
        fs::remove(run + ending);
}

int convert(const Session& session, const ConvertArguments& arguments) {
    watchForInterruption();
    refuseExistingRun(arguments.run);
    const auto engine = openedEngine(session);
    EventConsole console(session);
    const ConversionPlan plan = arguments.options.plan(arguments.model, engine->catalogue(), session);
    engine->configure(EngineSettings{static_cast<int>(plan.threads)});
    checkBeforehand(*engine, plan, arguments, console);
    ConsoleProgress progress(session);
    const std::string hash = engine->hashModel(plan.model, progress);
    if (isInterrupted())
        return kInterruptedExit;
    const auto job = engine->conversion(plan, nullptr);
    auto writer = RunWriter::create(arguments.run, planToJson(plan, engine->catalogue()), provenanceOf(*engine, plan, hash));
    try {
        return workOn(session, *job, std::move(writer), arguments.run, console);
    } catch (const Refusal& refusal) {
        removeWhenNothingWasLearned(arguments.run, refusal.failure());
        throw;
    }
}

int resume(const Session& session, const ResumeArguments& arguments) {
    watchForInterruption();
    if (RunReader(arguments.run).record().state == RunState::Completed)
        throw Refusal("ARG-RUN-COMPLETED", "The run " + arguments.run + " is complete; there is nothing to go on with.",
                      "Start a new run for more steps.");
    // Held before the engine is opened: a run that is being worked on is refused at once.
    auto writer = RunWriter::open(arguments.run);
    const auto engine = openedEngine(session);
    EventConsole console(session);
    auto reader = std::make_unique<RunReader>(arguments.run);
    RunSubject run = runSubject(session, *engine, *reader, arguments.model);
    if (isInterrupted())
        return kInterruptedExit;
    if (!arguments.model.empty()) {
        run.record.provenance.modelPath = run.plan.model;
        writer->setProvenance(run.record.provenance);
    }
    auto checkpoint = reader->newestCheckpoint();
    reader.reset(); // the writer leaves the file alone at its end only when nobody reads it
    console.note(checkpoint == nullptr
                     ? std::string("no checkpoint yet: from the beginning")
                     : std::string("from ") + stageName(checkpoint->stage) + ", step " + std::to_string(checkpoint->step));
    const auto job = engine->conversion(run.plan, std::move(checkpoint));
    return workOn(session, *job, std::move(writer), arguments.run, console);
}

} // namespace

void addConvertVerbs(CLI::App& app, Session& session) {
    auto arguments = std::make_shared<ConvertArguments>();
    CLI::App* verb = addVerb(app, session, "convert", "Converts a model: transfer, finetune, evaluation, into a run file",
                             [arguments, &session] { return convert(session, *arguments); });
    verb->add_option("MODEL", arguments->model, "A GGUF file, a Hugging Face directory, or a plan.json")->required();
    verb->add_option("--run", arguments->run, "The run file to make, NAME.lolcats")->required();
    verb->add_flag("--force", arguments->force, "Start even where memory or disk are expected not to do");
    arguments->options.addTo(*verb);
    session.takeUnknown["convert"] = [arguments, verb](std::vector<std::string>& words) {
        arguments->options.takeUnknown(*verb, words);
    };

    auto resumed = std::make_shared<ResumeArguments>();
    verb = addVerb(app, session, "resume", "Goes on with an interrupted, stopped or failed run",
                   [resumed, &session] { return resume(session, *resumed); });
    verb->add_option("RUN", resumed->run, "The run file")->required();
    verb->add_option("--model", resumed->model, "Where the run's model is now");
}

} // namespace lolcats
