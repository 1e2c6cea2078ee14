// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/sqlite_database.h"

#include "core/records/failure.h"

#include <sqlite3.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <limits>

namespace lolcats {

namespace {

// Of a path as it stands, for a URI.
std::string uriPath(const std::string& path) {
    static const char* digits = "0123456789ABCDEF";
    std::string escaped;
    for (const char letter : path) {
        const auto byte = static_cast<unsigned char>(letter);
        if (std::isalnum(byte) != 0 || std::strchr("/-_.~", letter) != nullptr) {
            escaped += letter;
        } else {
            escaped += '%';
            escaped += digits[byte >> 4U];
            escaped += digits[byte & 15U];
        }
    }
    return escaped;
}

bool diskIsFull(int code, int systemError) {
    return code == SQLITE_FULL || systemError == ENOSPC || systemError == EDQUOT;
}

} // namespace

SqliteDatabase::SqliteDatabase(const std::string& path, Access access) : m_path(path) {
    const int common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int flags = access == Access::Write       ? common | SQLITE_OPEN_READWRITE
                      : access == Access::Immutable ? common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                                    : common | SQLITE_OPEN_READONLY;
    const std::string name = access == Access::Immutable ? "file:" + uriPath(path) + "?immutable=1" : path;
    try {
        const int code = sqlite3_open_v2(name.c_str(), &m_handle, flags, nullptr);
        if (code != SQLITE_OK)
            refuse(code);
        configure(access);
    } catch (...) {
        sqlite3_close_v2(m_handle);
        throw;
    }
}

SqliteDatabase::~SqliteDatabase() {
    sqlite3_close_v2(m_handle);
}

void SqliteDatabase::configure(Access access) {
    setBusyTimeout(10000);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
    sqlite3_db_config(m_handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    sqlite3_limit(m_handle, SQLITE_LIMIT_SQL_LENGTH, 100000);
    sqlite3_limit(m_handle, SQLITE_LIMIT_COLUMN, 100);
    sqlite3_limit(m_handle, SQLITE_LIMIT_EXPR_DEPTH, 20);
    sqlite3_limit(m_handle, SQLITE_LIMIT_COMPOUND_SELECT, 3);
    sqlite3_limit(m_handle, SQLITE_LIMIT_VDBE_OP, 25000);
    sqlite3_limit(m_handle, SQLITE_LIMIT_FUNCTION_ARG, 8);
    sqlite3_limit(m_handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(m_handle, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
    sqlite3_limit(m_handle, SQLITE_LIMIT_TRIGGER_DEPTH, 10);
    execute("PRAGMA mmap_size = 0");
    execute("PRAGMA temp_store = MEMORY");
    execute("PRAGMA cell_size_check = ON");
    if (access != Access::Write) {
        sqlite3_db_config(m_handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        execute("PRAGMA wal_autocheckpoint = 0");
        execute("PRAGMA query_only = ON");
    }
}

void SqliteDatabase::setBusyTimeout(int milliseconds) {
    sqlite3_busy_timeout(m_handle, milliseconds);
}

void SqliteDatabase::execute(const char* sql) {
    const int code = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK)
        refuse(code);
}

std::int64_t SqliteDatabase::integer(const char* sql) {
    SqliteStatement statement(*this, sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::string SqliteDatabase::text(const char* sql) {
    SqliteStatement statement(*this, sql);
    return statement.step() ? statement.text(0) : std::string();
}

std::int64_t SqliteDatabase::lastId() const {
    return sqlite3_last_insert_rowid(m_handle);
}

bool SqliteDatabase::inTransaction() const {
    return sqlite3_get_autocommit(m_handle) == 0;
}

void SqliteDatabase::refuse(int code) const {
    const int kind = code & 0xff;
    const int systemError = m_handle == nullptr ? 0 : sqlite3_system_errno(m_handle);
    const std::string detail = std::string("SQLite ") + std::to_string(code) + ": " +
                               (m_handle == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(m_handle));
    if (kind == SQLITE_FULL || ((kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) && diskIsFull(kind, systemError)))
        throw Refusal("RES-DISK", "The disk is full; the run file " + m_path + " could not be written.",
                      "Free some space there; what was saved before is intact and the run can be resumed.", detail);
    switch (kind) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw Refusal("RES-IN-USE", "The run file " + m_path + " is in use by another program.",
                      "Wait until it is done, or close it there.", detail);
    case SQLITE_NOTADB:
        throw Refusal("RUN-FOREIGN", m_path + " is not a run file of this program.",
                      "Choose a file that lolcats convert wrote.", detail);
    case SQLITE_CORRUPT:
        throw Refusal(
            "RUN-DAMAGED", "The run file " + m_path + " is damaged.",
            "Use a copy of it from a backup; a run file must be copied together with its -wal file while it is in use.",
            detail);
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        throw Refusal("FILE-OPEN", "The run file " + m_path + " cannot be opened.",
                      "Check that you may read it and its folder.", detail);
    case SQLITE_READONLY:
        throw Refusal("FILE-READ-ONLY", "The run file " + m_path + " cannot be written.",
                      "Copy it to a folder that you may write to.", detail);
    case SQLITE_IOERR:
        throw Refusal("FILE-IO",
                      "Reading or writing the run file " + m_path + " failed" +
                          (systemError == 0 ? "." : std::string(": ") + std::strerror(systemError) + "."),
                      "Check the disk; what was saved before is intact.", detail);
    case SQLITE_NOMEM:
        throw Refusal("RES-MEMORY", "There is not enough memory to work on the run file " + m_path + ".",
                      "Close other programs and try again.", detail);
    default:
        throw Refusal("RUN-SQLITE", "The run file " + m_path + " could not be used as expected.",
                      "It may be damaged; use a copy of it from a backup.", detail);
    }
}

SqliteStatement::SqliteStatement(SqliteDatabase& database, const char* sql) : m_database(database) {
    check(sqlite3_prepare_v2(database.handle(), sql, -1, &m_statement, nullptr));
}

SqliteStatement::~SqliteStatement() {
    sqlite3_finalize(m_statement);
}

void SqliteStatement::check(int code) const {
    if (code != SQLITE_OK)
        m_database.refuse(code);
}

SqliteStatement& SqliteStatement::bind(std::int64_t value) {
    check(sqlite3_bind_int64(m_statement, ++m_bound, value));
    return *this;
}

SqliteStatement& SqliteStatement::bind(double value) {
    check(sqlite3_bind_double(m_statement, ++m_bound, value));
    return *this;
}

SqliteStatement& SqliteStatement::bind(const std::string& value) {
    check(sqlite3_bind_text64(m_statement, ++m_bound, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
    return *this;
}

SqliteStatement& SqliteStatement::bindBlob(std::span<const std::byte> bytes) {
    // An empty span may have no address, which SQLite would take for NULL.
    const void* address = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    check(sqlite3_bind_blob64(m_statement, ++m_bound, address, bytes.size(), SQLITE_STATIC));
    return *this;
}

bool SqliteStatement::step() {
    const int code = sqlite3_step(m_statement);
    if (code == SQLITE_ROW)
        return true;
    if (code != SQLITE_DONE)
        m_database.refuse(code);
    return false;
}

void SqliteStatement::run() {
    try {
        while (step()) {
        }
    } catch (...) {
        reset();
        throw;
    }
    reset();
}

void SqliteStatement::reset() {
    sqlite3_reset(m_statement);
    sqlite3_clear_bindings(m_statement);
    m_bound = 0;
}

std::int64_t SqliteStatement::integer(int column) const {
    return sqlite3_column_int64(m_statement, column);
}

double SqliteStatement::number(int column) const {
    return sqlite3_column_type(m_statement, column) == SQLITE_NULL ? std::numeric_limits<double>::quiet_NaN()
                                                                   : sqlite3_column_double(m_statement, column);
}

std::string SqliteStatement::text(int column) const {
    const unsigned char* letters = sqlite3_column_text(m_statement, column);
    if (letters == nullptr)
        return {};
    return {reinterpret_cast<const char*>(letters), static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

std::span<const std::byte> SqliteStatement::blob(int column) const {
    const void* address = sqlite3_column_blob(m_statement, column);
    return {static_cast<const std::byte*>(address), static_cast<std::size_t>(sqlite3_column_bytes(m_statement, column))};
}

SqliteTransaction::SqliteTransaction(SqliteDatabase& database) : m_database(database) {
    m_database.execute("BEGIN IMMEDIATE");
}

SqliteTransaction::~SqliteTransaction() {
    if (m_database.inTransaction())
        sqlite3_exec(m_database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void SqliteTransaction::commit() {
    m_database.execute("COMMIT");
}

} // namespace lolcats
