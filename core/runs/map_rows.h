// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Snapshots of attention maps as rows, one a head, triangles as blobs of half-precision numbers.

#include "core/records/attention_map.h"
#include "core/runs/sqlite_database.h"

#include <optional>

namespace lolcats {

void writeMap(SqliteDatabase& database, const MapSnapshot& snapshot);
// Without triangles. Refuses an id that is not there (RUN-MAP).
MapSnapshot readMapOverview(SqliteDatabase& database, std::int64_t id);
// With triangles; the teacher's are those of the first snapshot that has them for this head.
std::optional<HeadMap> readHeadMap(SqliteDatabase& database, std::int64_t id, int layer, int head);

} // namespace lolcats
