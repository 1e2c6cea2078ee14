// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/failure_banner.h"

#include "ui/widgets/buttons.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace lolcats {

FailureBanner::FailureBanner(Theme& theme, QWidget* parent)
    : QFrame(parent), m_summary(paragraph({}, "section")), m_remedy(paragraph({})), m_detail(paragraph({}, "mono")),
      m_buttons(new QHBoxLayout),
      m_details(secondaryButton(tr("Details"), QStringLiteral("failureDetails"), tr("Show all that is known of it"))) {
    setProperty("banner", "bad");
    setObjectName(QStringLiteral("failureBanner"));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 12, 16, 12);
    row->setSpacing(12);
    row->addWidget(iconLabel(theme.icon(QStringLiteral("cross-circle"), Token::Bad), 20), 0, Qt::AlignTop);
    auto* column = new QVBoxLayout;
    column->setSpacing(4);
    row->addLayout(column, 1);
    m_summary->setObjectName(QStringLiteral("failureSummary"));
    m_remedy->setObjectName(QStringLiteral("failureRemedy"));
    m_detail->setObjectName(QStringLiteral("failureDetail"));
    column->addWidget(m_summary);
    column->addWidget(m_remedy);
    column->addWidget(m_detail);
    m_buttons->setSpacing(8);
    m_buttons->setContentsMargins(0, 8, 0, 0);
    m_buttons->addStretch(1);
    m_buttons->addWidget(m_details);
    QPushButton* copy = secondaryButton(tr("Copy diagnostics"), QStringLiteral("copyDiagnostics"),
                                        tr("Put the failure with its details on the clipboard"));
    copy->setIcon(theme.icon(QStringLiteral("copy"), Token::Text));
    m_buttons->addWidget(copy);
    column->addLayout(m_buttons);
    connect(m_details, &QPushButton::clicked, this, [this] { m_detail->setVisible(m_detail->isHidden()); });
    connect(copy, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(diagnostics()); });
    hide();
}

void FailureBanner::show(const Failure& failure, const QStringList& remedies) {
    m_failure = failure;
    m_summary->setText(QString::fromStdString(failure.summary));
    m_remedy->setText(QString::fromStdString(failure.remedy));
    m_remedy->setVisible(!failure.remedy.empty());
    m_detail->setText(QString::fromStdString(failure.code) +
                      (failure.detail.empty() ? QString() : QStringLiteral("\n") + QString::fromStdString(failure.detail)));
    m_detail->hide();
    setRemedies(remedies);
    setAccessibleName(m_summary->text());
    setVisible(true);
}

void FailureBanner::setRemedies(const QStringList& remedies) {
    for (QPushButton* old : m_remedies)
        delete old;
    m_remedies.clear();
    for (int i = 0; i < remedies.size(); ++i) {
        const QString name = QStringLiteral("remedy%1").arg(i);
        QPushButton* button = i == 0 ? primaryButton(remedies[i], name, m_remedy->text(), this)
                                     : secondaryButton(remedies[i], name, m_remedy->text(), this);
        m_buttons->insertWidget(i, button);
        m_remedies.append(button);
        // Queued: what is done about it may clear the banner and with it this button.
        connect(
            button, &QPushButton::clicked, this, [this, i] { Q_EMIT remedyChosen(i); }, Qt::QueuedConnection);
    }
}

void FailureBanner::clear() {
    m_failure = {};
    hide();
}

QString FailureBanner::diagnostics() const {
    QStringList lines{QString::fromStdString(m_failure.code + ": " + m_failure.summary)};
    if (!m_failure.detail.empty())
        lines << QString::fromStdString(m_failure.detail);
    if (!m_failure.remedy.empty())
        lines << QString::fromStdString(m_failure.remedy);
    lines << QStringLiteral("Lolcats Workbench " LOLCATS_VERSION);
    return lines.join(QLatin1Char('\n'));
}

} // namespace lolcats
