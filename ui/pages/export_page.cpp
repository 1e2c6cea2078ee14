// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/export_page.h"

#include "core/records/export_words.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/file_list.h"
#include "ui/widgets/format_card.h"
#include "ui/widgets/options_form.h"
#include "ui/widgets/outcome_card.h"
#include "ui/widgets/page_head.h"
#include "ui/widgets/run_row.h"
#include "ui/widgets/run_state.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

namespace lolcats {

namespace {

constexpr int kBar = 12; // as in a row of options
constexpr int kLabel = 84;

QScrollArea* scrolled(QWidget* content) {
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(content);
    return scroll;
}

} // namespace

ExportPage::ExportPage(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildHead();
    column->addWidget(m_head);
    m_empty = buildEmpty();
    column->addWidget(m_empty, 1);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    m_left = buildLeft();
    m_right = buildRight();
    row->addWidget(m_left);
    row->addWidget(m_right, 1);
    column->addLayout(row, 1);
    showNothing();
}

void ExportPage::buildHead() {
    m_head = new PageHead(tr("Export"));
    m_runName = new ElidedLabel({}, "muted");
    m_runName->setObjectName(QStringLiteral("exportRun"));
    m_reason = new ElidedLabel({}, "muted");
    m_reason->setObjectName(QStringLiteral("exportReason"));
    m_export = primaryButton(tr("Export"), QStringLiteral("exportButton"), {});
    m_head->addLeft(m_runName, 12);
    m_head->addRight(m_reason, 12);
    m_head->addRight(m_export, 12);
    connect(m_export, &QPushButton::clicked, this,
            [this] { Q_EMIT exportRequested(format(), m_folder->text().trimmed(), m_options->values()); });
}

QWidget* ExportPage::buildEmpty() {
    auto* empty = new QWidget;
    auto* column = new QVBoxLayout(empty);
    column->setSpacing(8);
    column->addStretch(2);
    column->addWidget(iconLabel(m_theme.icon(QStringLiteral("export"), Token::LineControl), 48), 0, Qt::AlignCenter);
    column->addSpacing(8);
    column->addWidget(label(tr("Nothing to export yet"), "title"), 0, Qt::AlignCenter);
    column->addWidget(
        label(tr("Choose a run, or make one: what it learnt can be written as a model that other tools load."), "muted"), 0,
        Qt::AlignCenter);
    column->addSpacing(8);
    QPushButton* runs = secondaryButton(tr("Choose a run"), QStringLiteral("chooseRunButton"), tr("Show the table of runs"));
    column->addWidget(runs, 0, Qt::AlignCenter);
    column->addStretch(3);
    connect(runs, &QPushButton::clicked, this, &ExportPage::runsRequested);
    return empty;
}

QWidget* ExportPage::buildLeft() {
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    column->addWidget(label(tr("Format"), "section"));
    m_formats = new QVBoxLayout;
    m_formats->setSpacing(8);
    column->addLayout(m_formats);
    QLabel* noGguf = paragraph(QString::fromUtf8(kNoGguf), "small");
    noGguf->setObjectName(QStringLiteral("noGguf"));
    column->addWidget(noGguf);
    m_group = new QButtonGroup(this);
    column->addSpacing(16);
    column->addWidget(label(tr("Options"), "section"));
    m_options = new OptionsForm(m_theme);
    m_options->setLabelWidth(kLabel);
    column->addWidget(m_options);
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    QLabel* title = label(tr("Folder"), "muted");
    title->setFixedWidth(kBar + kLabel + 12);
    title->setContentsMargins(kBar, 0, 0, 0);
    m_folder = new QLineEdit;
    m_folder->setObjectName(QStringLiteral("exportFolder"));
    m_folder->setAccessibleName(tr("Folder"));
    m_folder->setToolTip(tr("A folder that is empty or not there yet"));
    m_folder->setAcceptDrops(false);
    QToolButton* choose = quietButton({}, m_theme.icon(QStringLiteral("folder")), QStringLiteral("chooseFolderButton"),
                                      tr("Choose where the export goes"));
    row->addWidget(title);
    row->addWidget(m_folder, 1);
    row->addSpacing(8);
    row->addWidget(choose);
    column->addLayout(row);
    QLabel* note =
        paragraph(tr("A folder that is empty or not there yet. Its name gets .partial until all checks have passed."), "small");
    note->setContentsMargins(kBar + kLabel + 12, 0, 0, 0);
    column->addWidget(note);
    column->addStretch(1);
    connect(m_options, &OptionsForm::troubleChanged, this, &ExportPage::judge);
    connect(m_folder, &QLineEdit::textChanged, this, &ExportPage::judge);
    connect(choose, &QToolButton::clicked, this, &ExportPage::chooseFolder);
    auto* frame = new QFrame;
    frame->setObjectName(QStringLiteral("form"));
    auto* around = new QVBoxLayout(frame);
    around->setContentsMargins(0, 0, 1, 0);
    around->addWidget(scrolled(content));
    return frame;
}

QWidget* ExportPage::buildRight() {
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);
    m_banner = new FailureBanner(m_theme);
    m_outcome = new OutcomeCard(m_theme);
    column->addWidget(m_banner);
    column->addWidget(m_outcome);
    m_lower = new QBoxLayout(QBoxLayout::LeftToRight);
    m_lower->setSpacing(12);
    m_filesCard = new Card(tr("Files"));
    m_filesCard->setHeaderLine(true);
    m_files = new FileList(m_theme);
    m_files->setObjectName(QStringLiteral("exportFiles"));
    m_filesCard->body()->addWidget(m_files);
    auto* files = new QVBoxLayout;
    files->addWidget(m_filesCard);
    files->addStretch(1);
    m_lower->addLayout(files, 1);
    auto* lineage = new Card(tr("Lineage"));
    lineage->setHeaderLine(true);
    m_lineage = new QGridLayout;
    m_lineage->setContentsMargins(11, 10, 11, 11);
    m_lineage->setHorizontalSpacing(16);
    m_lineage->setVerticalSpacing(8);
    m_lineage->setColumnStretch(1, 1);
    lineage->body()->addLayout(m_lineage);
    m_lineageCard = lineage;
    auto* right = new QVBoxLayout;
    right->addWidget(lineage);
    right->addStretch(1);
    m_lower->addLayout(right);
    column->addLayout(m_lower);
    column->addStretch(1);
    connect(m_banner, &FailureBanner::remedyChosen, this, [this](int) { chooseFolder(); });
    connect(m_outcome->openButton(), &QPushButton::clicked, this, [this] { Q_EMIT openFolderRequested(m_doneFolder); });
    return scrolled(content);
}

QString ExportPage::format() const {
    const auto* card = static_cast<const FormatCard*>(m_group->checkedButton());
    return card == nullptr ? QString() : card->id();
}

void ExportPage::setExporters(const std::vector<Choice>& exporters) {
    m_exporters = exporters;
    for (QAbstractButton* old : m_group->buttons()) {
        m_group->removeButton(old);
        delete old;
    }
    for (const Choice& exporter : exporters) {
        auto* card = new FormatCard(QString::fromStdString(exporter.id), QString::fromStdString(exporter.title),
                                    QString::fromStdString(exporter.sentence), m_theme);
        m_group->addButton(card);
        m_formats->addWidget(card);
        connect(card, &FormatCard::clicked, this, &ExportPage::chooseFormat);
    }
    if (!m_group->buttons().isEmpty())
        m_group->buttons().front()->setChecked(true);
    chooseFormat();
}

void ExportPage::chooseFormat() {
    for (const Choice& exporter : m_exporters)
        if (QString::fromStdString(exporter.id) == format())
            m_options->setOptions(exporter.options);
    if (m_hasRun && !format().isEmpty())
        Q_EMIT forecastWanted(format());
    judge();
}

void ExportPage::chooseFolder() {
    auto* dialog = new QFileDialog(this, tr("Folder of the export"), QFileInfo(m_folder->text()).absolutePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::AnyFile);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    dialog->setOption(QFileDialog::DontConfirmOverwrite);
    dialog->selectFile(QFileInfo(m_folder->text()).fileName());
    connect(dialog, &QFileDialog::fileSelected, m_folder, &QLineEdit::setText);
    dialog->open();
}

void ExportPage::showRun(const RunRecord& run) {
    const bool another = !m_hasRun || run.path != m_run.path;
    m_run = run;
    m_hasRun = true;
    m_runName->setText(QString::fromStdString(run.name));
    m_empty->hide();
    m_left->show();
    m_right->show();
    fillLineage();
    if (another) {
        const QFileInfo file(QString::fromStdString(run.path));
        m_folder->setText(file.absolutePath() + QLatin1Char('/') + file.completeBaseName() + QStringLiteral("-export"));
        m_done = false;
        m_failed = false;
        m_started = false;
        m_banner->clear();
        m_files->setFiles({});
        m_outcome->setWaiting(tr("Not written yet"), tr("four checks come with it"));
        if (!format().isEmpty())
            Q_EMIT forecastWanted(format());
    }
    judge();
}

void ExportPage::showNothing() {
    m_hasRun = false;
    m_run = {};
    m_runName->setText({});
    m_empty->show();
    m_left->hide();
    m_right->hide();
    judge();
}

void ExportPage::fillLineage() {
    while (QLayoutItem* item = m_lineage->takeAt(0)) {
        delete item->widget();
        delete item;
    }
    const auto add = [this](const QString& title, const QString& value) {
        const int row = m_lineage->rowCount();
        m_lineage->addWidget(label(title, "note"), row, 0);
        auto* text = new ElidedLabel(value, "value");
        text->setElideMode(Qt::ElideMiddle);
        m_lineage->addWidget(text, row, 1);
    };
    add(tr("base"), madeOfText(m_run));
    if (!m_run.provenance.modelSha256.empty())
        add(tr("SHA-256"), QString::fromStdString(m_run.provenance.modelSha256).left(16) + QStringLiteral("…"));
    for (const StageRecord& stage : m_run.stages)
        if (stage.step > 0)
            add(stageWord(stage.stage), tr("%1 steps").arg(countText(stage.step)));
    if (!m_run.checkpoints.empty()) {
        const CheckpointRecord& newest = m_run.checkpoints.back();
        add(tr("checkpoint"), tr("%1, step %2").arg(stageWord(newest.stage), countText(newest.step)));
    }
    if (m_run.bestRelative >= 0)
        add(tr("error"), errorText(m_run.bestRelative));
}

void ExportPage::setForecast(const ExportForecast& forecast) {
    if (m_running || m_done)
        return;
    QVector<ListedFile> files;
    for (const ExportForecast::File& file : forecast.files)
        files.append({QString::fromStdString(file.name), QString::fromStdString(file.sentence), file.bytes, false});
    m_files->setFiles(files);
    m_filesCard->setSubtitle(tr("%1 files, %2 to be written").arg(files.size()).arg(bytesText(forecast.bytes)));
    if (auto* card = static_cast<FormatCard*>(m_group->checkedButton()))
        card->setSize(bytesText(forecast.bytes));
    if (m_banner->isShown() && !m_failed)
        m_banner->clear();
}

void ExportPage::setRunning(bool running) {
    if (running == m_running)
        return;
    m_running = running;
    if (running) {
        m_done = false;
        m_failed = false;
        m_started = true;
        m_clock.start();
        m_banner->clear();
        m_files->forgetWritten();
        m_outcome->setWaiting({}, {});
        m_outcome->setRunning(tr("Exporting…"), m_folder->text());
    }
    judge();
}

void ExportPage::handle(const JobEvent& event) {
    if (const auto* file = std::get_if<FileWritten>(&event)) {
        m_files->markWritten(QFileInfo(QString::fromStdString(file->path)).fileName(), file->bytes);
    } else if (const auto* check = std::get_if<CheckDone>(&event)) {
        const QString sentence = QString::fromStdString(check->sentence);
        if (check->id == "next")
            m_outcome->setNext(sentence);
        else if (check->id == "command")
            m_outcome->setCommand(sentence);
        else
            m_outcome->setCheck(QString::fromStdString(check->id), check->passed, sentence);
    } else if (const auto* progress = std::get_if<StageProgress>(&event); progress != nullptr && m_running) {
        const QString share = progress->steps > 0 ? tr(", %1 %").arg(100 * progress->step / progress->steps) : QString();
        m_outcome->setRunning(tr("Exporting…"), QString::fromStdString(progress->doing) + share);
    }
}

void ExportPage::setFailure(const Failure& failure) {
    m_failed = std::exchange(m_started, false); // else a forecast failed, and nothing was tried
    m_banner->show(failure, failure.code == "EXP-TARGET" ? QStringList{tr("Choose another folder…")} : QStringList());
    if (m_failed)
        m_outcome->setFinished(false, tr("Not exported"), tr("nothing is left behind under the final name"));
    judge();
}

void ExportPage::setDone(const QString& folder) {
    m_running = false;
    m_started = false;
    m_done = true;
    m_doneFolder = folder;
    const QString took =
        m_clock.isValid() ? tr(" in %1").arg(durationText(static_cast<double>(m_clock.elapsed()) / 1000)) : QString();
    m_outcome->setFinished(true, tr("Export complete"),
                           tr("%1 files, %2%3").arg(m_files->files().size()).arg(bytesText(m_files->bytes()), took));
    m_filesCard->setSubtitle(shortPath(folder));
    judge();
}

void ExportPage::judge() {
    QString why;
    if (!m_hasRun)
        why = tr("No run is chosen.");
    else if (m_running)
        why = tr("An export is going on.");
    else if (m_exporters.empty())
        why = tr("The engine is still being loaded.");
    else if (m_run.checkpoints.empty())
        why = tr("This run has no checkpoint yet.");
    else if (m_options->troubled() > 0)
        why = tr("An option has a value that cannot be used.");
    else if (m_folder->text().trimmed().isEmpty())
        why = tr("No folder is given.");
    m_export->setEnabled(why.isEmpty());
    m_export->setToolTip(why.isEmpty() ? tr("Write the model and check it (Ctrl+E)") : why);
    m_reason->setText(why);
    m_reason->setVisible(!why.isEmpty());
    m_export->setText(m_done ? tr("Export again") : tr("Export"));
    // One primary button a page: after an export it is the one that opens the folder.
    const bool primary = !m_done && !m_banner->hasRemedy();
    setStyled(m_export, "kind", primary ? QVariant("primary") : QVariant("secondary"));
    m_export->setIcon(m_theme.icon(QStringLiteral("export"), primary ? Token::OnAccent : Token::Text));
}

void ExportPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool wide = width() >= 1200;
    m_left->setFixedWidth(width() >= 1100 ? 424 : 400);
    m_lower->setDirection(wide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
    m_lineageCard->setMinimumWidth(wide ? 320 : 0);
    m_lineageCard->setMaximumWidth(wide ? 320 : QWIDGETSIZE_MAX);
}

} // namespace lolcats
