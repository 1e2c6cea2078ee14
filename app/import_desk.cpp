// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/import_desk.h"

#include "app/conversion_work.h"
#include "app/path_dialog.h"
#include "app/places.h"

namespace lolcats {

ImportDesk::ImportDesk(QWidget& over, Theme& theme, EngineRoom& room, EventPump& pump, QObject* parent)
    : QObject(parent), m_over(over), m_theme(theme), m_room(room) {
    connect(&pump, &EventPump::progressed, this, [this](const StageProgress& progress) {
        if (m_window)
            m_window->setProgress(progress);
    });
}

void ImportDesk::show() {
    if (m_window) {
        m_window->raise();
        return;
    }
    m_window = new ImportWindow(m_theme, &m_over);
    connect(m_window, &ImportWindow::pathWanted, this, [this] {
        PathDialog::ask(m_window, tr("A file or a folder of the student"),
                        tr("Students (*.pt *.safetensors adapter_config.json config.json);;All files (*)"),
                        PathDialog::Wanted::FileOrFolder, [window = m_window](const QString& path) {
                            if (window)
                                window->addPath(path);
                        });
    });
    connect(m_window, &ImportWindow::modelWanted, this, [this] {
        PathDialog::ask(m_window, tr("The model that it was made of"),
                        tr("Models (*.gguf config.json *.safetensors);;All files (*)"), PathDialog::Wanted::FileOrFolder,
                        [window = m_window](const QString& path) {
                            if (window)
                                window->setModel(path);
                        });
    });
    connect(m_window, &ImportWindow::importRequested, this, &ImportDesk::start);
    connect(m_window, &ImportWindow::stopRequested, this, [this] { m_room.jobs().stop(); });
    m_window->show();
}

void ImportDesk::start(const QString& model, const QStringList& paths) {
    if (m_room.jobs().isBusy() || !m_room.isOpen()) {
        m_window->setFailure({"RES-BUSY",
                              "The trainer is at work, or the engine is still being loaded, so nothing can be imported now.",
                              {},
                              "Wait for the end of the run, or stop it; it can be resumed afterwards."});
        return;
    }
    ImportRequest request;
    request.model = model.toStdString();
    for (const QString& path : paths)
        request.paths.push_back(path.toStdString());
    const QString run = places::freeRunPath(model);
    m_window->setRunning(true);
    m_room.jobs().run(
        [request, file = run.toStdString()](Trainer& trainer) { conversion_work::importStudent(trainer, request, file); },
        [this, run](const std::optional<Failure>& failure) { finish(run, failure); });
}

void ImportDesk::finish(const QString& path, const std::optional<Failure>& failure) {
    if (failure) {
        if (m_window)
            m_window->setFailure(*failure);
        Q_EMIT said({LogLevel::Error, failure->summary + " " + failure->remedy, 0});
        return;
    }
    if (m_window) {
        m_window->setRunning(false);
        m_window->accept();
    }
    Q_EMIT said({LogLevel::Info, "Imported into " + path.toStdString() + ".", 0});
    Q_EMIT imported(path);
}

} // namespace lolcats
