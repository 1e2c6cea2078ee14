// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shown_run.h"

#include "app/guarded.h"
#include "core/runs/run_store.h"

namespace lolcats {

namespace {

constexpr int kFollowInterval = 2000; // milliseconds

} // namespace

ShownRun::ShownRun(QObject* parent) : QObject(parent) {
    m_again.setInterval(kFollowInterval);
    connect(&m_again, &QTimer::timeout, this, &ShownRun::follow);
}

std::optional<Failure> ShownRun::open(const QString& path) {
    std::optional<RunRecord> record;
    if (auto failure = guarded([&] { record = RunReader(path.toStdString()).record(); }))
        return failure;
    m_record = std::move(record);
    Q_EMIT opened();
    return std::nullopt;
}

void ShownRun::follow() {
    const std::string path = m_record->path;
    if (!guarded([&] { m_record = RunReader(path).record(); }))
        Q_EMIT followed();
}

void ShownRun::setFollowed(bool followed) {
    if (followed && isThere())
        m_again.start();
    else
        m_again.stop();
}

std::vector<Metric> ShownRun::metrics() const {
    std::vector<Metric> metrics;
    guarded([&] { metrics = RunReader(m_record->path).metrics({}, -2); });
    return metrics;
}

std::vector<MapKey> ShownRun::mapKeys() const {
    std::vector<MapKey> keys;
    guarded([&] { keys = RunReader(m_record->path).mapKeys(); });
    return keys;
}

ShownRun::Overview ShownRun::overview(qint64 id) const {
    Overview answer;
    answer.failure = guarded([&] { answer.snapshot = RunReader(m_record->path).mapOverview(id); });
    return answer;
}

ShownRun::Head ShownRun::head(qint64 id, int layer, int head) const {
    Head answer;
    answer.failure = guarded([&] { answer.map = RunReader(m_record->path).headMap(id, layer, head); });
    return answer;
}

} // namespace lolcats
