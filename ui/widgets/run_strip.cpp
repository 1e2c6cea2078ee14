// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/run_strip.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/progress_line.h"
#include "ui/widgets/run_state.h"

#include <QHBoxLayout>

#include <cmath>

namespace lolcats {

namespace {

constexpr int kBetweenWrites = 250; // milliseconds

} // namespace

RunStrip::RunStrip(Theme& theme, QWidget* parent) : QFrame(parent), m_theme(theme) {
    setObjectName(QStringLiteral("strip"));
    setFixedHeight(40);
    m_writer.setSingleShot(true);
    m_writer.setInterval(kBetweenWrites);
    connect(&m_writer, &QTimer::timeout, this, &RunStrip::write);
    build();
    connect(&theme, &Theme::changed, this, &RunStrip::write);
    showIdle({});
}

// Parts side by side behind a line of 24, with 12 on both sides of it.
QWidget* RunStrip::group(std::initializer_list<QWidget*> parts, int spacing) {
    auto* made = new QWidget;
    auto* row = new QHBoxLayout(made);
    row->setContentsMargins(12, 0, 0, 0);
    row->setSpacing(0);
    QFrame* before = line(Qt::Vertical);
    before->setFixedHeight(24);
    row->addWidget(before);
    row->addSpacing(12);
    bool first = true;
    for (QWidget* part : parts) {
        if (!first)
            row->addSpacing(spacing);
        first = false;
        row->addWidget(part);
    }
    return made;
}

QLabel* RunStrip::number(const QString& widest, const QString& name) {
    QLabel* made = label({}, "value");
    made->setObjectName(name);
    made->setFixedWidth(QFontMetrics(m_theme.font(Role::Small)).horizontalAdvance(widest) + 2);
    return made;
}

void RunStrip::buildGroups() {
    m_icon = iconLabel(m_theme.icon(QStringLiteral("state-draft")), 14);
    m_word = label({}, "valuestrong");
    m_word->setObjectName(QStringLiteral("stripState"));
    m_name = new ElidedLabel({}, "value");
    m_name->setObjectName(QStringLiteral("stripRun"));
    m_name->setElideMode(Qt::ElideMiddle);
    m_name->setMaximumWidth(208);
    m_stage = label({}, "note");
    m_stage->setObjectName(QStringLiteral("stripStage"));
    m_bar = new ProgressLine(m_theme);
    m_bar->setFixedWidth(152);
    m_percent = number(QStringLiteral("100 %"), QStringLiteral("stripPercent"));
    m_percent->setProperty("role", "valuestrong");
    m_count = number(QStringLiteral("88,888 / 88,888"), QStringLiteral("stripCount"));
    m_count->setProperty("role", "note");
    m_left = number(QStringLiteral("88 h 88 min"), QStringLiteral("stripLeft"));
    m_errorValue = number(QStringLiteral("888.8"), QStringLiteral("stripError"));
    m_arrow = iconLabel(m_theme.icon(QStringLiteral("arrow-down")), 12);
    m_speed = number(QStringLiteral("888,888"), QStringLiteral("stripSpeed"));
    m_speed->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_machineLabel = new ElidedLabel({}, "note");
    m_machineLabel->setObjectName(QStringLiteral("stripMachine"));
    m_runGroup = new QWidget;
    auto* run = new QHBoxLayout(m_runGroup);
    run->setContentsMargins(0, 0, 0, 0);
    run->setSpacing(8);
    for (QWidget* part : std::initializer_list<QWidget*>{m_icon, m_word, m_name, m_stage})
        run->addWidget(part);
    m_progressGroup = group({m_bar, m_percent, m_count});
    m_leftGroup = group({label(tr("left"), "note"), m_left});
    m_errorGroup = group({label(tr("error"), "note"), m_errorValue, m_arrow}, 6);
    m_speedGroup = group({m_speed, label(tr("tok/s"), "note")}, 6);
    m_machineGroup = group({m_machineLabel});
}

void RunStrip::buildButtons() {
    m_log = quietButton(tr("Log"), {}, QStringLiteral("logButton"), tr("Show or hide the log"));
    m_log->setCheckable(true);
    m_problems = quietButton({}, {}, QStringLiteral("problemsButton"), tr("Warnings and errors; they are in the log"));
    m_pause = smallButton(tr("Pause"), QStringLiteral("pauseButton"), tr("Pause after this step (Ctrl+.)"));
    m_pause->setIcon(m_theme.icon(QStringLiteral("state-paused"), Token::Text));
    m_resume = smallButton(tr("Resume"), QStringLiteral("resumeButton"), tr("Go on from where it stands (Ctrl+Return)"));
    m_resume->setIcon(m_theme.icon(QStringLiteral("state-running"), Token::Text));
    m_stop =
        smallButton(tr("Stop"), QStringLiteral("stopButton"), tr("Stop after this step, with a checkpoint (Ctrl+Shift+.)"));
    m_stop->setIcon(m_theme.icon(QStringLiteral("state-stopped"), Token::Text));
    connect(m_log, &QToolButton::clicked, this, &RunStrip::logToggled);
    connect(m_problems, &QToolButton::clicked, this, [this] {
        setLogOpen(true);
        Q_EMIT logToggled(true);
    });
    connect(m_pause, &QPushButton::clicked, this, &RunStrip::pauseRequested);
    connect(m_resume, &QPushButton::clicked, this, &RunStrip::resumeRequested);
    connect(m_stop, &QPushButton::clicked, this, &RunStrip::stopRequested);
}

void RunStrip::build() {
    buildGroups();
    buildButtons();
    auto* row = new QHBoxLayout(this);
    row->setSizeConstraint(QLayout::SetNoConstraint); // what does not fit leaves; it holds no window open
    setMinimumWidth(1);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(0);
    for (QWidget* part : {m_runGroup, m_progressGroup, m_leftGroup, m_errorGroup, m_speedGroup, m_machineGroup})
        row->addWidget(part);
    row->addStretch(1);
    row->addWidget(m_log);
    row->addWidget(m_problems);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    for (QPushButton* button : {m_pause, m_resume, m_stop})
        buttons->addWidget(button);
    row->addSpacing(8);
    row->addLayout(buttons);
}

void RunStrip::showIdle(const QString& machine) {
    m_machine = machine;
    m_run.clear();
    m_errorKnown = false;
    setState(std::nullopt);
}

void RunStrip::showRun(const QString& name, RunState state, const StageProgress& progress) {
    const bool another = name != m_run || progress.stage != m_progress.stage;
    if (name != m_run)
        m_errorKnown = false;
    m_run = name;
    m_progress = progress;
    if (another || m_state != state)
        setState(state);
    else if (!m_writer.isActive())
        m_writer.start();
}

void RunStrip::setState(std::optional<RunState> state) {
    const bool differs = state != m_state;
    m_state = state;
    write();
    if (differs)
        Q_EMIT stateChanged();
}

void RunStrip::setError(double relativeOrLoss, bool falling) {
    const bool first = !std::exchange(m_errorKnown, true);
    m_error = relativeOrLoss;
    m_falling = falling;
    if (first)
        write();
    else if (!m_writer.isActive())
        m_writer.start();
}

void RunStrip::setProblems(int count) {
    m_problemCount = count;
    write();
}

void RunStrip::setLogOpen(bool open) {
    m_log->setChecked(open);
}

void RunStrip::write() {
    const RunState state = m_state.value_or(RunState::Draft);
    m_icon->setIcon(stateIcon(state, m_theme));
    m_word->setText(m_state ? stateWord(state) : tr("Idle"));
    m_name->setText(m_state ? m_run : tr("no run"));
    setStyled(m_name, "role", m_state ? "value" : "note");
    m_stage->setText(m_state ? stageWord(m_progress.stage) : QString());
    const bool counted = m_progress.steps > 0;
    const double share = counted ? static_cast<double>(m_progress.step) / static_cast<double>(m_progress.steps) : 0;
    m_bar->setValue(share);
    m_bar->setFill(state == RunState::Failed ? Token::Bad : Token::Accent);
    m_percent->setText(counted ? tr("%1 %").arg(static_cast<int>(std::floor(share * 100))) : QStringLiteral("–"));
    m_count->setText(counted ? QStringLiteral("%1 / %2").arg(countText(m_progress.step), countText(m_progress.steps))
                             : QString());
    m_left->setText(durationText(m_progress.secondsLeft));
    m_errorValue->setText(m_errorKnown ? errorText(m_error) : QStringLiteral("–"));
    m_arrow->setIcon(m_errorKnown ? m_theme.icon(m_falling ? QStringLiteral("arrow-down") : QStringLiteral("arrow-up"),
                                                 m_falling ? Token::Good : Token::Warn)
                                  : QIcon());
    m_speed->setText(m_progress.tokensPerSecond > 0 ? countText(std::llround(m_progress.tokensPerSecond))
                                                    : QStringLiteral("–"));
    m_machineLabel->setText(m_machine);
    m_problems->setIcon(m_problemCount > 0 ? m_theme.icon(QStringLiteral("cross-circle"), Token::Bad) : QIcon());
    m_pause->setVisible(m_state && mayPause(state));
    m_resume->setVisible(m_state && mayResume(state));
    m_stop->setVisible(m_state && mayStop(state));
    fit();
}

// What leaves when the window is narrow, first to last: stage, disk and memory, speed, n / total, error, the word Problems.
void RunStrip::fit() {
    const bool going = m_state.has_value();
    const bool runs = going && mayStop(*m_state);
    std::vector<std::pair<QWidget*, bool>> parts = {{m_stage, going && !m_stage->text().isEmpty()},
                                                    {m_machineGroup, !going && !m_machine.isEmpty()},
                                                    {m_speedGroup, runs},
                                                    {m_count, going && m_progress.steps > 0},
                                                    {m_errorGroup, going && m_errorKnown}};
    m_progressGroup->setVisible(going);
    m_leftGroup->setVisible(runs);
    for (const auto& [part, wanted] : parts)
        part->setVisible(wanted);
    const QString count = QString::number(m_problemCount);
    const auto sayProblems = [&](bool word) {
        m_problems->setText(word ? tr("Problems %1").arg(count) : count);
        m_problems->setToolButtonStyle(m_problemCount > 0 ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonTextOnly);
    };
    sayProblems(true);
    const auto tooWide = [this] {
        // What is hidden inside a group changes the group's width only when the group is asked anew.
        for (QWidget* group : {m_runGroup, m_progressGroup}) {
            group->layout()->invalidate();
            group->updateGeometry();
        }
        return layout()->sizeHint().width() > width();
    };
    for (const auto& [part, wanted] : parts) {
        if (!tooWide())
            return;
        // Idle, the machine's line is cut before it leaves.
        if (part != m_machineGroup)
            part->setVisible(false);
    }
    if (tooWide())
        sayProblems(false);
}

void RunStrip::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    fit();
}

} // namespace lolcats
