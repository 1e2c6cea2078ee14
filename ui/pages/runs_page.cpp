// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/runs_page.h"

#include "ui/pages/runs_tables.h"
#include "ui/plots/run_comparison.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/page_head.h"
#include "ui/widgets/run_state.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSplitter>
#include <QVBoxLayout>

namespace lolcats {

namespace {

struct MetricWords {
    const char* metric;
    const char* title;
    const char* axis;
};
constexpr MetricWords kMetrics[] = {
    {"finetune.heldout.kl", "Held-out KL, LoRA", "KL to the teacher, nats"},
    {"transfer.heldout.relative", "Held-out error, transfer", "relative error"},
    {"transfer.loss", "Training loss, transfer", "training loss"},
    {"finetune.loss", "Training loss, LoRA", "training loss"},
};
constexpr int kMostCompared = 8;

} // namespace

RunsPage::RunsPage(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("page"));
    setAccessibleName(tr("Runs"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->setSizeConstraint(QLayout::SetNoConstraint);
    buildHead(theme);
    column->addWidget(m_head);
    m_filterRow = buildFilterRow(theme);
    column->addWidget(m_filterRow);
    m_banner = new FailureBanner(theme);
    auto* bannerBox = new QVBoxLayout;
    bannerBox->setContentsMargins(16, 0, 16, 0);
    bannerBox->addWidget(m_banner);
    column->addLayout(bannerBox);
    auto* splitter = new QSplitter(Qt::Vertical);
    splitter->setChildrenCollapsible(false);
    splitter->setHandleWidth(1);
    splitter->addWidget(buildTable(theme));
    splitter->addWidget(buildLower(theme));
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({340, 400});
    m_content = splitter;
    column->addWidget(splitter, 1);
    m_empty = buildEmpty();
    column->addWidget(m_empty, 1);
    connect(&theme, &Theme::changed, this, [this] { showCompared(false); });
    setRuns({});
}

void RunsPage::buildHead(Theme& theme) {
    m_head = new PageHead(tr("Runs"));
    auto* file =
        secondaryButton(tr("Open a run file…"), QStringLiteral("openRunButton"), tr("Open a *.lolcats file from anywhere"));
    m_resume = secondaryButton(tr("Resume"), QStringLiteral("runResumeButton"), {});
    m_resume->setIcon(theme.icon(QStringLiteral("state-running"), Token::Text));
    m_export = secondaryButton(tr("Export"), QStringLiteral("runExportButton"), {});
    m_export->setIcon(theme.icon(QStringLiteral("export"), Token::Text));
    m_open = primaryButton(tr("Open"), QStringLiteral("runOpenButton"), {});
    for (QPushButton* button : {file, m_resume, m_export, m_open})
        m_head->addRight(button, 8);
    connect(file, &QPushButton::clicked, this, &RunsPage::openRunRequested);
    connect(m_open, &QPushButton::clicked, this, [this] { Q_EMIT runOpened(currentPath()); });
    connect(m_resume, &QPushButton::clicked, this, [this] { Q_EMIT resumeRequested(currentPath()); });
    connect(m_export, &QPushButton::clicked, this, [this] { Q_EMIT exportRequested(currentPath()); });
}

QWidget* RunsPage::buildFilterRow(Theme& theme) {
    auto* bar = new QFrame;
    bar->setObjectName(QStringLiteral("head"));
    bar->setFixedHeight(44);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(8);
    m_filter = new QLineEdit;
    m_filter->setObjectName(QStringLiteral("runFilter"));
    m_filter->setAccessibleName(tr("Filter runs"));
    m_filter->setPlaceholderText(tr("Filter, for example state:completed w64"));
    m_filter->setToolTip(tr("Words that a run must hold; state:, run:, model: and attention: look in one column"));
    m_filter->setClearButtonEnabled(false);
    m_filter->addAction(theme.icon(QStringLiteral("filter")), QLineEdit::LeadingPosition);
    m_filter->setMaximumWidth(400);
    m_count = label({}, "small");
    m_count->setObjectName(QStringLiteral("runCount"));
    m_view = new Segments({tr("Curves"), tr("Settings")}, QStringLiteral("runsView"));
    auto* refresh = quietButton(tr("Refresh"), theme.icon(QStringLiteral("refresh")), QStringLiteral("refreshRunsButton"),
                                tr("Look for run files again"));
    row->addWidget(m_filter, 1);
    row->addWidget(m_count);
    row->addStretch(1);
    row->addWidget(m_view);
    row->addWidget(refresh);
    connect(m_filter, &QLineEdit::textChanged, this, [this](const QString& words) {
        m_proxy->setWords(words);
        updateCount();
    });
    connect(m_view, &Segments::chosen, this, [this] { updateSizes(); });
    connect(refresh, &QToolButton::clicked, this, &RunsPage::refreshRequested);
    return bar;
}

QWidget* RunsPage::buildTable(Theme& theme) {
    m_model = new RunTableModel(this);
    m_proxy = new RunFilter(this);
    m_proxy->setSourceModel(m_model);
    m_table = new RunTable(theme, *m_proxy);
    m_table->setMinimumHeight(28 * 4);
    connect(m_table, &QTableView::doubleClicked, this,
            [this](const QModelIndex& index) { Q_EMIT runOpened(m_table->pathAt(index)); });
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunsPage::selectionChanged);
    return m_table;
}

QWidget* RunsPage::buildLower(Theme& theme) {
    auto* lower = new QWidget;
    auto* row = new QHBoxLayout(lower);
    row->setContentsMargins(16, 16, 16, 16);
    row->setSpacing(12);
    m_curveCard = new Card(tr("Curves"));
    m_metric = new QComboBox;
    m_metric->setObjectName(QStringLiteral("runMetric"));
    m_metric->setAccessibleName(tr("Metric"));
    m_metric->setToolTip(tr("What is compared"));
    for (const MetricWords& words : kMetrics)
        m_metric->addItem(tr(words.title), QString::fromLatin1(words.metric));
    m_plot = new RunComparison(theme);
    for (QWidget* tool : m_plot->makeTools(m_curveCard))
        m_curveCard->addTool(tool);
    m_curveCard->addTool(m_metric);
    m_curveCard->body()->addWidget(m_plot, 1);
    row->addWidget(m_curveCard, 1);
    m_settingsCard = new Card(tr("Settings"));
    m_settingsCard->setHeaderLine(true);
    auto* which = new Segments({tr("Differ"), tr("All")}, QStringLiteral("settingsView"));
    m_settingsCard->addTool(which);
    m_settings = new SettingsModel(this);
    m_settingsTable = new SettingsTable(theme, *m_settings);
    m_settingsCard->body()->addWidget(m_settingsTable, 1);
    m_equal = label({}, "small");
    m_equal->setObjectName(QStringLiteral("equalSettings"));
    m_equal->setContentsMargins(11, 8, 11, 8);
    m_settingsCard->body()->addWidget(m_equal);
    row->addWidget(m_settingsCard);
    connect(which, &Segments::chosen, this, [this](int index) { m_settings->setAll(index == 1); });
    connect(m_metric, &QComboBox::currentIndexChanged, this, [this] { showCompared(true); });
    return lower;
}

QWidget* RunsPage::buildEmpty() {
    auto* empty = new QWidget;
    auto* column = new QVBoxLayout(empty);
    column->setSpacing(8);
    column->addStretch(2);
    column->addWidget(label(tr("No runs yet"), "title"), 0, Qt::AlignHCenter);
    column->addWidget(
        label(tr("Every conversion becomes one file, and one row here: with its curves, its settings and its result."),
              "muted"),
        0, Qt::AlignHCenter);
    auto* open = secondaryButton(tr("Open a run file…"), QStringLiteral("emptyOpenRunButton"),
                                 tr("Open a *.lolcats file from anywhere"));
    column->addWidget(open, 0, Qt::AlignHCenter);
    column->addStretch(3);
    connect(open, &QPushButton::clicked, this, &RunsPage::openRunRequested);
    return empty;
}

void RunsPage::setRuns(const std::vector<RunRecord>& runs) {
    m_banner->clear();
    const QStringList before = m_compared;
    m_model->setRuns(runs);
    m_empty->setVisible(runs.empty());
    m_content->setVisible(!runs.empty());
    m_filterRow->setVisible(!runs.empty());
    // A reset of the table lets go of its selection; runs that are still there stay compared.
    {
        const QSignalBlocker quiet(m_table->selectionModel());
        m_table->clearSelection();
        for (const QString& path : before) {
            const QModelIndex place = m_proxy->mapFromSource(m_model->index(m_model->rowOf(path), 0));
            if (m_model->rowOf(path) >= 0 && place.isValid())
                m_table->selectionModel()->select(place, QItemSelectionModel::Select | QItemSelectionModel::Rows);
        }
    }
    m_compared.removeIf([this](const QString& path) { return m_model->rowOf(path) < 0; });
    if (m_compared.isEmpty() && m_proxy->rowCount() > 0)
        m_table->selectRow(0);
    showCompared(true);
    updateActions();
    updateCount();
    updateSizes();
}

void RunsPage::setFailure(const Failure& failure) {
    m_banner->show(failure);
}

void RunsPage::setCurves(const QString& runPath, const std::string& metricName, const std::vector<CurvePoint>& points) {
    if (metricName == metric().toStdString())
        m_plot->setPoints(runPath, points);
}

QString RunsPage::metric() const {
    return m_metric->currentData().toString();
}

QString RunsPage::currentPath() const {
    const QModelIndex current = m_table->currentIndex();
    if (current.isValid() && m_compared.contains(m_table->pathAt(current)))
        return m_table->pathAt(current);
    return m_compared.isEmpty() ? QString() : m_compared.front();
}

void RunsPage::selectionChanged() {
    QStringList selected;
    for (const QModelIndex& row : m_table->selectionModel()->selectedRows())
        selected << m_table->pathAt(row);
    // Those that stay keep their colours.
    QStringList compared;
    for (const QString& path : m_compared)
        if (selected.contains(path))
            compared << path;
    for (const QString& path : selected)
        if (!compared.contains(path) && compared.size() < kMostCompared)
            compared << path;
    const bool changed = compared != m_compared;
    m_compared = compared;
    if (changed)
        showCompared(true);
    updateActions();
    updateCount();
}

void RunsPage::showCompared(bool askForCurves) {
    std::vector<RunComparison::Run> lines;
    std::vector<RunRecord> runs;
    QStringList names;
    for (const QString& path : m_compared)
        if (const RunRecord* run = m_model->run(path)) {
            lines.push_back({path, {}, {}});
            names << QString::fromStdString(run->name);
            runs.push_back(*run);
        }
    const QStringList shortened = shortRunNames(names);
    for (std::size_t i = 0; i < lines.size(); ++i)
        lines[i].name = shortened[static_cast<qsizetype>(i)];
    const MetricWords& words = kMetrics[std::max(0, m_metric->currentIndex())];
    m_plot->setTitle(tr(words.axis));
    if (askForCurves)
        m_plot->clearPoints();
    m_plot->setRuns(std::move(lines));
    m_table->setCompared(m_compared);
    QList<QColor> colors;
    for (int i = 0; i < static_cast<int>(runs.size()); ++i)
        colors << runColor(m_theme, i);
    m_settings->setRuns(runs, colors);
    m_settingsCard->setSubtitle(runs.size() < 2 ? QString() : tr("only what differs, against %1").arg(shortened.front()));
    m_equal->setText(runs.size() < 2 ? QString() : tr("%1 settings are equal.").arg(m_settings->equalCount()));
    m_equal->setVisible(runs.size() >= 2);
    if (askForCurves && !m_compared.isEmpty())
        Q_EMIT curvesWanted(m_compared, metric());
}

void RunsPage::updateActions() {
    const RunRecord* run = m_model->run(currentPath());
    const bool one = run != nullptr;
    const bool resumable =
        one && (run->state == RunState::Stopped || run->state == RunState::Failed || run->state == RunState::Interrupted);
    m_open->setEnabled(one);
    m_export->setEnabled(one && !run->checkpoints.empty());
    m_resume->setEnabled(resumable);
    m_open->setToolTip(one ? tr("Show its curves and maps") : tr("Choose a run first"));
    m_resume->setToolTip(!one         ? tr("Choose a run first")
                         : !resumable ? tr("The run is %1").arg(stateWord(run->state).toLower())
                                      : tr("Go on from its last checkpoint"));
    m_export->setToolTip(!one                    ? tr("Choose a run first")
                         : m_export->isEnabled() ? tr("Write its student as a model folder")
                                                 : tr("The run has no checkpoint yet"));
    m_open->setVisible(m_model->rowCount() > 0);
    m_resume->setVisible(m_model->rowCount() > 0);
    m_export->setVisible(m_model->rowCount() > 0);
}

void RunsPage::updateCount() {
    QString words = tr("%1 of %2 runs").arg(m_proxy->rowCount()).arg(m_model->rowCount());
    if (m_compared.size() > 1)
        words += tr(", %1 compared").arg(m_compared.size());
    m_count->setText(words);
}

void RunsPage::updateSizes() {
    const bool narrow = width() < 1100;
    m_view->setVisible(narrow && m_model->rowCount() > 0);
    m_curveCard->setVisible(!narrow || m_view->current() == 0);
    m_settingsCard->setVisible(!narrow || m_view->current() == 1);
    m_settingsCard->setMinimumWidth(narrow ? 0 : 412);
    m_settingsCard->setMaximumWidth(narrow ? QWIDGETSIZE_MAX : 412);
}

void RunsPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    updateSizes();
}

} // namespace lolcats
