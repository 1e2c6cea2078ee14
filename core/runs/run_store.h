// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A run file: one SQLite database (*.lolcats) that holds plan, provenance, metrics, evaluations, attention maps, log and
// checkpoints. One writer, on the thread that works on the run; any number of readers.

#include "core/records/attention_map.h"
#include "core/records/checkpoint.h"
#include "core/records/job_event.h"
#include "core/records/run_record.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lolcats {

class SqliteDatabase;

// Held by who works on a run, on NAME.lolcats.lock, never on the database. Held means running, free means not.
class RunLock {
public:
    explicit RunLock(const std::string& runPath); // refuses with RES-IN-USE when another process holds it
    ~RunLock();
    RunLock(const RunLock&) = delete;
    RunLock& operator=(const RunLock&) = delete;
    static bool isHeld(const std::string& runPath); // by anybody

private:
    std::string m_path;
    int m_descriptor = -1;
};

class RunWriter {
public:
    // A new run. Refuses a path that exists (ARG-RUN-EXISTS).
    static std::unique_ptr<RunWriter> create(const std::string& path, const std::string& planJson,
                                             const Provenance& provenance);
    // An existing run, to go on with; recovers whatever a crash left. Metrics beyond the newest checkpoint are set aside.
    static std::unique_ptr<RunWriter> open(const std::string& path);
    ~RunWriter(); // empties the WAL, so that the file alone can be copied
    RunWriter(const RunWriter&) = delete;
    RunWriter& operator=(const RunWriter&) = delete;

    // Rows wait in the open transaction until commit() or a CheckpointTaken, which commits with all metrics up to it.
    // A full disk refuses with RES-DISK; what was committed stays.
    void add(const JobEvent& event);
    void commit();
    void setState(RunState state, const std::string& reason);
    void setProvenance(const Provenance& provenance);
    void addSeconds(double seconds); // worked since the last call

private:
    explicit RunWriter(const std::string& path);
    std::unique_ptr<SqliteDatabase> m_database;
    std::unique_ptr<RunLock> m_lock;
    struct Memory;
    std::unique_ptr<Memory> m_memory;
};

// Opens read-only, never writes to the WAL and never checkpoints it.
class RunReader {
public:
    explicit RunReader(const std::string& path); // refuses with FILE-… or RUN-… (not ours, damaged, newer)
    ~RunReader();
    RunReader(RunReader&&) noexcept;

    RunRecord record() const; // an unfinished run that nobody holds is Interrupted
    std::vector<std::string> metricNames() const;
    using Point = CurvePoint;
    std::vector<Point> curve(const std::string& name, int layer) const;
    std::vector<Metric> metrics(const std::string& name, int layer) const; // name empty: all; layer −2: all
    std::vector<EvaluationTable> evaluations() const;
    std::vector<LogLine> log(int last) const;
    std::vector<Figure> figures() const; // peak memory and the like, the newest of each name
    using MapKey = lolcats::MapKey;
    std::vector<MapKey> mapKeys() const;
    // Without the heads' triangles: tokens, layers, per-head numbers.
    MapSnapshot mapOverview(std::int64_t id) const;
    // One head with teacher's and student's triangles; the teacher's come from the run's first snapshot.
    // Null: the snapshot does not hold this head.
    std::optional<HeadMap> headMap(std::int64_t id, int layer, int head) const;
    std::shared_ptr<const Checkpoint> checkpoint(std::int64_t id) const; // checks each tensor's hash (RUN-HASH)
    // Walks through the whole file: the database's own check, then every tensor against its hash. Returns how many tensors
    // there are; refuses with RUN-DAMAGED or RUN-HASH.
    std::int64_t checkedTensors() const;
    std::shared_ptr<const Checkpoint> newestCheckpoint() const; // to go on from; null: none yet
    std::shared_ptr<const Checkpoint> bestCheckpoint() const;   // to evaluate and export; null: none yet

private:
    std::unique_ptr<SqliteDatabase> m_database;
    std::string m_path;
};

} // namespace lolcats
