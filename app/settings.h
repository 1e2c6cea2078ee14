// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What is remembered between starts. A broken file is set aside under another name and never fatal.

#include <QByteArray>
#include <QSettings>
#include <QString>
#include <QStringList>

#include <memory>

namespace lolcats {

class Settings {
public:
    explicit Settings(const QString& path);

    QString setAside() const { return m_setAside; } // where a broken file went; empty: it was whole

    QByteArray geometry() const;
    void setGeometry(const QByteArray& geometry);
    QString theme() const; // "system", "light", "dark"
    void setTheme(const QString& theme);
    QStringList recentModels() const; // newest first
    void addRecentModel(const QString& path);
    // Run files that lie outside the folder of runs.
    QStringList knownRuns() const; // newest first
    void addKnownRun(const QString& path);

private:
    void addTo(const char* key, const QString& path);

    std::unique_ptr<QSettings> m_file;
    QString m_setAside;
};

} // namespace lolcats
