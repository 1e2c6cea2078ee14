// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"

#include <QFile>
#include <QFileInfo>

namespace lolcats {

namespace {

constexpr int kVersion = 1;
constexpr int kRecents = 12;
constexpr auto kVersionKey = "version";
constexpr auto kGeometry = "window/geometry";
constexpr auto kTheme = "window/theme";
constexpr auto kModels = "recent/models";
constexpr auto kRuns = "recent/runs";

// A file of ours that can be read, or none yet.
bool isWhole(const QSettings& file) {
    if (QFileInfo(file.fileName()).size() == 0)
        return true;
    return file.status() == QSettings::NoError && file.value(kVersionKey).toString() == QString::number(kVersion);
}

} // namespace

Settings::Settings(const QString& path) : m_file(std::make_unique<QSettings>(path, QSettings::IniFormat)) {
    if (!isWhole(*m_file)) {
        m_setAside = path + QStringLiteral(".broken");
        m_file.reset();
        QFile::remove(m_setAside);
        QFile::rename(path, m_setAside);
        m_file = std::make_unique<QSettings>(path, QSettings::IniFormat);
    }
    m_file->setValue(kVersionKey, kVersion);
}

QByteArray Settings::geometry() const {
    return m_file->value(kGeometry).toByteArray();
}

void Settings::setGeometry(const QByteArray& geometry) {
    m_file->setValue(kGeometry, geometry);
}

QString Settings::theme() const {
    return m_file->value(kTheme, QStringLiteral("system")).toString();
}

void Settings::setTheme(const QString& theme) {
    m_file->setValue(kTheme, theme);
}

QStringList Settings::recentModels() const {
    return m_file->value(kModels).toStringList();
}

void Settings::addRecentModel(const QString& path) {
    addTo(kModels, path);
}

QStringList Settings::knownRuns() const {
    return m_file->value(kRuns).toStringList();
}

void Settings::addKnownRun(const QString& path) {
    addTo(kRuns, path);
}

void Settings::addTo(const char* key, const QString& path) {
    QStringList paths = m_file->value(key).toStringList();
    paths.removeAll(path);
    paths.prepend(path);
    m_file->setValue(key, paths.mid(0, kRecents));
}

} // namespace lolcats
