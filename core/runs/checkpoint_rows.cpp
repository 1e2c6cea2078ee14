// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/runs/checkpoint_rows.h"

#include "core/records/failure.h"

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace lolcats {

namespace {

using Digest = std::array<std::byte, 32>;

Digest sha256(std::span<const std::byte> bytes) {
    Digest digest{};
    unsigned int length = digest.size();
    if (EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(),
                   nullptr) != 1)
        throw Refusal("INT-SHA", "The checksum of a checkpoint's tensor could not be computed.",
                      "Report this as a fault of the program.");
    return digest;
}

std::string placeOf(const Checkpoint& checkpoint) {
    return std::string(stageName(checkpoint.stage)) + ", step " + std::to_string(checkpoint.step);
}

std::vector<std::int64_t> shapeFromJson(const SqliteDatabase& database, const std::string& json) {
    try {
        return nlohmann::json::parse(json).get<std::vector<std::int64_t>>();
    } catch (const nlohmann::json::exception&) {
        throw Refusal("RUN-DAMAGED", "A tensor's shape in the run file " + database.path() + " cannot be read.",
                      "Use a copy of the file from a backup.");
    }
}

void checkHash(const SqliteDatabase& database, const TensorBytes& tensor, const Digest& expected) {
    if (sha256(tensor.bytes) != expected)
        throw Refusal("RUN-HASH",
                      "The tensor " + tensor.name + " in the run file " + database.path() + " does not have its checksum.",
                      "The file was changed or damaged; use an older checkpoint or a copy from a backup.");
}

} // namespace

Stage storedStage(const SqliteDatabase& database, std::int64_t number) {
    if (number < 0 || number > static_cast<std::int64_t>(Stage::Export))
        throw Refusal("RUN-DAMAGED", "The run file " + database.path() + " names a stage that does not exist.",
                      "Use a copy of the file from a backup.");
    return static_cast<Stage>(number);
}

void checkFinite(const Checkpoint& checkpoint) {
    for (const TensorBytes& tensor : checkpoint.tensors) {
        if (tensor.dtype != "F32")
            continue;
        for (std::size_t offset = 0; offset + sizeof(float) <= tensor.bytes.size(); offset += sizeof(float)) {
            float value = 0;
            std::memcpy(&value, tensor.bytes.data() + offset, sizeof value);
            if (!std::isfinite(value))
                throw Refusal("NUM-CHECKPOINT",
                              "The checkpoint of " + placeOf(checkpoint) + " holds a number that is not finite, in " +
                                  tensor.name + ".",
                              "It was not saved; lower the learning rate and resume from the checkpoint before it.");
        }
    }
}

std::int64_t writeCheckpoint(SqliteDatabase& database, const Checkpoint& checkpoint, double time, std::size_t largestBlob) {
    std::int64_t bytes = 0;
    for (const TensorBytes& tensor : checkpoint.tensors)
        bytes += static_cast<std::int64_t>(tensor.bytes.size());
    SqliteStatement(database, "INSERT INTO checkpoint(stage, step, reason, state, time, bytes) VALUES(?, ?, ?, ?, ?, ?)")
        .bind(static_cast<int>(checkpoint.stage))
        .bind(checkpoint.step)
        .bind(checkpoint.reason)
        .bind(checkpoint.stateJson)
        .bind(time)
        .bind(bytes)
        .run();
    const std::int64_t id = database.lastId();
    SqliteStatement insert(database, "INSERT INTO tensor(checkpoint, position, part, name, dtype, shape, sha256, bytes) "
                                     "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
    int position = 0;
    for (const TensorBytes& tensor : checkpoint.tensors) {
        const Digest digest = sha256(tensor.bytes);
        const std::string shape = nlohmann::json(tensor.shape).dump();
        std::span<const std::byte> rest(tensor.bytes);
        int part = 0;
        do {
            const auto now = rest.first(std::min(rest.size(), largestBlob));
            insert.bind(id).bind(position).bind(part++).bind(tensor.name).bind(tensor.dtype).bind(shape);
            insert.bindBlob(digest).bindBlob(now).run();
            rest = rest.subspan(now.size());
        } while (!rest.empty());
        ++position;
    }
    return id;
}

void pruneCheckpoints(SqliteDatabase& database) {
    database.execute("DELETE FROM checkpoint WHERE id NOT IN (SELECT id FROM checkpoint ORDER BY id DESC LIMIT 2) "
                     "AND id NOT IN (SELECT max(id) FROM checkpoint WHERE reason = 'stage end' GROUP BY stage) "
                     "AND id NOT IN (SELECT ifnull(max(id), 0) FROM checkpoint WHERE reason = 'best')");
}

std::shared_ptr<const Checkpoint> readCheckpoint(SqliteDatabase& database, std::int64_t id) {
    auto checkpoint = std::make_shared<Checkpoint>();
    SqliteStatement head(database, "SELECT stage, step, reason, state FROM checkpoint WHERE id = ?");
    if (!head.bind(id).step())
        throw Refusal("RUN-CHECKPOINT",
                      "The run file " + database.path() + " has no checkpoint " + std::to_string(id) + " (any more).",
                      "Choose one that `lolcats show` lists.");
    checkpoint->stage = storedStage(database, head.integer(0));
    checkpoint->step = head.integer(1);
    checkpoint->reason = head.text(2);
    checkpoint->stateJson = head.text(3);

    SqliteStatement rows(database, "SELECT part, name, dtype, shape, sha256, bytes FROM tensor WHERE checkpoint = ? "
                                   "ORDER BY position, part");
    rows.bind(id);
    std::vector<Digest> digests;
    while (rows.step()) {
        if (rows.integer(0) == 0) {
            TensorBytes tensor;
            tensor.name = rows.text(1);
            tensor.dtype = rows.text(2);
            tensor.shape = shapeFromJson(database, rows.text(3));
            checkpoint->tensors.push_back(std::move(tensor));
            Digest digest{};
            const auto stored = rows.blob(4);
            std::copy_n(stored.begin(), std::min(stored.size(), digest.size()), digest.begin());
            digests.push_back(digest);
        }
        if (checkpoint->tensors.empty())
            continue;
        const auto bytes = rows.blob(5);
        auto& whole = checkpoint->tensors.back().bytes;
        whole.insert(whole.end(), bytes.begin(), bytes.end());
    }
    for (std::size_t i = 0; i < digests.size(); ++i)
        checkHash(database, checkpoint->tensors[i], digests[i]);
    return checkpoint;
}

std::optional<CheckpointRecord> newestCheckpointRecord(SqliteDatabase& database) {
    SqliteStatement statement(database, "SELECT id, stage, step, reason FROM checkpoint ORDER BY id DESC LIMIT 1");
    if (!statement.step())
        return std::nullopt;
    CheckpointRecord record;
    record.id = statement.integer(0);
    record.stage = storedStage(database, statement.integer(1));
    record.step = statement.integer(2);
    record.reason = statement.text(3);
    return record;
}

} // namespace lolcats
