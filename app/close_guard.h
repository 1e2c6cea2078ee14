// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Between a person who closes the window and a trainer at work: asks once, stops with a checkpoint, closes when all is still.

#include "app/event_pump.h"
#include "app/job_thread.h"

#include <QObject>
#include <QWidget>

namespace lolcats {

class CloseGuard : public QObject {
    Q_OBJECT

public:
    CloseGuard(QWidget& window, JobThread& jobs, EventPump& pump, QObject* parent = nullptr);

Q_SIGNALS:
    void closing(); // nothing works any more; the window is about to go

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void ask();
    void closeWhenIdle();

    QWidget& m_window;
    JobThread& m_jobs;
    bool m_isAsking = false;
    bool m_isAgreed = false;
};

} // namespace lolcats
