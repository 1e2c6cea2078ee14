// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The Attention page's questions answered: snapshots out of the run file, and probes that the trainer computes.

#include "app/job_thread.h"
#include "app/shown_run.h"
#include "ui/pages/attention_page.h"

#include <QObject>
#include <QString>

#include <memory>
#include <vector>

namespace lolcats {

class AttentionDesk : public QObject {
    Q_OBJECT

public:
    AttentionDesk(AttentionPage& page, ShownRun& run, JobThread& jobs, QObject* parent = nullptr);

    void showRun();
    void refreshSnapshots();

Q_SIGNALS:
    void said(const LogLine& line);

private:
    void showOverview(qint64 id);
    void showHead(qint64 id, int layer, int head);
    void probe(const QString& text);
    void showProbe(const QString& path, const std::shared_ptr<const MapSnapshot>& snapshot);
    const MapSnapshot* probed(qint64 id) const;

    AttentionPage& m_page;
    ShownRun& m_run;
    JobThread& m_jobs;
    QString m_path;
    std::vector<std::shared_ptr<const MapSnapshot>> m_probes; // of the shown run; their ids are negative
};

} // namespace lolcats
