// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Small pieces of a run, made up, for the tests of this room.

#include "core/records/checkpoint.h"
#include "core/records/job_event.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lolcats::testing {

inline TensorBytes tensorOf(const std::string& name, const std::vector<float>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return {name, "F32", {static_cast<std::int64_t>(values.size())}, {bytes.begin(), bytes.end()}};
}

inline CheckpointTaken checkpointAt(Stage stage, std::int64_t step, const std::string& reason,
                                    const std::vector<float>& values = {1, 2, 3}) {
    auto checkpoint = std::make_shared<Checkpoint>();
    checkpoint->stage = stage;
    checkpoint->step = step;
    checkpoint->reason = reason;
    checkpoint->stateJson = "{\"cursor\":" + std::to_string(step) + "}";
    checkpoint->tensors.push_back(tensorOf("student.0.weight", values));
    checkpoint->tensors.push_back({"generator", "U8", {3}, {std::byte{7}, std::byte{0}, std::byte{255}}});
    return {checkpoint};
}

inline Metric metricAt(Stage stage, const std::string& name, std::int64_t step, int layer, double value) {
    return {stage, name, step, layer, value};
}

inline Provenance someProvenance() {
    Provenance provenance;
    provenance.program = "lolcats 0.1.0";
    provenance.modelPath = "/models/a.gguf";
    provenance.modelSha256 = "abc123";
    provenance.machine = "a machine";
    provenance.engine = "an engine";
    provenance.threads = 2;
    provenance.started = 1700000000;
    return provenance;
}

} // namespace lolcats::testing
