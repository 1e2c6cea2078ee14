// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The window that imports, answered: paths chosen, the student read on the trainer thread into a run of its own.

#include "app/engine_room.h"
#include "app/event_pump.h"
#include "ui/theme.h"
#include "ui/widgets/import_window.h"

#include <QObject>
#include <QPointer>
#include <QString>

namespace lolcats {

class ImportDesk : public QObject {
    Q_OBJECT

public:
    ImportDesk(QWidget& over, Theme& theme, EngineRoom& room, EventPump& pump, QObject* parent = nullptr);

    void show();

Q_SIGNALS:
    void said(const LogLine& line);
    void imported(const QString& path);

private:
    void start(const QString& model, const QStringList& paths);
    void finish(const QString& path, const std::optional<Failure>& failure);

    QWidget& m_over;
    Theme& m_theme;
    EngineRoom& m_room;
    QPointer<ImportWindow> m_window;
};

} // namespace lolcats
