// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Checkpoints as rows: one a tensor with its SHA-256, more than one where a tensor is larger than SQLite's limit.

#include "core/records/checkpoint.h"
#include "core/runs/sqlite_database.h"

#include <memory>
#include <optional>

namespace lolcats {

inline constexpr std::size_t kLargestBlob = std::size_t{512} << 20U;

// Refuses a tensor with a number that is not finite (NUM-CHECKPOINT), before anything is written.
void checkFinite(const Checkpoint& checkpoint);
// Into the open transaction. Returns the new row's id.
std::int64_t writeCheckpoint(SqliteDatabase& database, const Checkpoint& checkpoint, double time,
                             std::size_t largestBlob = kLargestBlob);
// Leaves the two newest, the newest "best" and the newest "stage end" of each stage.
void pruneCheckpoints(SqliteDatabase& database);
// Refuses bytes that do not have their hash (RUN-HASH) and an id that is not there (RUN-CHECKPOINT).
std::shared_ptr<const Checkpoint> readCheckpoint(SqliteDatabase& database, std::int64_t id);
std::optional<CheckpointRecord> newestCheckpointRecord(SqliteDatabase& database);

// A stage as it is stored; a number that names none refuses with RUN-DAMAGED.
Stage storedStage(const SqliteDatabase& database, std::int64_t number);

} // namespace lolcats
