// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/import_window.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/progress_line.h"

#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace lolcats {

namespace {

constexpr int kWidth = 600;

} // namespace

ImportWindow::ImportWindow(Theme& theme, QWidget* parent) : QDialog(parent), m_theme(theme) {
    setObjectName(QStringLiteral("importWindow"));
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(tr("Import a student"));
    setFixedWidth(kWidth);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 24, 24, 24);
    column->setSpacing(8);
    column->addWidget(
        paragraph(tr("A student that was made elsewhere becomes a run: checkpoints of the published LoLCATs code, "
                     "adapters of PEFT, or a folder that was exported here. Nothing in the files is run."),
                  "muted"));
    column->addSpacing(8);
    buildStudent(column);
    column->addSpacing(8);
    buildModel(column);
    column->addSpacing(8);
    m_banner = new FailureBanner(theme);
    m_banner->clear();
    column->addWidget(m_banner);
    buildFoot(column);
    showPaths();
    setModel({});
}

void ImportWindow::buildStudent(QVBoxLayout* column) {
    auto* head = new QHBoxLayout;
    head->addWidget(label(tr("All files and folders of one student"), "strong"));
    head->addStretch(1);
    m_add = smallButton(tr("Add…"), QStringLiteral("addStudentButton"), tr("Add a file or a folder of the student"));
    connect(m_add, &QPushButton::clicked, this, &ImportWindow::pathWanted);
    head->addWidget(m_add);
    column->addLayout(head);
    m_rows = new QVBoxLayout;
    m_rows->setSpacing(4);
    column->addLayout(m_rows);
}

void ImportWindow::buildModel(QVBoxLayout* column) {
    auto* head = new QHBoxLayout;
    head->addWidget(label(tr("The model that it was made of"), "strong"));
    head->addStretch(1);
    m_choose =
        smallButton(tr("Choose…"), QStringLiteral("importModelButton"), tr("Choose a GGUF file or a Hugging Face folder"));
    connect(m_choose, &QPushButton::clicked, this, &ImportWindow::modelWanted);
    head->addWidget(m_choose);
    column->addLayout(head);
    m_modelText = label({}, "muted");
    m_modelText->setObjectName(QStringLiteral("importModelText"));
    column->addWidget(m_modelText);
}

void ImportWindow::buildFoot(QVBoxLayout* column) {
    m_line = new ProgressLine(m_theme);
    m_doing = label({}, "small");
    column->addWidget(m_line);
    column->addWidget(m_doing);
    auto* foot = new QHBoxLayout;
    foot->addStretch(1);
    QPushButton* cancel = secondaryButton(tr("Cancel"), QStringLiteral("cancelImportButton"), tr("Close without a run"));
    m_start = primaryButton(tr("Import"), QStringLiteral("importButton"), {});
    connect(cancel, &QPushButton::clicked, this, &ImportWindow::reject);
    connect(m_start, &QPushButton::clicked, this, [this] {
        m_banner->clear();
        Q_EMIT importRequested(m_model, m_paths);
    });
    foot->addWidget(cancel);
    foot->addWidget(m_start);
    column->addLayout(foot);
}

void ImportWindow::addPath(const QString& path) {
    if (!path.isEmpty() && !m_paths.contains(path))
        m_paths << path;
    showPaths();
}

void ImportWindow::setModel(const QString& path) {
    m_model = path;
    m_modelText->setText(path.isEmpty()
                             ? tr("None yet: a GGUF file or a Hugging Face folder.")
                             : QFileInfo(path).fileName() + QStringLiteral("  ·  ") + QFileInfo(path).absolutePath());
    judge();
}

void ImportWindow::showPaths() {
    while (QLayoutItem* item = m_rows->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    if (m_paths.isEmpty())
        m_rows->addWidget(label(tr("None yet: …_distill.pt and …_ft.pt, model.pt, or a folder."), "muted"));
    for (const QString& path : std::as_const(m_paths)) {
        auto* row = new QWidget;
        auto* across = new QHBoxLayout(row);
        across->setContentsMargins(0, 0, 0, 0);
        auto* name = new ElidedLabel(QFileInfo(path).fileName(), "value");
        name->setElideMode(Qt::ElideMiddle);
        name->setToolTip(path);
        across->addWidget(name, 1);
        QPushButton* remove = smallButton(tr("Remove"), QStringLiteral("removeStudentButton"), tr("Leave this one out"));
        connect(remove, &QPushButton::clicked, this, [this, path] {
            m_paths.removeAll(path);
            showPaths();
        });
        across->addWidget(remove);
        m_rows->addWidget(row);
    }
    judge();
}

void ImportWindow::setRunning(bool running) {
    m_running = running;
    m_doing->setText(running ? tr("Starting…") : QString());
    m_line->setValue(0);
    judge();
}

void ImportWindow::setProgress(const StageProgress& progress) {
    if (!m_running)
        return;
    m_doing->setText(QString::fromStdString(progress.doing));
    m_line->setValue(progress.steps > 0 ? static_cast<double>(progress.step) / static_cast<double>(progress.steps) : 0);
}

void ImportWindow::setFailure(const Failure& failure) {
    m_banner->show(failure);
    setRunning(false);
}

void ImportWindow::reject() {
    if (m_running)
        Q_EMIT stopRequested();
    else
        QDialog::reject();
}

void ImportWindow::judge() {
    const QString why = m_running           ? tr("The import goes on.")
                        : m_paths.isEmpty() ? tr("No file of the student is chosen.")
                        : m_model.isEmpty() ? tr("No model is chosen.")
                                            : QString();
    m_start->setEnabled(why.isEmpty());
    m_start->setToolTip(why.isEmpty() ? tr("Read the student into a new run") : why);
    m_add->setEnabled(!m_running);
    m_choose->setEnabled(!m_running);
    for (int i = 0; i < m_rows->count(); ++i)
        m_rows->itemAt(i)->widget()->setEnabled(!m_running);
    m_line->setVisible(m_running);
    m_doing->setVisible(m_running);
}

// As high as its words need at this width: a dialog does not see to that by itself.
bool ImportWindow::event(QEvent* event) {
    const bool done = QDialog::event(event);
    if (event->type() == QEvent::LayoutRequest || event->type() == QEvent::Show)
        setFixedHeight(layout()->heightForWidth(kWidth));
    return done;
}

} // namespace lolcats
