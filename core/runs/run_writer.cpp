// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"
#include "core/runs/checkpoint_rows.h"
#include "core/runs/map_rows.h"
#include "core/runs/provenance_json.h"
#include "core/runs/run_schema.h"
#include "core/runs/run_store.h"

#include <openssl/rand.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>

namespace lolcats {

namespace {

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string newId() {
    unsigned char bytes[16] = {};
    RAND_bytes(bytes, sizeof bytes);
    static const char* digits = "0123456789abcdef";
    std::string id;
    for (const unsigned char byte : bytes) {
        id += digits[byte >> 4U];
        id += digits[byte & 15U];
    }
    return id;
}

void refuseExisting(const std::string& path) {
    struct stat file {};
    if (lstat(path.c_str(), &file) == 0)
        throw Refusal("ARG-RUN-EXISTS", "The run file " + path + " exists already.",
                      "Choose another name, or go on with that run with `lolcats resume`.");
}

// Empty, and made by nobody else at the same moment.
void makeEmptyFile(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        const int error = errno;
        refuseExisting(path);
        if (error == ENOSPC || error == EDQUOT)
            throw Refusal("RES-DISK", "The disk is full; the run file " + path + " could not be made.",
                          "Free some space there.");
        throw Refusal("ARG-RUN-FOLDER", "The run file " + path + " could not be made: " + std::strerror(error) + ".",
                      "Choose a folder that you may write to.");
    }
    ::close(descriptor);
}

void removeRun(const std::string& path) {
    for (const char* ending : {"", "-wal", "-shm", "-journal"})
        unlink((path + ending).c_str());
}

bool endedUncleanly(const std::string& path) {
    struct stat wal {};
    return stat((path + "-wal").c_str(), &wal) == 0 && wal.st_size > 0;
}

void checkAfterCrash(SqliteDatabase& database) {
    const std::string answer = database.text("PRAGMA quick_check(1)");
    if (answer != "ok")
        throw Refusal("RUN-DAMAGED", "The run file " + database.path() + " is damaged.", "Use a copy of it from a backup.",
                      answer);
}

// What was reported after the newest checkpoint will be reported again: it is kept, but out of the curves.
void setAsideBeyondCheckpoint(SqliteDatabase& database) {
    const auto newest = newestCheckpointRecord(database);
    const int stage = newest ? static_cast<int>(newest->stage) : 0;
    const std::int64_t step = newest ? newest->step : -1;
    const std::int64_t aside = 1 + database.integer("SELECT ifnull(max(aside), 0) FROM metric");
    SqliteTransaction transaction(database);
    SqliteStatement(database, "UPDATE metric SET aside = ? WHERE aside = 0 AND (stage > ? OR (stage = ? AND step > ?))")
        .bind(aside)
        .bind(stage)
        .bind(stage)
        .bind(step)
        .run();
    SqliteStatement(database, "DELETE FROM stage WHERE stage > ?").bind(stage).run();
    SqliteStatement(database, "UPDATE stage SET step = ?, finished = ? WHERE stage = ?")
        .bind(step < 0 ? std::int64_t{0} : step)
        .bind(newest && newest->reason == "stage end" ? 1 : 0)
        .bind(stage)
        .run();
    transaction.commit();
}

} // namespace

struct RunWriter::Memory {
    std::map<std::string, std::int64_t> names;
    std::unique_ptr<SqliteStatement> insertMetric;
    std::map<Stage, std::int64_t> steps; // not yet written
    double seconds = 0;
    bool secondsChanged = false;
};

namespace {

// Writes one event into the open transaction.
class EventRows {
public:
    EventRows(SqliteDatabase& database, std::map<std::string, std::int64_t>& names, SqliteStatement& insertMetric,
              std::map<Stage, std::int64_t>& steps)
        : m_database(database), m_names(names), m_insertMetric(insertMetric), m_steps(steps) {}

    void operator()(const StageProgress& progress) { m_steps[progress.stage] = progress.step; }

    void operator()(const StageStarted& started) {
        SqliteStatement(m_database, "INSERT INTO stage(stage, steps, step, seconds, finished) VALUES(?, ?, 0, 0, 0) "
                                    "ON CONFLICT(stage) DO UPDATE SET steps = excluded.steps, finished = 0")
            .bind(static_cast<int>(started.stage))
            .bind(started.steps)
            .run();
    }

    void operator()(const StageFinished& finished) {
        SqliteStatement(m_database, "INSERT INTO stage(stage, steps, step, seconds, finished) VALUES(?, 0, 0, ?, 1) "
                                    "ON CONFLICT(stage) DO UPDATE SET step = steps, finished = 1, "
                                    "seconds = seconds + excluded.seconds")
            .bind(static_cast<int>(finished.stage))
            .bind(finished.seconds)
            .run();
        m_steps.erase(finished.stage);
    }

    void operator()(const Metric& metric) {
        m_insertMetric.bind(nameId(metric.name)).bind(metric.layer).bind(static_cast<int>(metric.stage));
        m_insertMetric.bind(metric.step).bind(metric.value).run();
    }

    void writeBands(std::int64_t evaluation, int position, const std::vector<std::int64_t>& bands,
                    const std::vector<double>& kl) {
        SqliteStatement insert(m_database, "INSERT INTO evaluation_band(evaluation, position, first, kl) VALUES(?, ?, ?, ?)");
        for (std::size_t i = 0; i < std::min(bands.size(), kl.size()); ++i)
            insert.bind(evaluation).bind(position).bind(bands[i]).bind(kl[i]).run();
    }

    void operator()(const EvaluationTable& table) {
        SqliteStatement(m_database, "DELETE FROM evaluation WHERE name = ? AND stage = ? AND step = ?")
            .bind(table.name)
            .bind(static_cast<int>(table.stage))
            .bind(table.step)
            .run();
        SqliteStatement(m_database, "INSERT INTO evaluation(name, text, tokens, length, stage, step, verdict) "
                                    "VALUES(?, ?, ?, ?, ?, ?, ?)")
            .bind(table.name)
            .bind(table.text)
            .bind(table.tokens)
            .bind(table.length)
            .bind(static_cast<int>(table.stage))
            .bind(table.step)
            .bind(table.verdict)
            .run();
        const std::int64_t id = m_database.lastId();
        SqliteStatement insert(m_database, "INSERT INTO evaluation_row(evaluation, position, name, loss, perplexity, kl, "
                                           "kl_beyond, agreement, state_bytes) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
        int position = 0;
        for (const EvaluationRow& row : table.rows) {
            insert.bind(id).bind(position++).bind(row.name).bind(row.loss).bind(row.perplexity).bind(row.kl);
            insert.bind(row.klBeyond).bind(row.agreement).bind(row.stateBytes).run();
            writeBands(id, position - 1, table.bands, row.bandKl);
        }
    }

    void operator()(const CheckpointTaken& taken) {
        writeCheckpoint(m_database, *taken.checkpoint, now());
        pruneCheckpoints(m_database);
        m_steps[taken.checkpoint->stage] = taken.checkpoint->step;
    }

    void operator()(const MapTaken& taken) { writeMap(m_database, *taken.snapshot); }

    void operator()(const LogLine& line) {
        SqliteStatement(m_database, "INSERT INTO log(level, text, time) VALUES(?, ?, ?)")
            .bind(static_cast<int>(line.level))
            .bind(line.text)
            .bind(line.time > 0 ? line.time : now())
            .run();
    }

    void operator()(const FileWritten& file) { (*this)(LogLine{LogLevel::Info, "Written: " + file.path, 0}); }

    void operator()(const CheckDone& check) {
        (*this)(LogLine{check.passed ? LogLevel::Info : LogLevel::Error, "Check " + check.id + ": " + check.sentence, 0});
    }

    void operator()(const TextPiece&) {}

    void operator()(const Figure& figure) {
        SqliteStatement(m_database, "INSERT OR REPLACE INTO figure(name, value, unit) VALUES(?, ?, ?)")
            .bind(figure.name)
            .bind(figure.value)
            .bind(figure.unit)
            .run();
    }

private:
    std::int64_t nameId(const std::string& name) {
        const auto known = m_names.find(name);
        if (known != m_names.end())
            return known->second;
        SqliteStatement(m_database, "INSERT OR IGNORE INTO name(text) VALUES(?)").bind(name).run();
        SqliteStatement select(m_database, "SELECT id FROM name WHERE text = ?");
        select.bind(name).step();
        return m_names[name] = select.integer(0);
    }

    SqliteDatabase& m_database;
    std::map<std::string, std::int64_t>& m_names;
    SqliteStatement& m_insertMetric;
    std::map<Stage, std::int64_t>& m_steps;
};

// Any refusal of SQLite inside `action` takes the open transaction back: the file stays at its last commit.
template <typename Action>
void inTransaction(SqliteDatabase& database, std::map<std::string, std::int64_t>& names, Action&& action) {
    try {
        if (!database.inTransaction())
            database.execute("BEGIN IMMEDIATE");
        action();
    } catch (const Refusal&) {
        names.clear();
        if (database.inTransaction())
            database.execute("ROLLBACK");
        throw;
    }
}

} // namespace

RunWriter::RunWriter(const std::string& path) : m_lock(std::make_unique<RunLock>(path)), m_memory(std::make_unique<Memory>()) {}

std::unique_ptr<RunWriter> RunWriter::create(const std::string& path, const std::string& planJson,
                                             const Provenance& provenance) {
    refuseExisting(path);
    std::unique_ptr<RunWriter> writer(new RunWriter(path));
    makeEmptyFile(path);
    try {
        writer->m_database = openRunToWrite(path);
        SqliteDatabase& database = *writer->m_database;
        SqliteTransaction transaction(database);
        createRunTables(database);
        setRunValue(database, "id", newId());
        setRunValue(database, "state", runStateName(RunState::Preparing));
        setRunValue(database, "reason", "");
        setRunValue(database, "plan", planJson);
        setRunValue(database, "provenance", provenanceToJson(provenance));
        setRunValue(database, "created", std::to_string(now()));
        setRunValue(database, "seconds", "0");
        transaction.commit();
    } catch (...) {
        writer->m_database.reset();
        removeRun(path);
        throw;
    }
    return writer;
}

std::unique_ptr<RunWriter> RunWriter::open(const std::string& path) {
    checkRunFile(path);
    std::unique_ptr<RunWriter> writer(new RunWriter(path));
    const bool unclean = endedUncleanly(path);
    openRunToRead(path);
    writer->m_database = openRunToWrite(path);
    SqliteDatabase& database = *writer->m_database;
    if (unclean)
        checkAfterCrash(database);
    upgradeRunTables(database);
    if (runStateFromName(runValue(database, "state")) != RunState::Completed)
        setAsideBeyondCheckpoint(database);
    writer->m_memory->seconds = std::strtod(runValue(database, "seconds").c_str(), nullptr);
    return writer;
}

RunWriter::~RunWriter() {
    if (m_database != nullptr) {
        // What cannot be done here is done by the next one who opens the file: nothing committed depends on it.
        try {
            commit();
        } catch (const Refusal&) {
            m_memory->names.clear();
        }
        m_memory.reset();
        try {
            m_database->setBusyTimeout(1000);
            m_database->execute("PRAGMA wal_checkpoint(TRUNCATE)");
            m_database->setBusyTimeout(0);
            // A file at rest needs no -wal and no -shm beside it, not even while it is read. Refused while a reader is open.
            m_database->execute("PRAGMA journal_mode = DELETE");
        } catch (const Refusal&) {
            m_database->setBusyTimeout(0);
        }
        m_database.reset();
    }
    m_lock.reset();
}

void RunWriter::add(const JobEvent& event) {
    const auto* taken = std::get_if<CheckpointTaken>(&event);
    if (taken != nullptr)
        checkFinite(*taken->checkpoint);
    if (m_memory->insertMetric == nullptr)
        m_memory->insertMetric = std::make_unique<SqliteStatement>(
            *m_database, "INSERT OR REPLACE INTO metric(name, layer, aside, stage, step, value) VALUES(?, ?, 0, ?, ?, ?)");
    inTransaction(*m_database, m_memory->names, [&] {
        std::visit(EventRows(*m_database, m_memory->names, *m_memory->insertMetric, m_memory->steps), event);
    });
    if (taken != nullptr)
        commit();
}

void RunWriter::commit() {
    if (!m_database->inTransaction() && m_memory->steps.empty() && !m_memory->secondsChanged)
        return;
    inTransaction(*m_database, m_memory->names, [&] {
        for (const auto& [stage, step] : m_memory->steps)
            SqliteStatement(*m_database, "UPDATE stage SET step = ? WHERE stage = ?")
                .bind(step)
                .bind(static_cast<int>(stage))
                .run();
        setRunValue(*m_database, "seconds", std::to_string(m_memory->seconds));
        m_database->execute("COMMIT");
    });
    m_memory->steps.clear();
    m_memory->secondsChanged = false;
}

void RunWriter::setState(RunState state, const std::string& reason) {
    inTransaction(*m_database, m_memory->names, [&] {
        setRunValue(*m_database, "state", runStateName(state));
        setRunValue(*m_database, "reason", reason);
    });
    commit();
}

void RunWriter::setProvenance(const Provenance& provenance) {
    inTransaction(*m_database, m_memory->names, [&] { setRunValue(*m_database, "provenance", provenanceToJson(provenance)); });
    commit();
}

void RunWriter::addSeconds(double seconds) {
    m_memory->seconds += seconds;
    m_memory->secondsChanged = true;
}

} // namespace lolcats
