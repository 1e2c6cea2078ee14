// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/main_window.h"

#include "ui/pages/attention_page.h"
#include "ui/pages/export_page.h"
#include "ui/pages/home_page.h"
#include "ui/pages/plan_page.h"
#include "ui/pages/runs_page.h"
#include "ui/pages/train_page.h"
#include "ui/widgets/keys_window.h"
#include "ui/widgets/log_drawer.h"
#include "ui/widgets/rail.h"
#include "ui/widgets/run_state.h"
#include "ui/widgets/run_strip.h"

#include <QActionGroup>
#include <QApplication>
#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

namespace {

constexpr int kRailWithWords = 1200; // window width from which the rail's buttons have their words
constexpr int kLogHeight = 120;

} // namespace

MainWindow::MainWindow(Theme& theme, QWidget* parent) : QMainWindow(parent), m_theme(theme) {
    setWindowTitle(tr("Lolcats Workbench"));
    setMinimumSize(960, 600);
    resize(1440, 900);
    setAcceptDrops(true);
    auto* central = new QWidget;
    auto* column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    m_rail = new Rail(theme);
    row->addWidget(m_rail);
    m_splitter = new QSplitter(Qt::Vertical);
    m_splitter->setHandleWidth(1);
    m_stack = new QStackedWidget;
    m_stack->setFocusPolicy(Qt::ClickFocus); // it has the focus at first, and takes it from a field by a click beside it
    m_log = new LogDrawer(theme);
    m_splitter->addWidget(m_stack);
    m_splitter->addWidget(m_log);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setCollapsible(0, false);
    m_log->setMinimumHeight(64);
    m_log->hide();
    row->addWidget(m_splitter, 1);
    column->addLayout(row, 1);
    m_strip = new RunStrip(theme);
    column->addWidget(m_strip);
    setCentralWidget(central);
    buildPages();
    buildMenus();
    connectPages();
    showPage(QStringLiteral("home"));
    showRunActions();
    m_stack->setFocus();
}

void MainWindow::addPage(const QString& id, const QString& title, QWidget* page) {
    m_ids << id;
    m_titles.insert(id, title);
    m_rail->addPage(id, title, QStringLiteral("Ctrl+%1").arg(m_ids.size()));
    m_stack->addWidget(page);
}

void MainWindow::buildPages() {
    addPage(QStringLiteral("home"), tr("Home"), m_home = new HomePage(m_theme));
    m_rail->addLine();
    addPage(QStringLiteral("plan"), tr("Plan"), m_plan = new PlanPage(m_theme));
    addPage(QStringLiteral("train"), tr("Train"), m_train = new TrainPage(m_theme));
    addPage(QStringLiteral("attention"), tr("Attention"), m_attention = new AttentionPage(m_theme));
    addPage(QStringLiteral("runs"), tr("Runs"), m_runs = new RunsPage(m_theme));
    addPage(QStringLiteral("export"), tr("Export"), m_export = new ExportPage(m_theme));
    // A page may be squeezed below its wish; else the widest of all pages would decide the smallest window.
    m_stack->setMinimumSize(1, 1);
}

void MainWindow::connectPages() {
    connect(m_rail, &Rail::chosen, this, &MainWindow::showPage);
    connect(m_strip, &RunStrip::logToggled, this, &MainWindow::setLogOpen);
    connect(m_strip, &RunStrip::stateChanged, this, &MainWindow::showRunActions);
    connect(m_log, &LogDrawer::closeRequested, this, [this] { setLogOpen(false); });
    connect(m_plan, &PlanPage::readinessChanged, this, [this](int problems, bool) {
        m_rail->button(QStringLiteral("plan"))->setTroubled(problems > 0 && !m_plan->plan().model.empty());
        showRunActions();
    });
    connect(m_export, &ExportPage::runsRequested, this, [this] { showPage(QStringLiteral("runs")); });
}

template <typename Slot>
QAction* MainWindow::add(QMenu* menu, const QString& name, const QString& text, const QString& keys, const QString& tip,
                         Slot slot) {
    QAction* made = menu->addAction(text);
    made->setObjectName(name);
    made->setToolTip(tip);
    made->setStatusTip(tip);
    if (!keys.isEmpty())
        made->setShortcut(QKeySequence(keys));
    connect(made, &QAction::triggered, this, slot);
    m_actions.insert(name, made);
    return made;
}

void MainWindow::buildMenus() {
    menuBar()->setFixedHeight(32);
    menuBar()->setNativeMenuBar(false);
    buildFileAndEditMenus();
    buildViewMenu();
    buildRunMenu();
    buildWindowMenu();
    buildHelpMenu();
}

void MainWindow::buildFileAndEditMenus() {
    QMenu* file = menuBar()->addMenu(tr("File"));
    add(file, QStringLiteral("newPlan"), tr("New plan"), QStringLiteral("Ctrl+N"), tr("Start from the standard preset"),
        [this] { Q_EMIT newPlanRequested(); });
    file->addSeparator();
    add(file, QStringLiteral("openModel"), tr("Open model…"), QStringLiteral("Ctrl+O"), tr("Choose what is converted"),
        [this] { Q_EMIT openModelRequested(); });
    add(file, QStringLiteral("openData"), tr("Open text…"), {}, tr("Choose what the copy learns from"),
        [this] { Q_EMIT openDataRequested(); });
    add(file, QStringLiteral("openRun"), tr("Open run…"), QStringLiteral("Ctrl+Shift+O"), tr("Open a .lolcats file"),
        [this] { Q_EMIT openRunRequested(); });
    add(file, QStringLiteral("import"), tr("Import a student…"), QStringLiteral("Ctrl+I"),
        tr("Make a run of checkpoints, adapters or an export"), [this] { Q_EMIT importRequested(); });
    file->addSeparator();
    add(file, QStringLiteral("export"), tr("Export…"), QStringLiteral("Ctrl+E"), tr("Write the student as a model"),
        [this] { showPage(QStringLiteral("export")); });
    file->addSeparator();
    add(file, QStringLiteral("quit"), tr("Quit"), QStringLiteral("Ctrl+Q"), tr("Close the window"), [this] { close(); });

    QMenu* edit = menuBar()->addMenu(tr("Edit"));
    QUndoStack* edits = m_plan->undoStack();
    QAction* undo = add(edit, QStringLiteral("undo"), tr("Undo"), QStringLiteral("Ctrl+Z"),
                        tr("Take back the last edit of the plan"), [edits] { edits->undo(); });
    QAction* redo = add(edit, QStringLiteral("redo"), tr("Redo"), QStringLiteral("Ctrl+Shift+Z"), tr("Make that edit again"),
                        [edits] { edits->redo(); });
    undo->setEnabled(false);
    redo->setEnabled(false);
    connect(edits, &QUndoStack::canUndoChanged, undo, &QAction::setEnabled);
    connect(edits, &QUndoStack::canRedoChanged, redo, &QAction::setEnabled);
    edit->addSeparator();
    add(edit, QStringLiteral("copyCommand"), tr("Copy plan as command"), QStringLiteral("Ctrl+Shift+C"),
        tr("Put the command that does what the plan says on the clipboard"), [this] { m_plan->copyCommand(); });
}

void MainWindow::buildViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("View"));
    QMenu* theme = view->addMenu(tr("Theme"));
    auto* group = new QActionGroup(this);
    const std::tuple<QString, QString, Theme::Mode> modes[] = {
        {QStringLiteral("themeSystem"), tr("As the system"), Theme::Mode::System},
        {QStringLiteral("themeLight"), tr("Light"), Theme::Mode::Light},
        {QStringLiteral("themeDark"), tr("Dark"), Theme::Mode::Dark}};
    for (const auto& [name, text, mode] : modes) {
        QAction* choice =
            add(theme, name, text, {}, tr("Colours of the window"), [this, mode = mode] { Q_EMIT themeRequested(mode); });
        choice->setCheckable(true);
        group->addAction(choice);
    }
    showThemeMode(m_theme.mode());
    view->addSeparator();
    QAction* log = add(view, QStringLiteral("log"), tr("Log"), QStringLiteral("Ctrl+L"), tr("Show or hide the log"),
                       [this](bool open) { setLogOpen(open); });
    log->setCheckable(true);
    QAction* full = add(view, QStringLiteral("fullScreen"), tr("Full screen"), QStringLiteral("F11"),
                        tr("Fill the screen, or stop doing so"), [this](bool on) { on ? showFullScreen() : showNormal(); });
    full->setCheckable(true);
}

void MainWindow::buildRunMenu() {
    QMenu* run = menuBar()->addMenu(tr("Run"));
    add(run, QStringLiteral("start"), tr("Start or resume"), QStringLiteral("Ctrl+Return"),
        tr("Start the plan that is shown, or go on with the run in the strip"), [this] { startOrResume(); });
    add(run, QStringLiteral("pause"), tr("Pause"), QStringLiteral("Ctrl+."), tr("Pause after this step"),
        [this] { Q_EMIT m_strip->pauseRequested(); });
    add(run, QStringLiteral("stop"), tr("Stop"), QStringLiteral("Ctrl+Shift+."), tr("Stop after this step, with a checkpoint"),
        [this] { Q_EMIT m_strip->stopRequested(); });
    run->addSeparator();
    add(run, QStringLiteral("checkpoint"), tr("Checkpoint now"), QStringLiteral("Ctrl+S"), tr("Keep the state after this step"),
        [this] { Q_EMIT m_train->checkpointRequested(); });
}

void MainWindow::buildWindowMenu() {
    QMenu* window = menuBar()->addMenu(tr("Window"));
    for (int i = 0; i < m_ids.size(); ++i) {
        const QString id = m_ids[i];
        add(window, QStringLiteral("page-") + id, m_titles[id], QStringLiteral("Ctrl+%1").arg(i + 1),
            tr("Show the page %1").arg(m_titles[id]), [this, id] { showPage(id); });
    }
}

void MainWindow::buildHelpMenu() {
    QMenu* help = menuBar()->addMenu(tr("Help"));
    add(help, QStringLiteral("keys"), tr("Keys"), QStringLiteral("F1"), tr("All keys in one list"), [this] { showKeys(); });
    add(help, QStringLiteral("about"), tr("About Lolcats Workbench"), {}, tr("Version and licence"), [this] {
        QMessageBox::about(
            this, tr("About Lolcats Workbench"),
            tr("Lolcats Workbench %1\n\nTurns softmax attention into linear attention, and shows how close the copy comes."
               "\n\nGNU General Public License, version 3 or later.")
                .arg(QStringLiteral(LOLCATS_VERSION)));
    });
}

void MainWindow::showPage(const QString& id) {
    const auto place = static_cast<int>(m_ids.indexOf(id));
    if (place < 0)
        return;
    m_rail->setCurrent(id);
    m_stack->setCurrentIndex(place);
    if (id == m_page)
        return;
    m_page = id;
    showRunActions();
    Q_EMIT pageChanged(id);
}

void MainWindow::addLog(const LogLine& line) {
    m_log->add(line);
}

void MainWindow::showThemeMode(Theme::Mode mode) {
    const char* name = mode == Theme::Mode::Light ? "themeLight" : mode == Theme::Mode::Dark ? "themeDark" : "themeSystem";
    m_actions[QLatin1String(name)]->setChecked(true);
}

void MainWindow::setLogOpen(bool open) {
    m_log->setVisible(open);
    if (open && m_splitter->sizes().value(1) < kLogHeight)
        m_splitter->setSizes({m_splitter->height() - kLogHeight, kLogHeight});
    m_strip->setLogOpen(open);
    m_actions[QStringLiteral("log")]->setChecked(open);
}

void MainWindow::startOrResume() {
    if (m_page == QLatin1String("plan") && m_plan->mayStart())
        m_plan->start();
    else if (m_strip->state() && mayResume(*m_strip->state()))
        Q_EMIT m_strip->resumeRequested();
}

void MainWindow::showRunActions() {
    const auto state = m_strip->state();
    const bool starts = m_page == QLatin1String("plan") && m_plan->mayStart();
    m_actions[QStringLiteral("start")]->setEnabled(starts || (state && mayResume(*state)));
    m_actions[QStringLiteral("pause")]->setEnabled(state && mayPause(*state));
    m_actions[QStringLiteral("stop")]->setEnabled(state && mayStop(*state));
    m_actions[QStringLiteral("checkpoint")]->setEnabled(state == RunState::Running || state == RunState::Paused);
}

void MainWindow::showKeys() {
    QList<QAction*> actions;
    for (QMenu* menu : menuBar()->findChildren<QMenu*>())
        for (QAction* action : menu->actions())
            if (!action->shortcut().isEmpty())
                actions << action;
    showKeysWindow(actions, this);
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    const QList<QUrl> urls = event->mimeData()->urls();
    if (std::any_of(urls.begin(), urls.end(), [](const QUrl& url) { return url.isLocalFile(); }))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
    for (const QUrl& url : event->mimeData()->urls())
        if (url.isLocalFile())
            Q_EMIT fileDropped(url.toLocalFile());
    event->acceptProposedAction();
}

void MainWindow::resizeEvent(QResizeEvent* event) {
    m_rail->setCompact(width() < kRailWithWords);
    QMainWindow::resizeEvent(event);
}

} // namespace lolcats
