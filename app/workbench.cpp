// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench.h"

#include "app/guarded.h"
#include "app/path_dialog.h"
#include "app/places.h"
#include "core/engine_door.h"
#include "core/records/plan_json.h"
#include "ui/pages/home_page.h"
#include "ui/pages/runs_page.h"

#include <QApplication>
#include <QDateTime>
#include <QEvent>
#include <QFileInfo>

#include <spdlog/spdlog.h>

namespace lolcats {

namespace {

constexpr std::size_t kNewsCapacity = 20000;
constexpr int kPictureDelay = 1500; // milliseconds: plots redraw ten times a second

Theme::Mode modeOf(const QString& word) {
    if (word == QLatin1String("light"))
        return Theme::Mode::Light;
    return word == QLatin1String("dark") ? Theme::Mode::Dark : Theme::Mode::System;
}

QString wordOf(Theme::Mode mode) {
    if (mode == Theme::Mode::System)
        return QStringLiteral("system");
    return mode == Theme::Mode::Light ? QStringLiteral("light") : QStringLiteral("dark");
}

bool isRunFile(const QString& path) {
    return QFileInfo(path).suffix().toLower() == QLatin1String("lolcats");
}

bool isAtWork(RunState state) {
    return state == RunState::Preparing || state == RunState::Running || state == RunState::Paused;
}

// Where a run stands that nobody tells about.
StageProgress progressOf(const RunRecord& run) {
    StageProgress progress;
    for (const StageRecord& stage : run.stages)
        if (stage.steps > 0) {
            progress.stage = stage.stage;
            progress.step = stage.step;
            progress.steps = stage.steps;
        }
    return progress;
}

} // namespace

Workbench::Workbench(Theme& theme, QObject* parent)
    : QObject(parent), m_theme(theme), m_settings(places::settingsFile()), m_news(kNewsCapacity), m_window(theme),
      m_library(places::runsFolder()), m_jobs(m_news, [] { return lolcats::openEngine(); }), m_pump(m_news, m_jobs),
      m_room(m_jobs), m_plan(m_window.planPage(), m_room), m_run(m_window.trainPage(), m_window.strip(), m_jobs, m_pump),
      m_attention(m_window.attentionPage(), m_shown, m_jobs), m_export(m_window.exportPage(), m_shown, m_room, m_pump),
      m_import(m_window, theme, m_room, m_pump), m_closing(m_window, m_jobs, m_pump) {
    m_theme.setMode(modeOf(m_settings.theme()));
    m_window.showThemeMode(m_theme.mode());
    connectWindow();
    connectHome();
    connectPlan();
    connectTrain();
    connectRuns();
    connectExport();
    connectRunDesk();
    m_window.installEventFilter(this);
    if (!m_settings.setAside().isEmpty())
        say({LogLevel::Warning, "The settings could not be read and were set aside: " + m_settings.setAside().toStdString(),
             0});
}

Workbench::~Workbench() {
    m_window.removeEventFilter(this);
}

void Workbench::show(const QSize& size) {
    if (size.isValid())
        m_window.resize(size);
    else if (!m_window.restoreGeometry(m_settings.geometry()))
        m_window.resize(1280, 800);
    m_window.show();
    m_window.showPage(QStringLiteral("home"));
    refreshLibrary();
}

void Workbench::start(const StartOptions& options) {
    show(options.windowSize);
    if (options.sample)
        trySample();
    if (!options.path.isEmpty())
        open(options.path);
    if (!options.pictureFile.isEmpty())
        takePicture(options.pictureFile, options.page);
    else if (!options.page.isEmpty())
        m_window.showPage(options.page);
}

bool Workbench::eventFilter(QObject* watched, QEvent* event) {
    if (watched == &m_window && event->type() == QEvent::Paint && !m_isPainted) {
        m_isPainted = true;
        QTimer::singleShot(0, this, [this] { m_room.open(); });
    }
    return QObject::eventFilter(watched, event);
}

void Workbench::connectWindow() {
    connect(&m_window, &MainWindow::fileDropped, this, &Workbench::open);
    connect(&m_window, &MainWindow::openModelRequested, this, &Workbench::askForModel);
    connect(&m_window, &MainWindow::openDataRequested, this, [this] { askForData(false); });
    connect(&m_window, &MainWindow::openRunRequested, this, &Workbench::askForRun);
    connect(&m_window, &MainWindow::importRequested, &m_import, &ImportDesk::show);
    connect(&m_window, &MainWindow::newPlanRequested, this, [this] {
        m_plan.newPlan();
        m_window.showPage(QStringLiteral("plan"));
    });
    connect(&m_window, &MainWindow::themeRequested, this, [this](Theme::Mode mode) {
        m_theme.setMode(mode);
        m_settings.setTheme(wordOf(mode));
    });
    connect(&m_window, &MainWindow::pageChanged, this, [this](const QString& id) {
        if (id == QLatin1String("home") || id == QLatin1String("runs"))
            refreshLibrary();
    });
    connect(&m_room, &EngineRoom::opened, this, [this] { say({LogLevel::Info, "Engine: " + m_room.engine().version(), 0}); });
    connect(&m_room, &EngineRoom::failed, this, [this](const Failure& failure) {
        say({LogLevel::Error, failure.summary + " " + failure.remedy, 0});
    });
    connect(&m_pump, &EventPump::logged, this, &Workbench::say);
    connect(&m_closing, &CloseGuard::closing, this, [this] { m_settings.setGeometry(m_window.saveGeometry()); });
}

void Workbench::connectHome() {
    HomePage& home = m_window.homePage();
    home.setMachine(places::machine());
    connect(&home, &HomePage::sampleRequested, this, &Workbench::trySample);
    connect(&home, &HomePage::openModelRequested, this, &Workbench::askForModel);
    connect(&home, &HomePage::openRunRequested, this, &Workbench::askForRun);
    connect(&home, &HomePage::importRequested, &m_import, &ImportDesk::show);
    connect(&home, &HomePage::runOpened, this, &Workbench::openRun);
    connect(&home, &HomePage::resumeRequested, this, &Workbench::resumeRun);
    connect(&home, &HomePage::allRunsRequested, this, [this] { m_window.showPage(QStringLiteral("runs")); });
}

void Workbench::connectPlan() {
    PlanPage& page = m_window.planPage();
    connect(&page, &PlanPage::modelRequested, this, &Workbench::askForModel);
    connect(&page, &PlanPage::dataRequested, this, [this] { askForData(false); });
    connect(&page, &PlanPage::heldoutRequested, this, [this] { askForData(true); });
    connect(&m_plan, &PlanDesk::startRequested, this, &Workbench::beginRun);
    connect(&m_plan, &PlanDesk::modelChosen, this, [this](const QString& path) { m_settings.addRecentModel(path); });
}

void Workbench::connectTrain() {
    TrainPage& page = m_window.trainPage();
    connect(&page, &TrainPage::pauseRequested, &m_run, &RunDesk::pause);
    connect(&page, &TrainPage::stopRequested, &m_run, &RunDesk::stop);
    connect(&page, &TrainPage::checkpointRequested, &m_run, &RunDesk::takeCheckpoint);
    connect(&page, &TrainPage::resumeRequested, this, [this] { resumeRun(m_run.shown()); });
    connect(&page, &TrainPage::layerSelected, &m_window.attentionPage(), &AttentionPage::selectLayer);
    connect(&page, &TrainPage::exportRequested, this, [this] { m_window.showPage(QStringLiteral("export")); });
    RunStrip& strip = m_window.strip();
    connect(&strip, &RunStrip::pauseRequested, &m_run, &RunDesk::pause);
    connect(&strip, &RunStrip::resumeRequested, this, [this] { resumeRun(m_run.isWorking() ? m_run.path() : m_run.shown()); });
    connect(&strip, &RunStrip::stopRequested, &m_run, &RunDesk::stop);
}

void Workbench::connectRuns() {
    RunsPage& page = m_window.runsPage();
    connect(&page, &RunsPage::runOpened, this, &Workbench::openRun);
    connect(&page, &RunsPage::resumeRequested, this, &Workbench::resumeRun);
    connect(&page, &RunsPage::curvesWanted, this, &Workbench::showCurves);
    connect(&page, &RunsPage::openRunRequested, this, &Workbench::askForRun);
    connect(&page, &RunsPage::refreshRequested, this, &Workbench::refreshLibrary);
    connect(&page, &RunsPage::exportRequested, this, [this](const QString& path) {
        openRun(path);
        m_window.showPage(QStringLiteral("export"));
    });
}

void Workbench::connectExport() {
    connect(&m_export, &ExportDesk::said, this, &Workbench::say);
    connect(&m_import, &ImportDesk::said, this, &Workbench::say);
    connect(&m_import, &ImportDesk::imported, this, [this](const QString& path) {
        refreshLibrary();
        openRun(path);
        m_window.showPage(QStringLiteral("attention")); // it has no curves, but it can be looked at
    });
    connect(&m_attention, &AttentionDesk::said, this, &Workbench::say);
    connect(&m_shown, &ShownRun::opened, this, &Workbench::showOpenedRun);
    connect(&m_shown, &ShownRun::followed, this, &Workbench::followRun);
}

void Workbench::connectRunDesk() {
    connect(&m_run, &RunDesk::said, this, &Workbench::say);
    connect(&m_run, &RunDesk::stateChanged, this, &Workbench::refreshBusy);
    connect(&m_run, &RunDesk::ended, this, &Workbench::runEnded);
    connect(&m_run, &RunDesk::fileIsThere, this, [this](const QString& path) {
        m_shown.open(path);
        refreshLibrary();
        m_plan.refreshRunPath();
    });
    connect(&m_run, &RunDesk::mapsChanged, this, [this](const QString& path) {
        if (path == m_shown.path())
            m_attention.refreshSnapshots();
    });
}

void Workbench::open(const QString& path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    if (isRunFile(absolute)) {
        openRun(absolute);
        return;
    }
    m_plan.takeDropped(absolute);
    m_window.showPage(QStringLiteral("plan"));
}

void Workbench::trySample() {
    if (!places::sample().isThere) {
        refreshLibrary(); // the card says how to get it
        return;
    }
    m_plan.trySample();
    m_window.showPage(QStringLiteral("plan"));
}

void Workbench::openRun(const QString& path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    if (const auto failure = m_shown.open(absolute)) {
        m_window.showPage(QStringLiteral("runs")); // first: the page clears its banner when its runs are read
        m_window.runsPage().setFailure(*failure);
        return;
    }
    if (!absolute.startsWith(places::runsFolder()))
        m_settings.addKnownRun(absolute);
    m_window.showPage(QStringLiteral("train"));
}

void Workbench::beginRun(const ConversionPlan& plan, const QString& path) {
    if (m_jobs.isBusy() || path.isEmpty())
        return;
    // Shown at once; the file follows when the model's bytes have been checked.
    RunRecord run;
    run.path = path.toStdString();
    run.name = QFileInfo(path).completeBaseName().toStdString();
    run.state = RunState::Preparing;
    guarded([&] { run.planJson = planToJson(plan, m_room.engine().catalogue()); });
    m_run.setShown(path);
    m_window.trainPage().showRun(run);
    m_window.showPage(QStringLiteral("train"));
    m_run.begin(plan, path);
}

void Workbench::resumeRun(const QString& path) {
    if (path.isEmpty())
        return;
    if (!m_run.isWorking() || m_run.path() != path)
        openRun(path);
    m_run.goOn(path);
}

void Workbench::showOpenedRun() {
    const RunRecord& record = m_shown.record();
    TrainPage& page = m_window.trainPage();
    m_run.setShown(m_shown.path());
    page.showRun(record);
    page.addMetrics(m_shown.metrics());
    const bool isOurs = m_run.isWorking() && m_run.path() == m_shown.path();
    if (isOurs) {
        page.setState(m_run.state());
        page.setProgress(m_run.progress());
    }
    if (!m_run.isWorking())
        m_window.strip().showRun(QString::fromStdString(record.name), record.state, progressOf(record));
    m_shown.setFollowed(!isOurs && isAtWork(record.state));
    m_attention.showRun();
    m_export.showRun();
    refreshBusy();
}

void Workbench::followRun() {
    const RunRecord& record = m_shown.record();
    if (!isAtWork(record.state)) {
        m_shown.reopen();
        return;
    }
    TrainPage& page = m_window.trainPage();
    page.addMetrics(m_shown.metrics());
    page.setState(record.state);
    page.setProgress(progressOf(record));
    if (!m_run.isWorking())
        m_window.strip().showRun(QString::fromStdString(record.name), record.state, progressOf(record));
    m_attention.refreshSnapshots();
}

void Workbench::runEnded(const QString& path, const std::optional<Failure>& failure) {
    refreshLibrary();
    const bool isShown = m_run.shown() == path;
    const bool hasFile = QFileInfo::exists(path);
    if (isShown && hasFile)
        m_shown.open(path); // what history says wins over what was told
    else if (!isShown && m_shown.isThere())
        m_shown.reopen(); // its strip and buttons
    else
        m_window.strip().showIdle(places::machine());
    if (failure && isShown) {
        m_window.trainPage().setState(hasFile ? RunState::Failed : RunState::Draft);
        m_window.trainPage().setFailure(*failure);
    }
    m_plan.refreshRunPath();
}

void Workbench::refreshBusy() {
    m_window.planPage().setBusy(m_jobs.isBusy());
    m_window.trainPage().setBusy(m_jobs.isBusy());
}

void Workbench::refreshLibrary() {
    const places::Sample sample = places::sample();
    m_window.homePage().setSample(sample.isThere, sample.how);
    m_library.setKnownRuns(m_settings.knownRuns());
    m_library.refresh();
    m_window.homePage().setRuns(m_library.runs());
    m_window.runsPage().setRuns(m_library.runs());
    if (!m_library.failures().empty())
        m_window.runsPage().setFailure(m_library.failures().front());
}

void Workbench::showCurves(const QStringList& paths, const QString& metric) {
    for (const QString& path : paths) {
        const RunLibrary::Curve curve = RunLibrary::curve(path, metric.toStdString());
        if (curve.failure)
            m_window.runsPage().setFailure(*curve.failure);
        else
            m_window.runsPage().setCurves(path, metric.toStdString(), curve.points);
    }
}

void Workbench::askForModel() {
    PathDialog::ask(&m_window, QStringLiteral("Open a model: a GGUF file or a Hugging Face folder"),
                    QStringLiteral("Models (*.gguf config.json *.safetensors);;All files (*)"),
                    PathDialog::Wanted::FileOrFolder, [this](const QString& path) {
                        m_plan.setModel(path);
                        m_window.showPage(QStringLiteral("plan"));
                    });
}

void Workbench::askForData(bool heldout) {
    PathDialog::ask(&m_window,
                    heldout ? QStringLiteral("Held-out text: a file or a folder") : QStringLiteral("Data: a file or a folder"),
                    QStringLiteral("Data (*.txt *.json *.jsonl *.safetensors);;All files (*)"),
                    PathDialog::Wanted::FileOrFolder, [this, heldout](const QString& path) {
                        if (heldout)
                            m_plan.setHeldout(path);
                        else
                            m_plan.setData(path);
                    });
}

void Workbench::askForRun() {
    PathDialog::ask(&m_window, QStringLiteral("Open a run"), QStringLiteral("Runs (*.lolcats);;All files (*)"),
                    PathDialog::Wanted::File, [this](const QString& path) { openRun(path); });
}

void Workbench::say(const LogLine& line) {
    LogLine timed = line;
    if (timed.time <= 0)
        timed.time = static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000;
    const auto level = line.level == LogLevel::Info      ? spdlog::level::info
                       : line.level == LogLevel::Warning ? spdlog::level::warn
                                                         : spdlog::level::err;
    spdlog::log(level, "{}", line.text);
    m_window.addLog(timed);
    if (line.level != LogLevel::Info)
        m_window.strip().setProblems(++m_problems);
}

void Workbench::takePicture(const QString& file, const QString& page) {
    const bool needsEngine = page == QLatin1String("plan") || page == QLatin1String("export");
    const auto grab = [this, file, page] {
        if (!page.isEmpty())
            m_window.showPage(page);
        QTimer::singleShot(kPictureDelay, this, [this, file] { QApplication::exit(m_window.grab().save(file) ? 0 : 1); });
    };
    if (needsEngine)
        m_room.whenOpen(grab);
    else
        grab();
}

} // namespace lolcats
