// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One SQLite connection and its statements. The only place that knows sqlite3.h; every error leaves as a Refusal:
// RES-DISK (full), RES-IN-USE (locked), RUN-… (not ours, damaged), FILE-… (cannot be opened).

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace lolcats {

class SqliteDatabase {
public:
    enum class Access {
        Write,
        Read,      // never writes to the database or its WAL, never checkpoints
        Immutable, // the same for a file in a folder that cannot be written; looks at no WAL
    };
    SqliteDatabase(const std::string& path, Access access);
    ~SqliteDatabase();
    SqliteDatabase(const SqliteDatabase&) = delete;
    SqliteDatabase& operator=(const SqliteDatabase&) = delete;

    void execute(const char* sql);
    std::int64_t integer(const char* sql); // first column of the first row
    std::string text(const char* sql);
    std::int64_t lastId() const;
    bool inTransaction() const;
    void setBusyTimeout(int milliseconds);
    const std::string& path() const { return m_path; }

    [[noreturn]] void refuse(int code) const;
    sqlite3* handle() const { return m_handle; }

private:
    void configure(Access access);
    std::string m_path;
    sqlite3* m_handle = nullptr;
};

// Values are bound in the order of the question marks; row columns count from 0.
class SqliteStatement {
public:
    SqliteStatement(SqliteDatabase& database, const char* sql);
    ~SqliteStatement();
    SqliteStatement(const SqliteStatement&) = delete;
    SqliteStatement& operator=(const SqliteStatement&) = delete;

    SqliteStatement& bind(std::int64_t value);
    SqliteStatement& bind(int value) { return bind(std::int64_t{value}); }
    SqliteStatement& bind(double value); // NaN becomes NULL
    SqliteStatement& bind(const std::string& value);
    SqliteStatement& bind(const char* value) { return bind(std::string(value)); }
    SqliteStatement& bindBlob(std::span<const std::byte> bytes); // must live until run() or the last step()

    bool step(); // true: there is a row
    void run();  // to the end, ready for the next values

    std::int64_t integer(int column) const;
    double number(int column) const; // NULL reads as NaN
    std::string text(int column) const;
    std::span<const std::byte> blob(int column) const; // until the next step

private:
    void check(int code) const;
    void reset();
    SqliteDatabase& m_database;
    sqlite3_stmt* m_statement = nullptr;
    int m_bound = 0;
};

// Rolls back unless commit() was reached.
class SqliteTransaction {
public:
    explicit SqliteTransaction(SqliteDatabase& database);
    ~SqliteTransaction();
    SqliteTransaction(const SqliteTransaction&) = delete;
    SqliteTransaction& operator=(const SqliteTransaction&) = delete;
    void commit();

private:
    SqliteDatabase& m_database;
};

} // namespace lolcats
