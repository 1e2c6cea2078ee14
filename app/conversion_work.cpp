// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/conversion_work.h"

#include "core/records/plan_json.h"
#include "core/runs/imported_run.h"
#include "core/runs/provenance_json.h"
#include "core/runs/run_recorder.h"

#include <chrono>
#include <thread>
#include <utility>

namespace lolcats::conversion_work {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string hashOf(Trainer& trainer, const std::string& model) {
    StageProgress progress;
    progress.doing = "checking the model's bytes";
    trainer.report(progress);
    return trainer.engine().hashModel(model, trainer);
}

void configure(Trainer& trainer, const ConversionPlan& plan) {
    trainer.engine().configure({static_cast<int>(plan.threads)});
}

Provenance provenanceOf(Trainer& trainer, const ConversionPlan& plan) {
    Provenance provenance;
    provenance.program = std::string("lolcats ") + LOLCATS_VERSION;
    provenance.modelPath = plan.model;
    provenance.modelSha256 = hashOf(trainer, plan.model);
    provenance.machine = machineDescription();
    provenance.engine = trainer.engine().version();
    provenance.threads = plan.threads > 0 ? plan.threads : std::thread::hardware_concurrency();
    provenance.started = now();
    return provenance;
}

void work(Trainer& trainer, RunWriter& writer, Job& job) {
    RunRecorder recorder(
        writer, [&trainer](const JobEvent& event) { trainer.report(event); }, [&trainer] { return trainer.mayGoOn(); });
    trainer.onPause([&writer](bool paused) { writer.setState(paused ? RunState::Paused : RunState::Running, ""); });
    const auto failure = recorder.work(job);
    trainer.onPause({});
    if (failure)
        throw Refusal(*failure);
}

void refuseOtherModel(const RunRecord& run, const std::string& hash) {
    if (run.provenance.modelSha256.empty() || run.provenance.modelSha256 == hash)
        return;
    throw Refusal("RUN-MODEL", "The model " + run.provenance.modelPath + " is not the one that this run began with.",
                  "Put the model back, or name its new place with `lolcats resume --model`.",
                  "SHA-256 of the run's model: " + run.provenance.modelSha256 + "\nSHA-256 found: " + hash);
}

// A plan as the engine takes it: stored options are checked against what the engine knows.
ConversionPlan runnablePlan(Trainer& trainer, const RunRecord& run) {
    return planFromJson(run.planJson, "/", trainer.engine().catalogue());
}

Subject studentOf(Trainer& trainer, const RunReader& reader, const RunRecord& run) {
    Subject subject;
    subject.plan = runnablePlan(trainer, run);
    subject.model = subject.plan->model;
    subject.student = reader.bestCheckpoint();
    if (!subject.student)
        throw Refusal("RUN-CHECKPOINT", "The run " + run.name + " has no checkpoint yet.",
                      "Let it train until its first checkpoint, or press Checkpoint now while it trains.");
    return subject;
}

// Hears a job that makes maps: keeps the maps, hands the rest on.
class MapCatcher final : public Progress {
public:
    explicit MapCatcher(Trainer& trainer) : m_trainer(trainer) {}
    void report(const JobEvent& event) override {
        if (const auto* taken = std::get_if<MapTaken>(&event))
            m_snapshot = taken->snapshot;
        else
            m_trainer.report(event);
    }
    JobRequests mayGoOn() override { return m_trainer.mayGoOn(); }
    const std::shared_ptr<const MapSnapshot>& snapshot() const { return m_snapshot; }

private:
    Trainer& m_trainer;
    std::shared_ptr<const MapSnapshot> m_snapshot;
};

} // namespace

void begin(Trainer& trainer, const ConversionPlan& plan, const std::string& path, std::function<void()> fileIsThere) {
    configure(trainer, plan);
    Engine& engine = trainer.engine();
    const auto job = engine.conversion(plan, nullptr); // first: a plan that it refuses leaves no file behind
    const Provenance provenance = provenanceOf(trainer, plan);
    const auto writer = RunWriter::create(path, planToJson(plan, engine.catalogue()), provenance);
    trainer.reply(std::move(fileIsThere));
    work(trainer, *writer, *job);
}

void goOn(Trainer& trainer, const std::string& path, std::function<void()> fileIsThere) {
    RunRecord run = RunReader(path).record();
    const ConversionPlan plan = runnablePlan(trainer, run);
    configure(trainer, plan);
    refuseOtherModel(run, hashOf(trainer, plan.model));
    const auto writer = RunWriter::open(path); // before the checkpoint is read: it may have a crash to recover from
    const auto job = trainer.engine().conversion(plan, RunReader(path).newestCheckpoint());
    trainer.reply(std::move(fileIsThere));
    work(trainer, *writer, *job);
}

void importStudent(Trainer& trainer, const ImportRequest& request, const std::string& path) {
    Engine& engine = trainer.engine();
    const ImportedStudent imported = engine.importStudent(request, trainer);
    const Provenance provenance = provenanceOf(trainer, imported.plan);
    if (provenance.modelSha256.empty())
        throw Refusal("INT-STOPPED", "The import was stopped.", "Start it again.");
    const auto writer = RunWriter::create(path, planToJson(imported.plan, engine.catalogue()), provenance);
    storeImported(*writer, imported.student, imported.notices, imported.plan.transferSteps + imported.plan.finetuneSteps > 0);
}

void exportStudent(Trainer& trainer, const std::string& path, ExportRequest request) {
    const RunReader reader(path);
    const RunRecord run = reader.record();
    const Subject subject = studentOf(trainer, reader, run);
    configure(trainer, *subject.plan);
    refuseOtherModel(run, hashOf(trainer, subject.model));
    request.figures = run.evaluation.value_or(EvaluationTable{});
    request.provenance = provenanceSentence(run.provenance);
    trainer.engine().exportTo(subject, request)->run(trainer);
}

std::shared_ptr<const MapSnapshot> maps(Trainer& trainer, const std::string& path, const std::string& text) {
    const RunReader reader(path);
    const Subject subject = studentOf(trainer, reader, reader.record());
    configure(trainer, *subject.plan);
    MapsRequest request;
    request.text = text;
    MapCatcher catcher(trainer);
    trainer.engine().maps(subject, request)->run(catcher);
    return catcher.snapshot();
}

Subject subjectOf(const RunRecord& run) {
    Subject subject;
    subject.plan = planFromStoredJson(run.planJson);
    subject.model = subject.plan->model;
    return subject;
}

} // namespace lolcats::conversion_work
