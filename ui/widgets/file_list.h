// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files that will be written or were: name, what it is, size, and a tick once it is there. Rows of 32.

#include "ui/theme.h"

#include <QVector>
#include <QWidget>

namespace lolcats {

struct ListedFile {
    QString name;
    QString sentence;
    std::int64_t bytes = 0;
    bool written = false;
};

class FileList : public QWidget {
    Q_OBJECT

public:
    explicit FileList(Theme& theme, QWidget* parent = nullptr);

    void setFiles(const QVector<ListedFile>& files);
    const QVector<ListedFile>& files() const { return m_files; }
    void markWritten(const QString& name, std::int64_t bytes); // a file that was not foreseen is added
    void forgetWritten();
    std::int64_t bytes() const;

protected:
    void paintEvent(QPaintEvent*) override;

private:
    void resizeToFiles();

    Theme& m_theme;
    QVector<ListedFile> m_files;
};

} // namespace lolcats
