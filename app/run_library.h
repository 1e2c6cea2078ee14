// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The window's read-only view of all runs: those in the folder of runs and those opened from elsewhere. Never writes.

#include "core/records/failure.h"
#include "core/records/run_record.h"

#include <QHash>
#include <QObject>
#include <QString>
#include <QStringList>

#include <optional>
#include <string>
#include <vector>

namespace lolcats {

class RunLibrary : public QObject {
    Q_OBJECT

public:
    explicit RunLibrary(const QString& folder, QObject* parent = nullptr);

    void setKnownRuns(const QStringList& paths) { m_knownRuns = paths; }
    // Reads again what has changed since the last time. Newest first.
    void refresh();
    const std::vector<RunRecord>& runs() const { return m_runs; }
    const std::vector<Failure>& failures() const { return m_failures; } // of files that cannot be read

    struct Curve {
        std::vector<CurvePoint> points;
        std::optional<Failure> failure;
    };
    // Of the whole model; a metric that only layers have is their mean.
    static Curve curve(const QString& path, const std::string& metric);

Q_SIGNALS:
    void refreshed();

private:
    struct Seen {
        QString stamp;
        std::optional<RunRecord> record;
        Failure failure;
    };

    QStringList files() const;
    static Seen read(const QString& path, const QString& stamp);

    QString m_folder;
    QStringList m_knownRuns;
    QHash<QString, Seen> m_seen;
    std::vector<RunRecord> m_runs;
    std::vector<Failure> m_failures;
};

} // namespace lolcats
