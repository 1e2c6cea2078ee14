// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/close_guard.h"

#include <QEvent>
#include <QMessageBox>
#include <QPushButton>

namespace lolcats {

CloseGuard::CloseGuard(QWidget& window, JobThread& jobs, EventPump& pump, QObject* parent)
    : QObject(parent), m_window(window), m_jobs(jobs) {
    m_window.installEventFilter(this);
    // Queued: after the replies that the same turn of the pump brings.
    connect(&pump, &EventPump::phaseChanged, this, &CloseGuard::closeWhenIdle, Qt::QueuedConnection);
}

bool CloseGuard::eventFilter(QObject* watched, QEvent* event) {
    if (watched != &m_window || event->type() != QEvent::Close)
        return QObject::eventFilter(watched, event);
    if (!m_jobs.isBusy()) {
        Q_EMIT closing();
        return false;
    }
    if (!m_isAsking && !m_isAgreed)
        ask();
    event->ignore();
    return true;
}

void CloseGuard::ask() {
    auto* question =
        new QMessageBox(QMessageBox::Question, tr("Close while a run works?"),
                        tr("The trainer is at work. It can stop after this step with a checkpoint; a run can be resumed the "
                           "next time."),
                        QMessageBox::NoButton, &m_window);
    question->setObjectName(QStringLiteral("closeQuestion"));
    question->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton* stop = question->addButton(tr("Stop and close"), QMessageBox::AcceptRole);
    stop->setObjectName(QStringLiteral("stopAndCloseButton"));
    question->addButton(tr("Keep it running"), QMessageBox::RejectRole);
    m_isAsking = true;
    connect(question, &QMessageBox::buttonClicked, this, [this, stop](QAbstractButton* pressed) {
        m_isAgreed = pressed == stop;
        if (m_isAgreed)
            m_jobs.stop();
        closeWhenIdle(); // it may have ended while the question stood there
    });
    connect(question, &QDialog::finished, this, [this] { m_isAsking = false; });
    question->open();
}

void CloseGuard::closeWhenIdle() {
    if (m_isAgreed && !m_jobs.isBusy())
        m_window.close();
}

} // namespace lolcats
