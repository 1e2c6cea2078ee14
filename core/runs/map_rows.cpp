// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/map_rows.h"

#include "core/records/failure.h"

#include <nlohmann/json.hpp>

#include <cstring>

namespace lolcats {

namespace {

std::span<const std::byte> bytesOf(const Triangle& triangle) {
    return std::as_bytes(std::span(triangle.half));
}

Triangle triangleOf(std::span<const std::byte> bytes) {
    Triangle triangle;
    triangle.half.resize(bytes.size() / sizeof(std::uint16_t));
    if (!triangle.half.empty())
        std::memcpy(triangle.half.data(), bytes.data(), triangle.half.size() * sizeof(std::uint16_t));
    return triangle;
}

HeadMap numbersOf(const SqliteStatement& row) {
    HeadMap map;
    map.layer = static_cast<int>(row.integer(0));
    map.head = static_cast<int>(row.integer(1));
    map.kl = row.number(2);
    map.beyondTeacher = row.number(3);
    map.beyondStudent = row.number(4);
    return map;
}

} // namespace

void writeMap(SqliteDatabase& database, const MapSnapshot& snapshot) {
    const std::string tokens = nlohmann::json(snapshot.tokens).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    SqliteStatement(database, "INSERT INTO map(probe, tokens, step, stage, layers, heads, kv_heads, window, sinks) "
                              "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(snapshot.probe)
        .bind(tokens)
        .bind(snapshot.step)
        .bind(snapshot.stage)
        .bind(snapshot.layers)
        .bind(snapshot.heads)
        .bind(snapshot.kvHeads)
        .bind(snapshot.window)
        .bind(snapshot.sinks)
        .run();
    const std::int64_t id = database.lastId();
    SqliteStatement insert(database, "INSERT INTO head(map, layer, head, kl, beyond_teacher, beyond_student, teacher, softmax, "
                                     "linear) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const HeadMap& map : snapshot.maps) {
        insert.bind(id).bind(map.layer).bind(map.head).bind(map.kl).bind(map.beyondTeacher).bind(map.beyondStudent);
        insert.bindBlob(bytesOf(map.teacher)).bindBlob(bytesOf(map.studentSoftmax)).bindBlob(bytesOf(map.studentLinear)).run();
    }
}

MapSnapshot readMapOverview(SqliteDatabase& database, std::int64_t id) {
    SqliteStatement row(database,
                        "SELECT probe, tokens, step, stage, layers, heads, kv_heads, window, sinks FROM map WHERE id = ?");
    if (!row.bind(id).step())
        throw Refusal("RUN-MAP", "The run file " + database.path() + " has no attention map " + std::to_string(id) + ".",
                      "Choose one of those that the run holds.");
    MapSnapshot snapshot;
    snapshot.probe = row.text(0);
    try {
        snapshot.tokens = nlohmann::json::parse(row.text(1)).get<std::vector<std::string>>();
    } catch (const nlohmann::json::exception&) {
        throw Refusal("RUN-DAMAGED", "An attention map's words in the run file " + database.path() + " cannot be read.",
                      "Use a copy of the file from a backup.");
    }
    snapshot.step = row.integer(2);
    snapshot.stage = row.text(3);
    snapshot.layers = static_cast<int>(row.integer(4));
    snapshot.heads = static_cast<int>(row.integer(5));
    snapshot.kvHeads = static_cast<int>(row.integer(6));
    snapshot.window = static_cast<int>(row.integer(7));
    snapshot.sinks = static_cast<int>(row.integer(8));
    SqliteStatement heads(database, "SELECT layer, head, kl, beyond_teacher, beyond_student FROM head WHERE map = ? "
                                    "ORDER BY layer, head");
    heads.bind(id);
    while (heads.step())
        snapshot.maps.push_back(numbersOf(heads));
    return snapshot;
}

std::optional<HeadMap> readHeadMap(SqliteDatabase& database, std::int64_t id, int layer, int head) {
    SqliteStatement row(database, "SELECT layer, head, kl, beyond_teacher, beyond_student, softmax, linear FROM head "
                                  "WHERE map = ? AND layer = ? AND head = ?");
    if (!row.bind(id).bind(layer).bind(head).step())
        return std::nullopt;
    HeadMap map = numbersOf(row);
    map.studentSoftmax = triangleOf(row.blob(5));
    map.studentLinear = triangleOf(row.blob(6));
    SqliteStatement teacher(database, "SELECT teacher FROM head WHERE layer = ? AND head = ? AND length(teacher) > 0 "
                                      "ORDER BY map LIMIT 1");
    if (teacher.bind(layer).bind(head).step())
        map.teacher = triangleOf(teacher.blob(0));
    return map;
}

} // namespace lolcats
