// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/outcome_card.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QToolButton>
#include <QVBoxLayout>

namespace lolcats {

OutcomeCard::OutcomeCard(Theme& theme, QWidget* parent)
    : QFrame(parent), m_theme(theme), m_headline(label({}, "headline")), m_subtitle(new ElidedLabel({}, "small")),
      m_open(primaryButton(tr("Open folder"), QStringLiteral("openFolderButton"), tr("Show the export in the file manager"))),
      m_next(new QWidget), m_nextSentence(label({}, "note")), m_command(paragraph({}, "mono")),
      m_copy(quietButton({}, theme.icon(QStringLiteral("copy")), QStringLiteral("copyNextButton"),
                         tr("Put the command on the clipboard"))) {
    setProperty("card", "true");
    setObjectName(QStringLiteral("outcomeCard"));
    m_headline->setObjectName(QStringLiteral("outcomeHeadline"));
    m_subtitle->setObjectName(QStringLiteral("outcomeSubtitle"));
    m_open->setIcon(theme.icon(QStringLiteral("folder"), Token::OnAccent));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(20, 14, 16, 16);
    column->setSpacing(12);
    auto* head = new QHBoxLayout;
    head->setSpacing(12);
    head->addWidget(m_headline);
    head->addWidget(m_subtitle, 0, Qt::AlignVCenter);
    head->addStretch(1);
    head->addWidget(m_open);
    column->addLayout(head);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    column->addLayout(row);
    addCheck(row, QStringLiteral("parity"), tr("Forms agree"), tr("all tokens at once, and one by one"));
    addCheck(row, QStringLiteral("written"), tr("Written"), tr("each file, synced to disk"));
    addCheck(row, QStringLiteral("read-back"), tr("Read back"), tr("by this program's own loader"));
    addCheck(row, QStringLiteral("logits"), tr("Logits agree"), tr("with the student of the run"));
    buildNext();
    column->addWidget(m_next);
    reset();
}

void OutcomeCard::buildNext() {
    m_nextSentence->setObjectName(QStringLiteral("nextSentence"));
    m_command->setObjectName(QStringLiteral("nextCommand"));
    m_command->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    auto* column = new QVBoxLayout(m_next);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    column->addWidget(m_nextSentence);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(m_command, 1);
    row->addWidget(m_copy, 0, Qt::AlignTop);
    column->addLayout(row);
    connect(m_copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(m_command->text()); });
}

void OutcomeCard::addCheck(QHBoxLayout* row, const QString& id, const QString& title, const QString& plan) {
    if (!m_order.isEmpty())
        row->addWidget(line(Qt::Vertical));
    auto* place = new QHBoxLayout;
    place->setSpacing(12);
    Check check{iconLabel({}, 24), paragraph(plan, "note"), plan, false};
    check.sentence->setObjectName(QStringLiteral("check-") + id);
    check.sentence->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    check.sentence->setMinimumHeight(32);
    place->addWidget(check.icon, 0, Qt::AlignTop);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(label(title, "strong"));
    words->addWidget(check.sentence, 1);
    place->addLayout(words, 1);
    row->addLayout(place, 1);
    m_checks.insert(id, check);
    m_order << id;
}

void OutcomeCard::setHead(const QString& headline, const QString& subtitle) {
    m_headline->setText(headline);
    m_subtitle->setText(subtitle);
}

void OutcomeCard::reset() {
    for (Check& check : m_checks) {
        check.done = false;
        check.icon->setIcon(m_theme.icon(QStringLiteral("ring"), Token::LineControl));
        check.sentence->setText(check.plan);
    }
    m_open->hide();
    m_next->hide();
    setCommand({});
    setStyled(this, "card", "true");
}

void OutcomeCard::showNext(bool running) {
    for (const QString& id : m_order)
        if (!m_checks[id].done) {
            m_checks[id].icon->setIcon(running ? m_theme.icon(QStringLiteral("state-preparing"), Token::Accent)
                                               : m_theme.icon(QStringLiteral("ring"), Token::LineControl));
            return;
        }
}

void OutcomeCard::setWaiting(const QString& headline, const QString& subtitle) {
    reset();
    setHead(headline, subtitle);
}

void OutcomeCard::setRunning(const QString& headline, const QString& subtitle) {
    if (!m_open->isHidden() || property("card") != QVariant("true"))
        reset();
    setHead(headline, subtitle);
    showNext(true);
}

void OutcomeCard::setCheck(const QString& id, bool passed, const QString& sentence) {
    const auto check = m_checks.find(id);
    if (check == m_checks.end())
        return;
    check->done = true;
    check->icon->setIcon(passed ? m_theme.icon(QStringLiteral("check-circle"), Token::Good)
                                : m_theme.icon(QStringLiteral("cross-circle"), Token::Bad));
    check->sentence->setText(sentence);
    if (passed)
        showNext(true);
}

void OutcomeCard::setNext(const QString& sentence) {
    m_nextSentence->setText(sentence);
    m_next->show();
}

void OutcomeCard::setCommand(const QString& command) {
    m_command->setText(command);
    m_command->setVisible(!command.isEmpty());
    m_copy->setVisible(!command.isEmpty());
}

void OutcomeCard::setFinished(bool good, const QString& headline, const QString& subtitle) {
    setHead(headline, subtitle);
    showNext(false);
    m_open->setVisible(good);
    setStyled(this, "card", good ? "good" : "bad");
}

} // namespace lolcats
