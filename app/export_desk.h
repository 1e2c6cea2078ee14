// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Export page's questions answered: what will be written, and the writing itself with its checks.

#include "app/engine_room.h"
#include "app/event_pump.h"
#include "app/shown_run.h"
#include "ui/pages/export_page.h"

#include <QObject>
#include <QString>

namespace lolcats {

class ExportDesk : public QObject {
    Q_OBJECT

public:
    ExportDesk(ExportPage& page, ShownRun& run, EngineRoom& room, EventPump& pump, QObject* parent = nullptr);

    void showRun();
    bool isRunning() const { return m_isRunning; }

Q_SIGNALS:
    void said(const LogLine& line);

private:
    void showForecast(const QString& format);
    void write(const QString& format, const QString& folder, const OptionValues& options);
    void finish(const QString& folder, const std::optional<Failure>& failure);

    ExportPage& m_page;
    ShownRun& m_run;
    EngineRoom& m_room;
    bool m_isRunning = false;
};

} // namespace lolcats
