// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The tables of a run file, its identity, and how it is opened.

#include "core/runs/sqlite_database.h"

#include <memory>
#include <string>

namespace lolcats {

inline constexpr std::int64_t kRunApplicationId = 0x4C4F4C43; // "LOLC"
inline constexpr std::int64_t kRunSchemaVersion = 2;          // 2: bands of evaluations

// Makes the tables and writes the identity, in the transaction that is open.
void createRunTables(SqliteDatabase& database);
// Gives a file of an older version what it lacks, in a transaction of its own.
void upgradeRunTables(SqliteDatabase& database);
// Refuses a database of another program (RUN-FOREIGN) and one of a newer program (RUN-NEWER).
void checkRunIdentity(SqliteDatabase& database);
// Refuses what is no file or empty, by size alone: opening and closing the file beside SQLite would drop SQLite's locks.
void checkRunFile(const std::string& path);
std::unique_ptr<SqliteDatabase> openRunToWrite(const std::string& path);
std::unique_ptr<SqliteDatabase> openRunToRead(const std::string& path);

// The key-value table: id, state, reason, plan, provenance, created, seconds.
void setRunValue(SqliteDatabase& database, const std::string& key, const std::string& value);
std::string runValue(SqliteDatabase& database, const std::string& key); // empty when it is not there

} // namespace lolcats
