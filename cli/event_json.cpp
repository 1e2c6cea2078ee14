// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/event_json.h"

#include <cmath>

namespace lolcats {

namespace {

const char* levelName(LogLevel level) {
    return level == LogLevel::Info ? "info" : level == LogLevel::Warning ? "warning" : "error";
}

std::int64_t bytesOf(const Checkpoint& checkpoint) {
    std::int64_t bytes = 0;
    for (const TensorBytes& tensor : checkpoint.tensors)
        bytes += static_cast<std::int64_t>(tensor.bytes.size());
    return bytes;
}

struct EventJson {
    OrderedJson operator()(const StageProgress& progress) const {
        OrderedJson json = {{"event", "progress"},
                            {"stage", stageName(progress.stage)},
                            {"step", progress.step},
                            {"steps", progress.steps},
                            {"doing", progress.doing}};
        json["seconds_left"] = progress.secondsLeft < 0 ? OrderedJson(nullptr) : OrderedJson(progress.secondsLeft);
        setNumber(json, "tokens_per_second", progress.tokensPerSecond);
        return json;
    }
    OrderedJson operator()(const StageStarted& started) const {
        return {{"event", "stage-started"}, {"stage", stageName(started.stage)}, {"steps", started.steps}};
    }
    OrderedJson operator()(const StageFinished& finished) const {
        return {{"event", "stage-finished"}, {"stage", stageName(finished.stage)}, {"seconds", finished.seconds}};
    }
    OrderedJson operator()(const Metric& metric) const {
        OrderedJson json = {{"event", "metric"},
                            {"stage", stageName(metric.stage)},
                            {"name", metric.name},
                            {"step", metric.step},
                            {"layer", metric.layer}};
        setNumber(json, "value", metric.value);
        return json;
    }
    OrderedJson operator()(const EvaluationTable& table) const {
        OrderedJson json = {{"event", "evaluation"}};
        json.update(evaluationJson(table));
        return json;
    }
    OrderedJson operator()(const CheckpointTaken& taken) const {
        return {{"event", "checkpoint"},
                {"stage", stageName(taken.checkpoint->stage)},
                {"step", taken.checkpoint->step},
                {"reason", taken.checkpoint->reason},
                {"bytes", bytesOf(*taken.checkpoint)}};
    }
    OrderedJson operator()(const MapTaken& taken) const {
        return {{"event", "map"}, {"stage", taken.snapshot->stage}, {"step", taken.snapshot->step}};
    }
    OrderedJson operator()(const LogLine& line) const {
        return {{"event", "log"}, {"level", levelName(line.level)}, {"text", line.text}};
    }
    OrderedJson operator()(const FileWritten& file) const {
        return {{"event", "file"}, {"path", file.path}, {"bytes", file.bytes}};
    }
    OrderedJson operator()(const CheckDone& check) const {
        OrderedJson json = {{"event", "check"}, {"id", check.id}, {"passed", check.passed}, {"sentence", check.sentence}};
        for (const Figure& figure : check.figures)
            setNumber(json["figures"], figure.name, figure.value);
        return json;
    }
    OrderedJson operator()(const TextPiece& piece) const { return {{"event", "text"}, {"text", piece.text}}; }
    OrderedJson operator()(const Figure& figure) const {
        OrderedJson json = {{"event", "figure"}};
        json.update(figureJson(figure));
        return json;
    }
};

} // namespace

std::string jsonLine(const OrderedJson& json) {
    return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string jsonDocument(const OrderedJson& json) {
    return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace);
}

void setNumber(OrderedJson& json, const std::string& key, double value) {
    if (std::isfinite(value)) {
        json[key] = value;
        return;
    }
    json[key] = nullptr;
    json[key + (std::isnan(value) ? "_nan" : "_inf")] = true;
}

OrderedJson evaluationJson(const EvaluationTable& table) {
    OrderedJson json = {{"name", table.name},
                        {"text", table.text},
                        {"tokens", table.tokens},
                        {"length", table.length},
                        {"stage", stageName(table.stage)},
                        {"step", table.step}};
    json["rows"] = OrderedJson::array();
    for (const EvaluationRow& row : table.rows) {
        OrderedJson entry = {{"name", row.name}};
        setNumber(entry, "perplexity", row.perplexity);
        setNumber(entry, "kl", row.kl);
        setNumber(entry, "kl_beyond", row.klBeyond);
        setNumber(entry, "agreement", row.agreement);
        entry["state_bytes"] = row.stateBytes;
        setNumber(entry, "loss", row.loss);
        for (const double kl : row.bandKl)
            entry["band_kl"].push_back(std::isfinite(kl) ? OrderedJson(kl) : OrderedJson(nullptr));
        json["rows"].push_back(std::move(entry));
    }
    if (!table.bands.empty())
        json["bands"] = table.bands;
    json["verdict"] = table.verdict;
    return json;
}

OrderedJson eventJson(const JobEvent& event) {
    return std::visit(EventJson{}, event);
}

OrderedJson figureJson(const Figure& figure) {
    OrderedJson json = {{"name", figure.name}};
    setNumber(json, "value", figure.value);
    json["unit"] = figure.unit;
    return json;
}

} // namespace lolcats
