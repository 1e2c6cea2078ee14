// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/home_page.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/run_row.h"
#include "ui/widgets/way_card.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

namespace {

constexpr std::size_t kRecent = 8;
constexpr int kSideBySide = 1128; // page width from which the computer stands at the right

QLabel* heading(const QString& text) {
    QLabel* made = label(text, "strong");
    made->setFixedHeight(20);
    return made;
}

} // namespace

HomePage::HomePage(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("page"));
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);
    auto* content = new QWidget;
    scroll->setWidget(content);
    m_grid = new QGridLayout(content);

    m_left = new QWidget;
    auto* left = new QVBoxLayout(m_left);
    left->setContentsMargins(0, 0, 0, 0);
    left->setSpacing(0);
    left->addWidget(label(tr("Lolcats Workbench"), "figure"));
    left->addSpacing(8);
    left->addWidget(paragraph(tr("Turn softmax attention into linear attention, and see how close the copy comes."), "muted"));
    left->addSpacing(24);
    left->addWidget(makeWays());
    left->addWidget(makeBanner());
    left->addSpacing(24);
    left->addWidget(makeRecent());

    m_right = new QWidget;
    m_rightLayout = new QBoxLayout(QBoxLayout::TopToBottom, m_right);
    m_rightLayout->setContentsMargins(0, 0, 0, 0);
    m_rightLayout->setSpacing(32);
    m_rightLayout->addWidget(makeMachine(), 1);
    m_rightLayout->addWidget(makeKeys(), 1);
    setSample(false, tr("SmolLM2-135M and a few novels."));
    setMachine({});
    setRuns({});
}

QWidget* HomePage::makeWays() {
    auto* ways = new QWidget;
    auto* row = new QHBoxLayout(ways);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    m_sample = new WayCard(QStringLiteral("flask"), tr("Try the sample"), {}, {}, QStringLiteral("sampleButton"), m_theme);
    auto* model = new WayCard(QStringLiteral("folder"), tr("Open a model"),
                              tr("A GGUF file or a Hugging Face folder. Or drop one on this window."), QStringLiteral("Ctrl+O"),
                              QStringLiteral("openModelButton"), m_theme);
    auto* run = new WayCard(QStringLiteral("file"), tr("Open a run"), tr("A .lolcats file: finished, stopped or interrupted."),
                            QStringLiteral("Ctrl+Shift+O"), QStringLiteral("openRunButton"), m_theme);
    for (WayCard* card : {m_sample, model, run})
        row->addWidget(card, 1);
    connect(m_sample, &WayCard::clicked, this, &HomePage::sampleRequested);
    connect(model, &WayCard::clicked, this, &HomePage::openModelRequested);
    connect(run, &WayCard::clicked, this, &HomePage::openRunRequested);
    return ways;
}

QWidget* HomePage::makeBanner() {
    m_banner = new QWidget;
    auto* around = new QVBoxLayout(m_banner);
    around->setContentsMargins(0, 24, 0, 0);
    auto* frame = new QFrame;
    frame->setProperty("banner", "warn");
    around->addWidget(frame);
    auto* row = new QHBoxLayout(frame);
    row->setContentsMargins(16, 9, 12, 9);
    row->setSpacing(12);
    row->addWidget(iconLabel(m_theme.icon(QStringLiteral("bolt"), Token::Warn), 18));
    m_bannerText = paragraph({});
    m_bannerText->setTextFormat(Qt::RichText);
    m_bannerText->setObjectName(QStringLiteral("interruptedText"));
    row->addWidget(m_bannerText, 1);
    QPushButton* resume = primaryButton(tr("Resume"), QStringLiteral("resumeButton"), tr("Go on from the last checkpoint"));
    resume->setProperty("compact", true);
    QPushButton* look = smallButton(tr("Look"), QStringLiteral("lookButton"), tr("Open the run without going on"));
    row->addWidget(resume);
    row->addWidget(look);
    connect(resume, &QPushButton::clicked, this, [this] { Q_EMIT resumeRequested(m_interrupted); });
    connect(look, &QPushButton::clicked, this, [this] { Q_EMIT runOpened(m_interrupted); });
    return m_banner;
}

QWidget* HomePage::makeRecent() {
    auto* recent = new QWidget;
    auto* column = new QVBoxLayout(recent);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    auto* row = new QHBoxLayout;
    row->addWidget(heading(tr("Recent")));
    row->addStretch(1);
    QToolButton* import = quietButton(tr("Import a student…"), {}, QStringLiteral("importStudentButton"),
                                      tr("Make a run of checkpoints, adapters or an export (Ctrl+I)"));
    import->setToolButtonStyle(Qt::ToolButtonTextOnly);
    import->setProperty("kind", "link");
    row->addWidget(import);
    connect(import, &QToolButton::clicked, this, &HomePage::importRequested);
    m_allRuns = quietButton({}, {}, QStringLiteral("allRunsButton"), tr("Show the table of runs"));
    m_allRuns->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_allRuns->setProperty("kind", "link");
    row->addWidget(m_allRuns);
    column->addLayout(row);
    m_noRuns = new QFrame;
    m_noRuns->setProperty("kind", "dashed");
    m_noRuns->setFixedHeight(96);
    auto* words = new QVBoxLayout(m_noRuns);
    words->setSpacing(4);
    words->addStretch(1);
    words->addWidget(label(tr("Runs you make appear here."), "muted"), 0, Qt::AlignCenter);
    words->addWidget(label(tr("Closed, crashed or finished: each keeps its curves."), "small"), 0, Qt::AlignCenter);
    words->addStretch(1);
    column->addWidget(m_noRuns);
    auto* card = new QFrame;
    card->setProperty("card", true);
    m_rows = card;
    m_rowsColumn = new QVBoxLayout(card);
    m_rowsColumn->setContentsMargins(1, 1, 1, 1);
    m_rowsColumn->setSpacing(0);
    column->addWidget(card);
    connect(m_allRuns, &QToolButton::clicked, this, &HomePage::allRunsRequested);
    return recent;
}

QWidget* HomePage::makeMachine() {
    auto* machine = new QWidget;
    auto* column = new QVBoxLayout(machine);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(heading(tr("This computer")));
    column->addWidget(line(Qt::Horizontal));
    column->addSpacing(4);
    const auto addRow = [column](QWidget* icon, QLabel* text) {
        auto* row = new QHBoxLayout;
        row->setSpacing(8);
        row->addWidget(icon, 0, Qt::AlignTop);
        row->addWidget(text, 1);
        column->addLayout(row);
    };
    m_machineIcon = iconLabel({}, 16);
    m_machine = paragraph({}, "value");
    m_machine->setObjectName(QStringLiteral("machineText"));
    addRow(m_machineIcon, m_machine);
    column->addSpacing(8);
    addRow(iconLabel(m_theme.icon(QStringLiteral("lock"), Token::Faint), 16),
           paragraph(tr("Nothing leaves this computer. No account, no telemetry."), "small"));
    column->addStretch(1);
    return machine;
}

QWidget* HomePage::makeKeys() {
    auto* keys = new QWidget;
    auto* column = new QVBoxLayout(keys);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(8);
    column->addWidget(heading(tr("Keys")));
    column->addWidget(line(Qt::Horizontal));
    const std::pair<QString, QString> rows[] = {{tr("Start or resume"), QStringLiteral("Ctrl+Return")},
                                                {tr("Pause, stop"), QStringLiteral("Ctrl+.  Ctrl+Shift+.")},
                                                {tr("Pages"), QStringLiteral("Ctrl+1 … 6")},
                                                {tr("All keys"), QStringLiteral("F1")}};
    for (const auto& [what, key] : rows) {
        auto* row = new QHBoxLayout;
        row->addWidget(label(what, "value"));
        row->addStretch(1);
        for (const QString& one : key.split(QStringLiteral("  ")))
            row->addWidget(keyCap(one));
        column->addLayout(row);
    }
    column->addStretch(1);
    return keys;
}

void HomePage::setMachine(const QString& text) {
    m_machineIcon->setIcon(text.isEmpty() ? m_theme.icon(QStringLiteral("ring"), Token::Faint)
                                          : m_theme.icon(QStringLiteral("check-circle"), Token::Good));
    m_machine->setText(text.isEmpty() ? tr("Looking at it…") : text);
}

void HomePage::setSample(bool there, const QString& how) {
    m_sample->setEnabled(there);
    m_sample->setSentence(how);
}

void HomePage::setRuns(const std::vector<RunRecord>& runs) {
    while (QLayoutItem* item = m_rowsColumn->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    m_noRuns->setVisible(runs.empty());
    m_rows->setVisible(!runs.empty());
    m_sample->setEmphasized(runs.empty());
    m_allRuns->setVisible(!runs.empty());
    m_allRuns->setText(runs.size() == 1 ? tr("All runs") : tr("All %1 runs").arg(runs.size()));
    const std::size_t shown = std::min(runs.size(), kRecent);
    for (std::size_t i = 0; i < shown; ++i) {
        auto* row = new RunRow(runs[i], i + 1 == shown, m_theme);
        row->setObjectName(QStringLiteral("recentRun%1").arg(i));
        connect(row, &RunRow::clicked, this, [this, path = QString::fromStdString(runs[i].path)] { Q_EMIT runOpened(path); });
        m_rowsColumn->addWidget(row);
    }
    showBanner(runs);
}

void HomePage::showBanner(const std::vector<RunRecord>& runs) {
    const auto isInterrupted = [](const RunRecord& run) { return run.state == RunState::Interrupted; };
    const auto newest = std::find_if(runs.begin(), runs.end(), isInterrupted);
    m_banner->setVisible(newest != runs.end());
    if (newest == runs.end())
        return;
    m_interrupted = QString::fromStdString(newest->path);
    std::int64_t step = 0;
    for (const StageRecord& stage : newest->stages)
        if (stage.step > 0)
            step = stage.step;
    QString text = tr("<span style=\"font-weight:600\">%1</span> was interrupted at step %2.")
                       .arg(QString::fromStdString(newest->name).toHtmlEscaped(), countText(step));
    text += newest->checkpoints.empty()
                ? QLatin1Char(' ') + tr("It has no checkpoint.")
                : QLatin1Char(' ') + tr("The last checkpoint is at step %1.").arg(countText(newest->checkpoints.back().step));
    const auto others = std::count_if(runs.begin(), runs.end(), isInterrupted) - 1;
    if (others > 0)
        text += QLatin1Char(' ') + tr("%1 more are like it.").arg(others);
    m_bannerText->setText(text);
}

void HomePage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool side = width() >= kSideBySide;
    m_grid->setContentsMargins(side ? QMargins(64, 48, 64, 48) : QMargins(32, 24, 32, 24));
    m_grid->setHorizontalSpacing(48);
    m_grid->setVerticalSpacing(32);
    m_grid->removeWidget(m_right);
    m_grid->addWidget(m_left, 0, 0, Qt::AlignTop);
    m_grid->addWidget(m_right, side ? 0 : 1, side ? 1 : 0, Qt::AlignTop);
    m_right->setFixedWidth(side ? 320 : std::max(width() - 64, 1));
    m_right->setContentsMargins(0, side ? 80 : 0, 0, 0);
    m_rightLayout->setDirection(side ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    m_grid->setColumnStretch(0, 1);
    m_grid->setRowStretch(2, 1);
}

} // namespace lolcats
