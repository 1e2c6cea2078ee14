// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/run_schema.h"

#include "core/records/failure.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace lolcats {

namespace {

// `aside` of a metric: 0 counts, n was set aside at the n-th reopening. A curve's rows lie side by side, each step once.
constexpr const char* kTables = R"(
CREATE TABLE run(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE stage(stage INTEGER PRIMARY KEY, steps INTEGER NOT NULL, step INTEGER NOT NULL, seconds REAL NOT NULL,
                   finished INTEGER NOT NULL);
CREATE TABLE name(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE metric(name INTEGER NOT NULL REFERENCES name(id), layer INTEGER NOT NULL, aside INTEGER NOT NULL,
                    stage INTEGER NOT NULL, step INTEGER NOT NULL, value REAL,
                    PRIMARY KEY(name, layer, aside, stage, step)) WITHOUT ROWID;
CREATE TABLE evaluation(id INTEGER PRIMARY KEY, name TEXT NOT NULL, text TEXT NOT NULL, tokens INTEGER NOT NULL,
                        length INTEGER NOT NULL, stage INTEGER NOT NULL, step INTEGER NOT NULL, verdict TEXT NOT NULL);
CREATE TABLE evaluation_row(evaluation INTEGER NOT NULL REFERENCES evaluation(id) ON DELETE CASCADE, position INTEGER NOT NULL,
                            name TEXT NOT NULL, loss REAL, perplexity REAL, kl REAL, kl_beyond REAL, agreement REAL,
                            state_bytes INTEGER NOT NULL, PRIMARY KEY(evaluation, position)) WITHOUT ROWID;
CREATE TABLE checkpoint(id INTEGER PRIMARY KEY AUTOINCREMENT, stage INTEGER NOT NULL, step INTEGER NOT NULL,
                        reason TEXT NOT NULL, state TEXT NOT NULL, time REAL NOT NULL, bytes INTEGER NOT NULL);
CREATE TABLE tensor(id INTEGER PRIMARY KEY, checkpoint INTEGER NOT NULL REFERENCES checkpoint(id) ON DELETE CASCADE,
                    position INTEGER NOT NULL, part INTEGER NOT NULL, name TEXT NOT NULL, dtype TEXT NOT NULL,
                    shape TEXT NOT NULL, sha256 BLOB NOT NULL, bytes BLOB NOT NULL, UNIQUE(checkpoint, position, part));
CREATE TABLE map(id INTEGER PRIMARY KEY, probe TEXT NOT NULL, tokens TEXT NOT NULL, step INTEGER NOT NULL, stage TEXT NOT NULL,
                 layers INTEGER NOT NULL, heads INTEGER NOT NULL, kv_heads INTEGER NOT NULL, window INTEGER NOT NULL,
                 sinks INTEGER NOT NULL);
CREATE TABLE head(id INTEGER PRIMARY KEY, map INTEGER NOT NULL REFERENCES map(id) ON DELETE CASCADE, layer INTEGER NOT NULL,
                  head INTEGER NOT NULL, kl REAL, beyond_teacher REAL, beyond_student REAL, teacher BLOB NOT NULL,
                  softmax BLOB NOT NULL, linear BLOB NOT NULL, UNIQUE(map, layer, head));
CREATE TABLE log(id INTEGER PRIMARY KEY, level INTEGER NOT NULL, text TEXT NOT NULL, time REAL NOT NULL);
CREATE TABLE figure(name TEXT PRIMARY KEY, value REAL, unit TEXT NOT NULL) WITHOUT ROWID;
)";

constexpr const char* kBandTable = R"(
CREATE TABLE evaluation_band(evaluation INTEGER NOT NULL REFERENCES evaluation(id) ON DELETE CASCADE,
                             position INTEGER NOT NULL, first INTEGER NOT NULL, kl REAL,
                             PRIMARY KEY(evaluation, position, first)) WITHOUT ROWID;
)"; // position: of the row in its table

bool folderLacksWal(const std::string& path) {
    struct stat wal {};
    return stat((path + "-wal").c_str(), &wal) != 0 || wal.st_size == 0;
}

} // namespace

void createRunTables(SqliteDatabase& database) {
    database.execute(kTables);
    database.execute(kBandTable);
    database.execute(("PRAGMA application_id = " + std::to_string(kRunApplicationId)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(kRunSchemaVersion)).c_str());
}

void upgradeRunTables(SqliteDatabase& database) {
    if (database.integer("PRAGMA user_version") >= 2)
        return;
    database.execute("BEGIN IMMEDIATE");
    database.execute(kBandTable);
    database.execute(("PRAGMA user_version = " + std::to_string(kRunSchemaVersion)).c_str());
    database.execute("COMMIT");
}

void checkRunIdentity(SqliteDatabase& database) {
    if (database.integer("PRAGMA application_id") != kRunApplicationId)
        throw Refusal("RUN-FOREIGN", database.path() + " is a database of another program, not a run file.",
                      "Choose a file that lolcats convert wrote.");
    const std::int64_t version = database.integer("PRAGMA user_version");
    if (version > kRunSchemaVersion)
        throw Refusal("RUN-NEWER",
                      database.path() + " was written by a newer version of this program (run format " +
                          std::to_string(version) + ", this program knows " + std::to_string(kRunSchemaVersion) + ").",
                      "Use the newer version to open it.");
    if (version < 1)
        throw Refusal("RUN-DAMAGED", database.path() + " is a run file that was never finished being made.",
                      "Delete it and start the run anew.");
}

void checkRunFile(const std::string& path) {
    struct stat file {};
    if (stat(path.c_str(), &file) != 0) {
        const int error = errno;
        if (error == ENOENT || error == ENOTDIR)
            throw Refusal("FILE-MISSING", "There is no run file " + path + ".", "Check the path.");
        throw Refusal("FILE-OPEN", "The run file " + path + " cannot be looked at: " + std::strerror(error) + ".",
                      "Check that you may read it and its folder.");
    }
    if (!S_ISREG(file.st_mode))
        throw Refusal("RUN-FOREIGN", path + " is not a file, so it is not a run.", "Choose a *.lolcats file.");
    if (file.st_size == 0)
        throw Refusal("RUN-EMPTY", "The run file " + path + " is empty.",
                      "Delete it and start the run anew, or use a copy from a backup.");
}

std::unique_ptr<SqliteDatabase> openRunToWrite(const std::string& path) {
    auto database = std::make_unique<SqliteDatabase>(path, SqliteDatabase::Access::Write);
    database->execute("PRAGMA journal_mode = WAL");
    database->execute("PRAGMA synchronous = FULL");
    database->execute("PRAGMA wal_autocheckpoint = 1000");
    database->execute("PRAGMA journal_size_limit = 67108864");
    return database;
}

std::unique_ptr<SqliteDatabase> openRunToRead(const std::string& path) {
    checkRunFile(path);
    try {
        auto database = std::make_unique<SqliteDatabase>(path, SqliteDatabase::Access::Read);
        checkRunIdentity(*database);
        return database;
    } catch (const Refusal& refusal) {
        // A file in WAL mode wants to make its -shm file; where the folder forbids that, it cannot change either.
        if ((refusal.failure().code != "FILE-OPEN" && refusal.failure().code != "FILE-READ-ONLY") || !folderLacksWal(path))
            throw;
    }
    auto database = std::make_unique<SqliteDatabase>(path, SqliteDatabase::Access::Immutable);
    checkRunIdentity(*database);
    return database;
}

void setRunValue(SqliteDatabase& database, const std::string& key, const std::string& value) {
    SqliteStatement(database, "INSERT OR REPLACE INTO run(key, value) VALUES(?, ?)").bind(key).bind(value).run();
}

std::string runValue(SqliteDatabase& database, const std::string& key) {
    SqliteStatement statement(database, "SELECT value FROM run WHERE key = ?");
    return statement.bind(key).step() ? statement.text(0) : std::string();
}

} // namespace lolcats
