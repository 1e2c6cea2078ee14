// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/plan_desk.h"

#include "app/guarded.h"
#include "app/places.h"
#include "core/records/plan_json.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <utility>

namespace lolcats {

namespace {

constexpr int kForecastDelay = 150; // milliseconds
constexpr int kPreviewDelay = 400;
constexpr std::int64_t kQuickSteps = 20; // the budget of demo.sh --quick

QString endingOf(const QString& path) {
    return QFileInfo(path).suffix().toLower();
}

// The dataset part that reads files of this kind.
std::string datasetFor(const QString& path) {
    const QString ending = endingOf(path);
    if (ending == QLatin1String("safetensors"))
        return "rows";
    if (ending == QLatin1String("json") || ending == QLatin1String("jsonl"))
        return "alpaca";
    return "text";
}

bool isModelFolder(const QString& path) {
    return QFileInfo(path).isDir() && QFileInfo::exists(path + QStringLiteral("/config.json"));
}

// A file of a model's folder stands for the folder.
QString modelOf(const QString& path) {
    const QFileInfo file(path);
    if (file.fileName() == QLatin1String("config.json") || file.suffix() == QLatin1String("safetensors"))
        return file.absolutePath();
    return file.absoluteFilePath();
}

bool isPlan(const QString& path) {
    QFile file(path);
    return endingOf(path) == QLatin1String("json") && file.open(QIODevice::ReadOnly) &&
           file.read(4096).contains("\"lolcats_plan\"");
}

// All that decides what the model will read.
ConversionPlan readingPart(const ConversionPlan& plan) {
    ConversionPlan part;
    part.model = plan.model;
    part.data = plan.data;
    part.heldout = plan.heldout;
    part.dataset = plan.dataset;
    part.length = plan.length;
    part.heldoutRows = plan.heldoutRows;
    part.seed = plan.seed;
    part.options = plan.options;
    return part;
}

} // namespace

PlanDesk::PlanDesk(PlanPage& page, EngineRoom& room, QObject* parent) : QObject(parent), m_page(page), m_room(room) {
    m_forecastSoon.setSingleShot(true);
    m_forecastSoon.setInterval(kForecastDelay);
    m_previewSoon.setSingleShot(true);
    m_previewSoon.setInterval(kPreviewDelay);
    connect(&m_forecastSoon, &QTimer::timeout, this, &PlanDesk::askForecast);
    connect(&m_previewSoon, &QTimer::timeout, this, &PlanDesk::askPreview);
    connect(&page, &PlanPage::planEdited, this, &PlanDesk::planEdited);
    connect(&page, &PlanPage::startRequested, this, [this] { Q_EMIT startRequested(m_page.plan(), m_runPath); });
    connect(&room, &EngineRoom::opened, this, &PlanDesk::engineOpened);
    connect(&room, &EngineRoom::failed, this, [this](const Failure& failure) {
        m_page.setEngineState(QStringLiteral("The engine could not be opened"), false);
        m_page.setModelFailure(failure);
    });
    m_page.setEngineState(QStringLiteral("Loading the engine…"), false);
}

void PlanDesk::engineOpened() {
    Engine& engine = m_room.engine();
    m_page.setCatalogue(engine.catalogue());
    m_page.setEngineState(QString::fromStdString(engine.version()), true);
    newPlan();
}

void PlanDesk::newPlan() {
    m_room.whenOpen([this] {
        ConversionPlan plan;
        const auto failure = guarded([&] { plan = planFromPreset("default", m_room.engine().catalogue()); });
        plan.model = m_plan.model;
        if (failure)
            m_page.setModelFailure(*failure);
        else
            usePlan(plan);
    });
}

void PlanDesk::usePlan(const ConversionPlan& plan) {
    m_room.whenOpen([this, plan] {
        m_page.setPlan(plan);
        planEdited(plan);
    });
}

void PlanDesk::change(const std::function<void(ConversionPlan&)>& edit) {
    m_room.whenOpen([this, edit] {
        ConversionPlan plan = m_page.plan();
        edit(plan);
        const auto failure = guarded([&] { plan = completedPlan(plan, m_room.engine().catalogue()); });
        if (failure)
            m_page.setDataFailure(*failure);
        else
            usePlan(plan);
    });
}

void PlanDesk::setModel(const QString& path) {
    change([path](ConversionPlan& plan) { plan.model = modelOf(path).toStdString(); });
}

void PlanDesk::setData(const QString& path) {
    change([path](ConversionPlan& plan) {
        plan.data = QFileInfo(path).absoluteFilePath().toStdString();
        plan.dataset = datasetFor(path);
    });
}

void PlanDesk::setHeldout(const QString& path) {
    change([path](ConversionPlan& plan) { plan.heldout = QFileInfo(path).absoluteFilePath().toStdString(); });
}

void PlanDesk::openPlanFile(const QString& path) {
    m_room.whenOpen([this, path] {
        QFile file(path);
        ConversionPlan plan;
        const auto failure = guarded([&] {
            if (!file.open(QIODevice::ReadOnly))
                throw Refusal("FILE-OPEN", "The plan " + path.toStdString() + " could not be opened.",
                              "Check that the file is there and that you may read it.", file.errorString().toStdString());
            const std::string folder = QFileInfo(path).absolutePath().toStdString();
            plan = planFromJson(file.readAll().toStdString(), folder, m_room.engine().catalogue());
        });
        if (failure)
            m_page.setDataFailure(*failure);
        else
            usePlan(plan);
    });
}

void PlanDesk::trySample() {
    m_room.whenOpen([this] {
        const places::Sample sample = places::sample();
        ConversionPlan plan;
        const auto failure = guarded([&] {
            if (!sample.isThere)
                throw Refusal("FILE-SAMPLE", "The sample is not on this computer yet.",
                              "Run `bash packaging/fetch-sample.sh` in the program's source folder, then try again.");
            plan = planFromPreset("default", m_room.engine().catalogue());
            plan.model = sample.model.toStdString();
            plan.data = sample.train.toStdString();
            plan.heldout = sample.heldout.toStdString();
            plan.length = 512;
            plan.transferSteps = kQuickSteps;
            plan.finetuneSteps = kQuickSteps;
        });
        if (failure)
            m_page.setModelFailure(*failure);
        else
            usePlan(plan);
    });
}

void PlanDesk::takeDropped(const QString& path) {
    const QString ending = endingOf(path);
    if (isPlan(path))
        openPlanFile(path);
    else if (isModelFolder(path) || ending == QLatin1String("gguf") ||
             QFileInfo(path).fileName() == QLatin1String("config.json"))
        setModel(path);
    else
        setData(path);
}

void PlanDesk::planEdited(const ConversionPlan& plan) {
    if (!m_room.isOpen())
        return;
    const ConversionPlan before = std::exchange(m_plan, plan);
    if (before.model != plan.model) {
        refreshRunPath();
        askModel();
    }
    m_forecastSoon.start();
    if (m_previewed && *m_previewed == readingPart(plan))
        return;
    if (isReadable())
        m_page.setDataPending(); // at once: what was read before is no longer what will be trained on
    m_previewSoon.start();
}

void PlanDesk::refreshRunPath() {
    m_runPath = m_plan.model.empty() ? QString() : places::freeRunPath(QString::fromStdString(m_plan.model));
    m_page.setRunPath(m_runPath);
}

void PlanDesk::askModel() {
    m_modelIsReadable = false;
    if (m_plan.model.empty())
        return;
    ModelSummary summary;
    const auto failure = guarded([&] { summary = m_room.engine().inspect(m_plan.model); });
    if (failure) {
        m_page.setModelFailure(*failure);
        return;
    }
    m_modelIsReadable = true;
    m_page.setModel(summary);
    Q_EMIT modelChosen(QString::fromStdString(m_plan.model));
}

void PlanDesk::askForecast() {
    if (!m_modelIsReadable)
        return;
    Forecast forecast;
    // A plan that cannot be run has no forecast; the page says itself what is wrong with the plan.
    if (!guarded([&] { forecast = m_room.engine().forecast(m_plan); }))
        m_page.setForecast(forecast);
}

bool PlanDesk::isReadable() const {
    return m_modelIsReadable && (!m_plan.data.empty() || m_plan.dataset == "teacher");
}

void PlanDesk::askPreview() {
    m_previewed = readingPart(m_plan);
    if (!isReadable())
        return;
    m_page.setDataPending();
    m_room.jobs().ask(
        "preview", [plan = m_plan](Trainer& trainer) { return trainer.engine().preview(plan); },
        [this](const DataPreview& preview) { m_page.setPreview(preview); },
        [this](const Failure& failure) { m_page.setDataFailure(failure); });
}

} // namespace lolcats
