// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/train_page.h"

#include "core/records/plan_json.h"
#include "ui/pages/train_panels.h"
#include "ui/widgets/failure_banner.h"

#include <QPushButton>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>

#include <algorithm>

namespace lolcats {

namespace {

bool canGoOn(RunState state) {
    return state == RunState::Stopped || state == RunState::Failed || state == RunState::Interrupted;
}

} // namespace

void TrainPage::showRun(const RunRecord& run) {
    m_curves.clear();
    m_settings.selectedLayer = -1;
    m_settings.pinnedLayers.clear();
    m_settings.reference.reset();
    m_steps.clear();
    m_checkpoints.clear();
    m_failed.clear();
    m_progress = {};
    m_hasRun = true;
    m_tabChosen = false;
    m_layerChosen = false;
    m_banner->clear();
    m_runChip->setText(QString::fromStdString(run.name));
    m_runChip->setVisible(!run.name.empty());
    readPlan(run.planJson);
    for (const StageRecord& stage : run.stages)
        if (stage.steps > 0)
            m_steps[stage.stage] = stage.steps;
    for (const CheckpointRecord& checkpoint : run.checkpoints)
        addCheckpoint(checkpoint.stage, checkpoint.step);
    showTab(TransferTab); // first: hiding the tab that is shown would count as the person's choice of another
    m_tabs->setTabVisible(ResultTab, false);
    for (const StageRecord& stage : run.stages)
        if (stage.step > 0)
            follow(stage.stage);
    if (run.evaluation)
        setEvaluation(*run.evaluation);
    setState(run.state);
    if (run.state == RunState::Failed && !run.reason.empty())
        setFailure({"", run.reason, "", tr("The last checkpoint is kept; Resume goes on from there.").toStdString()});
    updateTables();
}

void TrainPage::readPlan(const std::string& planJson) {
    // A plan of a newer version still has its curves shown, only without the planned ends.
    try {
        const ConversionPlan plan = planFromStoredJson(planJson);
        m_steps[Stage::Transfer] = plan.transferSteps;
        m_steps[Stage::Finetune] = plan.finetuneSteps;
        m_settings.finetuneLoss = plan.finetuneLoss;
    } catch (const std::exception&) {
        m_settings.finetuneLoss = "kl";
    }
}

void TrainPage::addMetrics(const std::vector<Metric>& metrics) {
    if (metrics.empty())
        return;
    m_curves.add(metrics);
    follow(metrics.back().stage);
    m_transfer->touch();
    m_lora->touch();
    if (!m_beat.isActive())
        m_beat.start();
}

void TrainPage::setProgress(const StageProgress& progress) {
    m_progress = progress;
    if (progress.steps > 0 && m_steps[progress.stage] != progress.steps) {
        m_steps[progress.stage] = progress.steps;
        applySettings();
    }
    follow(progress.stage);
    if (!m_beat.isActive())
        m_beat.start();
}

void TrainPage::setState(RunState state) {
    m_state = state;
    m_hasRun = m_hasRun || state != RunState::Draft;
    if (state == RunState::Running || state == RunState::Preparing) {
        m_banner->clear();
        m_failed.clear();
    }
    applySettings();
    updateButtons();
    updateStatus();
}

void TrainPage::setEvaluation(const EvaluationTable& table) {
    for (const EvaluationRow& row : table.rows) {
        const bool kl = m_settings.finetuneLoss == "kl";
        if (row.name != (kl ? "untrained-window" : "teacher"))
            continue;
        m_settings.reference = kl ? row.kl : row.loss;
        m_settings.referenceName = kl ? tr("window only") : tr("teacher");
    }
    m_result->setTable(table);
    m_tabs->setTabVisible(ResultTab, true);
    if (table.name == "final" && !m_tabChosen)
        showTab(ResultTab);
    applySettings();
    updateWidth();
}

void TrainPage::addCheckpoint(Stage stage, std::int64_t step) {
    std::vector<std::int64_t>& steps = m_checkpoints[stage];
    const auto place = std::lower_bound(steps.begin(), steps.end(), step);
    if (place == steps.end() || *place != step)
        steps.insert(place, step);
    applySettings();
}

void TrainPage::setFailure(const Failure& failure) {
    const Stage stage = m_curves.lastStep(Stage::Finetune) > 0 ? Stage::Finetune : Stage::Transfer;
    if (m_curves.lastStep(stage) > 0)
        m_failed[stage] = m_curves.lastStep(stage);
    QStringList remedies;
    if (canGoOn(m_state) && whyNoResume().isEmpty()) {
        const auto& steps = m_checkpoints[stage];
        remedies << (steps.empty() ? tr("Resume")
                                   : tr("Resume from step %1").arg(countText(static_cast<double>(steps.back()))));
    }
    m_banner->show(failure, remedies);
    applySettings();
}

void TrainPage::setBusy(bool busy) {
    m_busy = busy;
    updateButtons();
}

Stage TrainPage::shownStage() const {
    return m_stack->currentIndex() == LoraTab ? Stage::Finetune : Stage::Transfer;
}

void TrainPage::showTab(int tab) {
    const QSignalBlocker quiet(m_tabs);
    m_tabs->setCurrentIndex(tab);
    m_stack->setCurrentIndex(tab);
    updateWidth();
    updateButtons();
    updateStatus();
}

void TrainPage::follow(Stage stage) {
    if (m_tabChosen || m_stack->currentIndex() == ResultTab)
        return;
    if (stage == Stage::Transfer && m_stack->currentIndex() != TransferTab && m_curves.lastStep(Stage::Finetune) == 0)
        showTab(TransferTab);
    if (stage == Stage::Finetune && m_stack->currentIndex() != LoraTab)
        showTab(LoraTab);
}

void TrainPage::applySettings() {
    const auto forStage = [this](Stage stage) {
        PlotSettings settings = m_settings;
        settings.stage = stage;
        const auto steps = m_steps.find(stage);
        settings.steps = steps == m_steps.end() ? 0 : steps->second;
        const auto checkpoints = m_checkpoints.find(stage);
        if (checkpoints != m_checkpoints.end())
            settings.checkpoints = checkpoints->second;
        if (const auto failed = m_failed.find(stage); failed != m_failed.end()) {
            settings.failedAt = failed->second;
            settings.failureWords = tr("failed after step %1").arg(countText(static_cast<double>(failed->second)));
        }
        return settings;
    };
    m_transfer->setSettings(forStage(Stage::Transfer));
    m_lora->setSettings(forStage(Stage::Finetune));
}

void TrainPage::updateTables() {
    m_transfer->updateTables(m_curves, m_settings);
    m_lora->updateTables(m_curves, m_settings);
    // The worst layer of the first good look is the one to look at; after that it stays until another is chosen.
    if (!m_layerChosen && m_transfer->worstLayer() >= 0) {
        const bool early = m_curves.lastStep(Stage::Transfer) < 20;
        if (m_settings.selectedLayer < 0 || early)
            selectLayer(m_transfer->worstLayer(), false);
    }
    const AxisScale tokens(m_curves, shownStage(), XAxis::Tokens);
    const AxisScale time(m_curves, shownStage(), XAxis::Time);
    const bool there[] = {true, tokens.usable(), time.usable()};
    for (int i = 0; i < 3; ++i)
        if (auto* button = findChild<QToolButton*>(QStringLiteral("trainAxis%1").arg(i)))
            button->setEnabled(there[i]);
    updateStatus();
}

void TrainPage::selectLayer(int layer, bool byPerson) {
    m_layerChosen = m_layerChosen || byPerson;
    if (layer == m_settings.selectedLayer)
        return;
    m_settings.selectedLayer = layer;
    m_layerChip->setVisible(layer >= 0);
    m_layerChip->setText(tr("layer %1").arg(layer));
    applySettings();
    m_transfer->updateTables(m_curves, m_settings);
    updateWidth();
    if (byPerson)
        Q_EMIT layerSelected(layer);
}

void TrainPage::togglePin(int layer) {
    std::vector<int>& pinned = m_settings.pinnedLayers;
    const auto place = std::find(pinned.begin(), pinned.end(), layer);
    if (place != pinned.end())
        pinned.erase(place);
    else if (pinned.size() < 4)
        pinned.push_back(layer);
    applySettings();
    m_transfer->updateTables(m_curves, m_settings);
}

QString TrainPage::whyNoResume() const {
    if (!m_hasRun)
        return tr("No run is open");
    if (m_state == RunState::Completed)
        return tr("The run is complete");
    if (m_busy && canGoOn(m_state))
        return tr("Another run is being trained");
    return {};
}

void TrainPage::updateButtons() {
    const bool running = m_state == RunState::Running || m_state == RunState::Preparing;
    const bool paused = m_state == RunState::Paused;
    const bool resumable = paused || canGoOn(m_state);
    const QString whyNot = whyNoResume();
    m_pause->setVisible(!resumable);
    m_pause->setEnabled(m_hasRun && m_state == RunState::Running);
    m_resume->setVisible(resumable);
    m_resume->setEnabled(m_hasRun && whyNot.isEmpty());
    m_stop->setEnabled(m_hasRun && (running || paused));
    m_checkpoint->setEnabled(m_hasRun && m_state == RunState::Running);
    const bool resultShown = m_stack->currentIndex() == ResultTab;
    m_export->setVisible(resultShown);
    for (QWidget* action : {static_cast<QWidget*>(m_pause), static_cast<QWidget*>(m_stop), static_cast<QWidget*>(m_checkpoint)})
        if (resultShown && !running && !paused)
            action->hide();
        else if (action != m_pause)
            action->show();
    QString reason = whyNot;
    if (reason.isEmpty() && m_state == RunState::Draft)
        reason = tr("Not started");
    if (reason.isEmpty() && m_state == RunState::Preparing)
        reason = tr("Preparing");
    m_reason->setText(reason);
    m_reason->setVisible(!reason.isEmpty() && !resultShown);
    const auto tip = [&](QPushButton* button, const QString& does) {
        button->setToolTip(button->isEnabled() || reason.isEmpty() ? does : reason);
    };
    tip(m_pause, tr("Pause after this step; nothing is lost"));
    tip(m_resume, paused ? tr("Go on") : tr("Go on from the last checkpoint"));
    tip(m_stop, tr("Finish this step, write a checkpoint, and stop"));
    tip(m_checkpoint, tr("Write a checkpoint after this step"));
}

void TrainPage::updateStatus() {
    const auto status = [this](Stage stage) {
        QStringList words;
        const auto steps = m_steps.find(stage);
        const std::int64_t last = std::max(m_curves.lastStep(stage), m_progress.stage == stage ? m_progress.step : 0);
        if (last > 0 && steps != m_steps.end() && steps->second > 0)
            words
                << tr("step %1 of %2").arg(countText(static_cast<double>(last)), countText(static_cast<double>(steps->second)));
        if (m_progress.stage == stage && m_state == RunState::Running) {
            if (m_progress.tokensPerSecond > 0)
                words << tr("%1 tok/s").arg(countText(m_progress.tokensPerSecond));
            if (m_progress.secondsLeft >= 0)
                words << (m_progress.secondsLeft < 90 ? tr("%1 s left").arg(countText(m_progress.secondsLeft))
                                                      : tr("%1 min left").arg(countText(m_progress.secondsLeft / 60)));
        }
        return words.join(QStringLiteral(" · "));
    };
    m_transfer->setStatus(status(Stage::Transfer));
    m_lora->setStatus(status(Stage::Finetune));
}

void TrainPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    updateWidth();
}

void TrainPage::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    updateTables();
    updateWidth();
}

} // namespace lolcats
