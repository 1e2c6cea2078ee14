// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The strip at the bottom of every page: state, run, progress, time left, error, speed; Log and Problems; Pause and Stop.
// Text changes at most four times a second, and every number has a place as wide as its widest value.

#include "core/records/job_event.h"
#include "ui/theme.h"

#include <QFrame>
#include <QTimer>

#include <optional>

class QLabel;
class QPushButton;
class QToolButton;

namespace lolcats {

class ElidedLabel;
class IconLabel;
class ProgressLine;

class RunStrip : public QFrame {
    Q_OBJECT

public:
    explicit RunStrip(Theme& theme, QWidget* parent = nullptr);

    void showIdle(const QString& machine);
    void showRun(const QString& name, RunState state, const StageProgress& progress);
    void setError(double relativeOrLoss, bool falling);
    void setProblems(int count);
    void setLogOpen(bool open);                               // says nothing
    std::optional<RunState> state() const { return m_state; } // of the run shown

Q_SIGNALS:
    void pauseRequested();
    void resumeRequested();
    void stopRequested();
    void logToggled(bool open);
    void stateChanged();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QWidget* group(std::initializer_list<QWidget*> parts, int spacing = 8);
    QLabel* number(const QString& widest, const QString& name);
    void build();
    void buildGroups();
    void buildButtons();
    void setState(std::optional<RunState> state);
    void write();
    void fit();

    Theme& m_theme;
    std::optional<RunState> m_state;
    QString m_run;
    QString m_machine;
    StageProgress m_progress;
    double m_error = 0;
    bool m_errorKnown = false;
    bool m_falling = true;
    int m_problemCount = 0;
    QTimer m_writer; // single shot: the next time that text may change

    IconLabel* m_icon;
    QLabel* m_word;
    ElidedLabel* m_name;
    QLabel* m_stage;
    ProgressLine* m_bar;
    QLabel* m_percent;
    QLabel* m_count;
    QLabel* m_left;
    QLabel* m_errorValue;
    IconLabel* m_arrow;
    QLabel* m_speed;
    ElidedLabel* m_machineLabel;
    QWidget* m_runGroup;
    QWidget* m_progressGroup;
    QWidget* m_leftGroup;
    QWidget* m_errorGroup;
    QWidget* m_speedGroup;
    QWidget* m_machineGroup;
    QToolButton* m_log;
    QToolButton* m_problems;
    QPushButton* m_pause;
    QPushButton* m_resume;
    QPushButton* m_stop;
};

} // namespace lolcats
