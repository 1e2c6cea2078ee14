// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/path_dialog.h"

#include <QFileInfo>

#include <utility>

namespace lolcats {

PathDialog::PathDialog(QWidget* parent, const QString& title, Wanted wanted) : QFileDialog(parent, title), m_wanted(wanted) {
    setObjectName(QStringLiteral("pathDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    if (wanted == Wanted::File) {
        setFileMode(ExistingFile);
        return;
    }
    // The system's own dialogs choose either files or folders; Qt's can be taught both.
    setOption(DontUseNativeDialog);
    setOption(ShowDirsOnly, false);
    setFileMode(Directory);
}

void PathDialog::ask(QWidget* parent, const QString& title, const QString& filter, Wanted wanted,
                     std::function<void(const QString&)> chosen) {
    auto* dialog = new PathDialog(parent, title, wanted);
    dialog->setNameFilters(filter.split(QStringLiteral(";;")));
    connect(dialog, &QDialog::accepted, parent, [dialog, chosen = std::move(chosen)] {
        const QStringList files = dialog->selectedFiles();
        if (!files.isEmpty())
            chosen(files.first());
    });
    dialog->open();
}

void PathDialog::accept() {
    const QStringList files = selectedFiles();
    const bool isThere = !files.isEmpty() && QFileInfo::exists(files.first());
    if (m_wanted == Wanted::FileOrFolder && isThere)
        QDialog::accept();
    else
        QFileDialog::accept();
}

} // namespace lolcats
