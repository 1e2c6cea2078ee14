// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/records/failure.h"
#include "core/runs/checkpoint_rows.h"
#include "core/runs/map_rows.h"
#include "core/runs/provenance_json.h"
#include "core/runs/run_schema.h"
#include "core/runs/run_store.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace lolcats {

namespace {

// All that one question reads comes from one moment of the file.
class Moment {
public:
    explicit Moment(SqliteDatabase& database) : m_database(database) { m_database.execute("BEGIN"); }
    ~Moment() {
        try {
            m_database.execute("COMMIT");
        } catch (const Refusal&) {
            return; // a failed read has ended it already
        }
    }
    Moment(const Moment&) = delete;
    Moment& operator=(const Moment&) = delete;

private:
    SqliteDatabase& m_database;
};

std::vector<StageRecord> stages(SqliteDatabase& database) {
    std::vector<StageRecord> found;
    SqliteStatement rows(database, "SELECT stage, steps, step, seconds, finished FROM stage ORDER BY stage");
    while (rows.step())
        found.push_back(
            {storedStage(database, rows.integer(0)), rows.integer(1), rows.integer(2), rows.number(3), rows.integer(4) != 0});
    return found;
}

std::vector<CheckpointRecord> checkpoints(SqliteDatabase& database) {
    std::vector<CheckpointRecord> found;
    SqliteStatement rows(database, "SELECT id, stage, step, reason, time, bytes FROM checkpoint ORDER BY id");
    while (rows.step())
        found.push_back({rows.integer(0), storedStage(database, rows.integer(1)), rows.integer(2), rows.text(3), rows.number(4),
                         rows.integer(5)});
    return found;
}

// A file that nobody has written to since version 1 has none.
void readBands(SqliteDatabase& database, std::int64_t evaluation, EvaluationTable& table) {
    if (database.integer("PRAGMA user_version") < 2)
        return;
    SqliteStatement bands(database,
                          "SELECT position, first, kl FROM evaluation_band WHERE evaluation = ? ORDER BY position, first");
    bands.bind(evaluation);
    while (bands.step()) {
        const auto position = static_cast<std::size_t>(bands.integer(0));
        if (position >= table.rows.size())
            break;
        if (position == 0)
            table.bands.push_back(bands.integer(1));
        table.rows[position].bandKl.push_back(bands.number(2));
    }
}

std::vector<EvaluationTable> evaluationTables(SqliteDatabase& database, bool newestOnly) {
    std::vector<EvaluationTable> found;
    SqliteStatement tables(database,
                           "SELECT id, name, text, tokens, length, stage, step, verdict FROM evaluation WHERE ? = 0 OR "
                           "id = (SELECT max(id) FROM evaluation) ORDER BY id");
    tables.bind(newestOnly ? 1 : 0);
    while (tables.step()) {
        EvaluationTable table;
        table.name = tables.text(1);
        table.text = tables.text(2);
        table.tokens = tables.integer(3);
        table.length = tables.integer(4);
        table.stage = storedStage(database, tables.integer(5));
        table.step = tables.integer(6);
        table.verdict = tables.text(7);
        SqliteStatement rows(database,
                             "SELECT name, loss, perplexity, kl, kl_beyond, agreement, state_bytes FROM evaluation_row "
                             "WHERE evaluation = ? ORDER BY position");
        rows.bind(tables.integer(0));
        while (rows.step())
            table.rows.push_back({rows.text(0), rows.number(1), rows.number(2), rows.number(3), rows.number(4), rows.number(5),
                                  rows.integer(6)});
        readBands(database, tables.integer(0), table);
        found.push_back(std::move(table));
    }
    return found;
}

// The mean over layers is the metric's own where it was reported, else it is taken here; a step with a NaN does not count.
double bestRelative(SqliteDatabase& database) {
    SqliteStatement best(database,
                         "SELECT min(mean) FROM (SELECT avg(value) AS mean FROM metric WHERE aside = 0 AND "
                         "name = (SELECT id FROM name WHERE text = 'transfer.heldout.relative') AND (layer = -1) = "
                         "EXISTS(SELECT 1 FROM metric AS whole WHERE whole.name = metric.name AND whole.layer = -1 AND "
                         "whole.aside = 0) GROUP BY stage, step HAVING count(value) = count(*))");
    const double value = best.step() ? best.number(0) : -1;
    return std::isnan(value) ? -1 : value;
}

bool isWorking(RunState state) {
    return state == RunState::Preparing || state == RunState::Running || state == RunState::Paused;
}

} // namespace

RunReader::RunReader(const std::string& path) : m_database(openRunToRead(path)), m_path(path) {}

RunReader::~RunReader() = default;

RunReader::RunReader(RunReader&&) noexcept = default;

RunRecord RunReader::record() const {
    RunRecord record;
    // Asked first: a run that ends between the two questions must not look interrupted.
    const bool held = RunLock::isHeld(m_path);
    const Moment moment(*m_database);
    record.id = runValue(*m_database, "id");
    record.path = m_path;
    record.name = std::filesystem::path(m_path).stem().string();
    record.state = runStateFromName(runValue(*m_database, "state"));
    if (isWorking(record.state) && !held)
        record.state = RunState::Interrupted;
    record.reason = runValue(*m_database, "reason");
    record.provenance = provenanceFromJson(runValue(*m_database, "provenance"));
    record.planJson = runValue(*m_database, "plan");
    record.stages = stages(*m_database);
    record.checkpoints = checkpoints(*m_database);
    const auto newest = evaluationTables(*m_database, true);
    if (!newest.empty())
        record.evaluation = newest.front();
    record.bestRelative = bestRelative(*m_database);
    record.started = std::strtod(runValue(*m_database, "created").c_str(), nullptr);
    record.seconds = std::strtod(runValue(*m_database, "seconds").c_str(), nullptr);
    return record;
}

std::vector<std::string> RunReader::metricNames() const {
    std::vector<std::string> names;
    SqliteStatement rows(*m_database, "SELECT text FROM name WHERE EXISTS(SELECT 1 FROM metric WHERE metric.name = name.id AND "
                                      "metric.aside = 0) ORDER BY id");
    while (rows.step())
        names.push_back(rows.text(0));
    return names;
}

std::vector<RunReader::Point> RunReader::curve(const std::string& name, int layer) const {
    std::vector<Point> points;
    SqliteStatement rows(*m_database, "SELECT step, value FROM metric WHERE name = (SELECT id FROM name WHERE text = ?) AND "
                                      "layer = ? AND aside = 0 ORDER BY stage, step");
    rows.bind(name).bind(layer);
    while (rows.step())
        points.push_back({rows.integer(0), rows.number(1)});
    return points;
}

std::vector<Metric> RunReader::metrics(const std::string& name, int layer) const {
    std::vector<Metric> found;
    SqliteStatement rows(*m_database,
                         "SELECT metric.stage, name.text, metric.step, metric.layer, metric.value FROM metric JOIN name "
                         "ON name.id = metric.name WHERE metric.aside = 0 AND (? = '' OR name.text = ?) AND "
                         "(? = -2 OR metric.layer = ?) ORDER BY metric.stage, metric.step, name.id, metric.layer");
    rows.bind(name).bind(name).bind(layer).bind(layer);
    while (rows.step())
        found.push_back({storedStage(*m_database, rows.integer(0)), rows.text(1), rows.integer(2),
                         static_cast<int>(rows.integer(3)), rows.number(4)});
    return found;
}

std::vector<EvaluationTable> RunReader::evaluations() const {
    const Moment moment(*m_database);
    return evaluationTables(*m_database, false);
}

std::vector<LogLine> RunReader::log(int last) const {
    std::vector<LogLine> lines;
    SqliteStatement rows(*m_database, "SELECT level, text, time FROM log ORDER BY id DESC LIMIT ?");
    rows.bind(last);
    while (rows.step())
        lines.push_back({static_cast<LogLevel>(std::clamp<std::int64_t>(rows.integer(0), 0, 2)), rows.text(1), rows.number(2)});
    std::reverse(lines.begin(), lines.end());
    return lines;
}

std::vector<Figure> RunReader::figures() const {
    std::vector<Figure> found;
    SqliteStatement rows(*m_database, "SELECT name, value, unit FROM figure ORDER BY name");
    while (rows.step())
        found.push_back({rows.text(0), rows.number(1), rows.text(2)});
    return found;
}

std::vector<RunReader::MapKey> RunReader::mapKeys() const {
    std::vector<MapKey> keys;
    // A resumed run draws a step's maps again; the newest of a step is shown.
    SqliteStatement rows(*m_database, "SELECT max(id), step, stage FROM map GROUP BY step, stage ORDER BY step, max(id)");
    while (rows.step())
        keys.push_back({rows.integer(0), rows.integer(1), rows.text(2)});
    return keys;
}

MapSnapshot RunReader::mapOverview(std::int64_t id) const {
    const Moment moment(*m_database);
    return readMapOverview(*m_database, id);
}

std::optional<HeadMap> RunReader::headMap(std::int64_t id, int layer, int head) const {
    const Moment moment(*m_database);
    return readHeadMap(*m_database, id, layer, head);
}

std::shared_ptr<const Checkpoint> RunReader::checkpoint(std::int64_t id) const {
    const Moment moment(*m_database);
    return readCheckpoint(*m_database, id);
}

std::int64_t RunReader::checkedTensors() const {
    {
        const Moment moment(*m_database);
        SqliteStatement check(*m_database, "PRAGMA integrity_check(1)");
        if (!check.step() || check.text(0) != "ok")
            throw Refusal("RUN-DAMAGED", "The run file " + m_path + " is damaged: " + check.text(0) + ".",
                          "Use a copy from a backup.");
    }
    std::int64_t tensors = 0;
    for (const CheckpointRecord& one : checkpoints(*m_database))
        tensors += static_cast<std::int64_t>(checkpoint(one.id)->tensors.size());
    return tensors;
}

std::shared_ptr<const Checkpoint> RunReader::newestCheckpoint() const {
    const Moment moment(*m_database);
    const auto newest = newestCheckpointRecord(*m_database);
    return newest ? readCheckpoint(*m_database, newest->id) : nullptr;
}

std::shared_ptr<const Checkpoint> RunReader::bestCheckpoint() const {
    const Moment moment(*m_database);
    const auto all = checkpoints(*m_database);
    if (all.empty())
        return nullptr;
    // Of the latest stage reached: its end or its best, whichever came last; a stage cut short before both has its newest.
    const auto isChosen = [&](const CheckpointRecord& record) {
        return record.stage == all.back().stage && (record.reason == "stage end" || record.reason == "best");
    };
    const auto chosen = std::find_if(all.rbegin(), all.rend(), isChosen);
    return readCheckpoint(*m_database, chosen == all.rend() ? all.back().id : chosen->id);
}

} // namespace lolcats
