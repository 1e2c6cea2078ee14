// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/attention_desk.h"

#include "app/conversion_work.h"

#include <utility>

namespace lolcats {

namespace {

constexpr std::int64_t kFirstProbe = -2; // −1 is no snapshot

} // namespace

AttentionDesk::AttentionDesk(AttentionPage& page, ShownRun& run, JobThread& jobs, QObject* parent)
    : QObject(parent), m_page(page), m_run(run), m_jobs(jobs) {
    connect(&page, &AttentionPage::overviewWanted, this, &AttentionDesk::showOverview);
    connect(&page, &AttentionPage::headWanted, this, &AttentionDesk::showHead);
    connect(&page, &AttentionPage::probeRequested, this, &AttentionDesk::probe);
}

void AttentionDesk::showRun() {
    if (std::exchange(m_path, m_run.path()) != m_path)
        m_probes.clear();
    m_page.showRun(m_run.record());
    refreshSnapshots();
}

void AttentionDesk::refreshSnapshots() {
    std::vector<MapKey> keys = m_run.mapKeys();
    const std::int64_t newest = keys.empty() ? 0 : keys.back().step;
    for (std::size_t probe = 0; probe < m_probes.size(); ++probe)
        keys.push_back({kFirstProbe - static_cast<std::int64_t>(probe), newest, "probe"});
    m_page.setSnapshots(keys);
}

const MapSnapshot* AttentionDesk::probed(qint64 id) const {
    const auto index = static_cast<std::size_t>(kFirstProbe - id);
    return id <= kFirstProbe && index < m_probes.size() ? m_probes[index].get() : nullptr;
}

void AttentionDesk::showOverview(qint64 id) {
    if (const MapSnapshot* snapshot = probed(id)) {
        m_page.setOverview(id, *snapshot);
        return;
    }
    if (id < 0 || !m_run.isThere())
        return;
    const ShownRun::Overview answer = m_run.overview(id);
    if (answer.failure)
        m_page.setFailure(*answer.failure);
    else
        m_page.setOverview(id, answer.snapshot);
}

void AttentionDesk::showHead(qint64 id, int layer, int head) {
    if (const MapSnapshot* snapshot = probed(id)) {
        for (const HeadMap& map : snapshot->maps)
            if (map.layer == layer && map.head == head)
                m_page.setHead(id, map);
        return;
    }
    if (id < 0 || !m_run.isThere())
        return;
    const ShownRun::Head answer = m_run.head(id, layer, head);
    if (answer.failure)
        m_page.setFailure(*answer.failure);
    else if (answer.map)
        m_page.setHead(id, *answer.map);
}

void AttentionDesk::probe(const QString& text) {
    if (!m_run.isThere())
        return;
    if (m_jobs.isBusy()) {
        m_page.setFailure({"RES-BUSY",
                           "The trainer is at work, so this text cannot be looked at now.",
                           {},
                           "Wait for the end of the run, or stop it; it can be resumed afterwards."});
        return;
    }
    Q_EMIT said({LogLevel::Info, "Attention maps are computed for the probe text…", 0});
    const auto snapshot = std::make_shared<std::shared_ptr<const MapSnapshot>>();
    const QString path = m_run.path();
    m_jobs.run([snapshot, file = path.toStdString(),
                probe = text.toStdString()](Trainer& trainer) { *snapshot = conversion_work::maps(trainer, file, probe); },
               [this, snapshot, path](const std::optional<Failure>& failure) {
                   if (failure)
                       m_page.setFailure(*failure);
                   else
                       showProbe(path, *snapshot);
               });
}

void AttentionDesk::showProbe(const QString& path, const std::shared_ptr<const MapSnapshot>& snapshot) {
    if (!snapshot || path != m_path)
        return;
    m_probes.push_back(snapshot);
    m_page.setSnapshots({}); // forgets its place, so that the newest is shown
    refreshSnapshots();
}

} // namespace lolcats
