// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/run_library.h"

#include "app/guarded.h"
#include "core/runs/run_store.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

#include <algorithm>
#include <map>
#include <utility>

namespace lolcats {

namespace {

// What changes when anything is committed, and when whoever worked on the run is gone.
QString stampOf(const QString& path) {
    const QFileInfo file(path);
    const QFileInfo wal(path + QStringLiteral("-wal"));
    bool isHeld = false;
    guarded([&] { isHeld = RunLock::isHeld(path.toStdString()); });
    return QStringLiteral("%1 %2 %3 %4 %5")
        .arg(file.lastModified().toMSecsSinceEpoch())
        .arg(file.size())
        .arg(wal.exists() ? wal.lastModified().toMSecsSinceEpoch() : 0)
        .arg(wal.exists() ? wal.size() : 0)
        .arg(isHeld);
}

std::vector<CurvePoint> meanOverLayers(const std::vector<Metric>& metrics) {
    std::map<std::int64_t, std::pair<double, int>> sums;
    for (const Metric& metric : metrics) {
        auto& [sum, count] = sums[metric.step];
        sum += metric.value;
        ++count;
    }
    std::vector<CurvePoint> points;
    for (const auto& [step, sum] : sums)
        points.push_back({step, sum.first / sum.second});
    return points;
}

} // namespace

RunLibrary::RunLibrary(const QString& folder, QObject* parent) : QObject(parent), m_folder(folder) {}

QStringList RunLibrary::files() const {
    QStringList paths;
    const auto inFolder = QDir(m_folder).entryInfoList({QStringLiteral("*.lolcats")}, QDir::Files, QDir::Name);
    for (const QFileInfo& file : inFolder)
        paths.append(file.absoluteFilePath());
    for (const QString& path : m_knownRuns) {
        const QString absolute = QFileInfo(path).absoluteFilePath();
        if (QFileInfo(absolute).isFile() && !paths.contains(absolute))
            paths.append(absolute);
    }
    return paths;
}

RunLibrary::Seen RunLibrary::read(const QString& path, const QString& stamp) {
    Seen seen;
    seen.stamp = stamp;
    if (const auto failure = guarded([&] { seen.record = RunReader(path.toStdString()).record(); }))
        seen.failure = *failure;
    return seen;
}

void RunLibrary::refresh() {
    QHash<QString, Seen> now;
    m_runs.clear();
    m_failures.clear();
    const QStringList paths = files();
    for (const QString& path : paths) {
        const QString stamp = stampOf(path);
        const auto before = m_seen.constFind(path);
        const bool isUnchanged = before != m_seen.constEnd() && before->stamp == stamp;
        const Seen seen = isUnchanged ? *before : read(path, stamp);
        if (seen.record)
            m_runs.push_back(*seen.record);
        else
            m_failures.push_back(seen.failure);
        now.insert(path, seen);
    }
    m_seen = std::move(now);
    std::stable_sort(m_runs.begin(), m_runs.end(),
                     [](const RunRecord& a, const RunRecord& b) { return a.started > b.started; });
    Q_EMIT refreshed();
}

RunLibrary::Curve RunLibrary::curve(const QString& path, const std::string& metric) {
    Curve curve;
    curve.failure = guarded([&] {
        const RunReader reader(path.toStdString());
        curve.points = reader.curve(metric, -1);
        if (curve.points.empty())
            curve.points = meanOverLayers(reader.metrics(metric, -2));
    });
    return curve;
}

} // namespace lolcats
