// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The run that Train, Attention and Export show: read from its file, whoever works on it. A reader is opened for each question
// and closed again, so that a writer who ends can empty its log.

#include "core/records/attention_map.h"
#include "core/records/failure.h"
#include "core/records/job_event.h"
#include "core/records/run_record.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <optional>
#include <vector>

namespace lolcats {

class ShownRun : public QObject {
    Q_OBJECT

public:
    explicit ShownRun(QObject* parent = nullptr);

    // Refuses with a failure that the caller shows; the run shown before then stays.
    std::optional<Failure> open(const QString& path);
    std::optional<Failure> reopen() { return open(path()); }
    bool isThere() const { return m_record.has_value(); }
    const RunRecord& record() const { return *m_record; }
    QString path() const { return m_record ? QString::fromStdString(m_record->path) : QString(); }

    std::vector<Metric> metrics() const;
    std::vector<MapKey> mapKeys() const;
    struct Overview {
        MapSnapshot snapshot;
        std::optional<Failure> failure;
    };
    Overview overview(qint64 id) const;
    struct Head {
        std::optional<HeadMap> map;
        std::optional<Failure> failure;
    };
    Head head(qint64 id, int layer, int head) const;
    // A run that another process works on is read again every two seconds.
    void setFollowed(bool followed);

Q_SIGNALS:
    void opened();
    void followed(); // the record was read again

private:
    void follow();

    std::optional<RunRecord> m_record;
    QTimer m_again;
};

} // namespace lolcats
