// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/export_desk.h"

#include "app/conversion_work.h"
#include "app/guarded.h"

#include <QDesktopServices>
#include <QUrl>

namespace lolcats {

ExportDesk::ExportDesk(ExportPage& page, ShownRun& run, EngineRoom& room, EventPump& pump, QObject* parent)
    : QObject(parent), m_page(page), m_run(run), m_room(room) {
    connect(&room, &EngineRoom::opened, this, [this] {
        m_page.setExporters(m_room.engine().catalogue().exporters);
        showRun();
    });
    connect(&page, &ExportPage::forecastWanted, this, &ExportDesk::showForecast);
    connect(&page, &ExportPage::exportRequested, this, &ExportDesk::write);
    connect(&page, &ExportPage::openFolderRequested, this,
            [](const QString& folder) { QDesktopServices::openUrl(QUrl::fromLocalFile(folder)); });
    connect(&pump, &EventPump::progressed, this, [this](const StageProgress& progress) {
        if (m_isRunning)
            m_page.handle(progress);
    });
    connect(&pump, &EventPump::fileWritten, this, [this](const FileWritten& file) {
        if (m_isRunning)
            m_page.handle(file);
    });
    connect(&pump, &EventPump::checked, this, [this](const CheckDone& check) {
        if (m_isRunning)
            m_page.handle(check);
    });
    m_page.showNothing();
}

void ExportDesk::showRun() {
    if (m_isRunning)
        return;
    if (m_run.isThere())
        m_page.showRun(m_run.record());
    else
        m_page.showNothing();
}

void ExportDesk::showForecast(const QString& format) {
    if (!m_run.isThere() || !m_room.isOpen() || m_isRunning)
        return;
    ExportForecast forecast;
    const auto failure = guarded([&] {
        ExportRequest request;
        request.format = format.toStdString();
        forecast = m_room.engine().exportForecast(conversion_work::subjectOf(m_run.record()), request);
    });
    if (failure)
        m_page.setFailure(*failure);
    else
        m_page.setForecast(forecast);
}

void ExportDesk::write(const QString& format, const QString& folder, const OptionValues& options) {
    if (!m_run.isThere())
        return;
    if (m_room.jobs().isBusy()) {
        m_page.setFailure({"RES-BUSY",
                           "The trainer is at work, so the student cannot be exported now.",
                           {},
                           "Wait for the end of the run, or stop it; it can be resumed afterwards."});
        return;
    }
    ExportRequest request;
    request.format = format.toStdString();
    request.folder = folder.toStdString();
    request.options = options;
    m_isRunning = true;
    m_page.setRunning(true);
    m_room.jobs().run(
        [request, file = m_run.record().path](Trainer& trainer) { conversion_work::exportStudent(trainer, file, request); },
        [this, folder](const std::optional<Failure>& failure) { finish(folder, failure); });
}

void ExportDesk::finish(const QString& folder, const std::optional<Failure>& failure) {
    m_isRunning = false;
    m_page.setRunning(false);
    if (failure) {
        m_page.setFailure(*failure);
        Q_EMIT said({LogLevel::Error, failure->summary + " " + failure->remedy, 0});
        return;
    }
    m_page.setDone(folder);
    Q_EMIT said({LogLevel::Info, "Exported to " + folder.toStdString() + ".", 0});
}

} // namespace lolcats
