// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A dialog that chooses a file or a folder, whichever the person points at. Never waits: the answer is a call.

#include <QFileDialog>
#include <QString>

#include <functional>

namespace lolcats {

class PathDialog final : public QFileDialog {
    Q_OBJECT

public:
    enum class Wanted { File, FileOrFolder };

    // Opens over `parent` and deletes itself.
    static void ask(QWidget* parent, const QString& title, const QString& filter, Wanted wanted,
                    std::function<void(const QString&)> chosen);

protected:
    void accept() override;

private:
    PathDialog(QWidget* parent, const QString& title, Wanted wanted);

    Wanted m_wanted;
};

} // namespace lolcats
