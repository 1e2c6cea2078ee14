// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Events and records as JSON, as the command line's documents name them. A number that is none is null, with a flag beside it.

#include "core/records/job_event.h"
#include "core/records/run_record.h"

#include <nlohmann/json.hpp>

#include <string>

namespace lolcats {

using OrderedJson = nlohmann::ordered_json;

std::string jsonLine(const OrderedJson& json);     // on one line, broken letters replaced
std::string jsonDocument(const OrderedJson& json); // for a person to read
// {key: value}, or {key: null, key_nan: true}, or {key: null, key_inf: true}.
void setNumber(OrderedJson& json, const std::string& key, double value);
OrderedJson evaluationJson(const EvaluationTable& table);
OrderedJson eventJson(const JobEvent& event);
OrderedJson figureJson(const Figure& figure);

} // namespace lolcats
