// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The running conversion, or a stored one: curves of both stages, the layers, the result; pause, stop, resume, checkpoint.

#include "core/records/failure.h"
#include "core/records/job_event.h"
#include "core/records/run_record.h"
#include "ui/models/curves.h"
#include "ui/plots/plot.h"
#include "ui/theme.h"

#include <QTimer>
#include <QWidget>

#include <map>

class QBoxLayout;
class QLabel;
class QPushButton;
class QSlider;
class QStackedWidget;
class QTabBar;
class QToolButton;

namespace lolcats {

class FailureBanner;
class LoraPanel;
class PageHead;
class ResultPanel;
class Segments;
class TransferPanel;

class TrainPage : public QWidget {
    Q_OBJECT

public:
    explicit TrainPage(Theme& theme, QWidget* parent = nullptr);

    void showRun(const RunRecord& run);                  // clears
    void addMetrics(const std::vector<Metric>& metrics); // live and out of history by the same call
    void setProgress(const StageProgress& progress);
    void setState(RunState state);
    void setEvaluation(const EvaluationTable& table);
    void addCheckpoint(Stage stage, std::int64_t step);
    void setFailure(const Failure& failure);
    void setBusy(bool busy); // the one trainer is at work, for this run or another

    int selectedLayer() const { return m_settings.selectedLayer; }
    const Curves& curves() const { return m_curves; }

    QSize minimumSizeHint() const override { return {720, 400}; }

Q_SIGNALS:
    void pauseRequested();
    void resumeRequested();
    void stopRequested();
    void checkpointRequested();
    void layerSelected(int layer);
    void exportRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void showEvent(QShowEvent* event) override;

private:
    enum Tab { TransferTab, LoraTab, ResultTab };

    void buildHead(Theme& theme);
    void buildSmoothing();
    void buildActions(Theme& theme);
    void buildBody(Theme& theme);
    void showTab(int tab);
    void follow(Stage stage); // shows the stage's tab until the person has chosen one
    void readPlan(const std::string& planJson);
    void applySettings();
    void updateButtons();
    void updateStatus();
    void updateTables();
    void updateWidth();
    void selectLayer(int layer, bool byPerson);
    void togglePin(int layer);
    Stage shownStage() const;
    QString whyNoResume() const;

    Curves m_curves;
    PlotSettings m_settings;
    std::map<Stage, std::int64_t> m_steps;
    std::map<Stage, std::vector<std::int64_t>> m_checkpoints;
    std::map<Stage, std::int64_t> m_failed;
    StageProgress m_progress;
    RunState m_state = RunState::Draft;
    bool m_hasRun = false;
    bool m_busy = false;
    bool m_tabChosen = false;
    bool m_layerChosen = false;
    QTimer m_beat; // tables

    PageHead* m_head = nullptr;
    QToolButton* m_runChip = nullptr;
    QToolButton* m_layerChip = nullptr;
    QTabBar* m_tabs = nullptr;
    QWidget* m_smoothingBox = nullptr;
    QSlider* m_smoothing = nullptr;
    QLabel* m_smoothingValue = nullptr;
    Segments* m_axis = nullptr;
    Segments* m_view = nullptr;
    QWidget* m_actions = nullptr;
    QLabel* m_reason = nullptr;
    QPushButton* m_checkpoint = nullptr;
    QPushButton* m_pause = nullptr;
    QPushButton* m_resume = nullptr;
    QPushButton* m_stop = nullptr;
    QPushButton* m_export = nullptr;
    FailureBanner* m_banner = nullptr;
    QStackedWidget* m_stack = nullptr;
    TransferPanel* m_transfer = nullptr;
    LoraPanel* m_lora = nullptr;
    ResultPanel* m_result = nullptr;
};

} // namespace lolcats
