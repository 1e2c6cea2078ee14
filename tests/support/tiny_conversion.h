// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A conversion small enough for a test: the tiny Llama of the oracles and rows of made-up tokens.

#include "core/files/safetensors.h"
#include "core/records/conversion_plan.h"
#include "tests/support/oracles.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace lolcats::testing {

inline std::string tinyModel() {
    return oraclesFolder() + "/tiny-llama";
}

// Rows with structure to learn: each token follows from the one before it, most of the time.
inline std::vector<std::byte> tinyRows(std::int64_t rows, std::int64_t length, std::uint32_t seed) {
    std::mt19937 draw(seed);
    std::vector<std::int32_t> ids;
    for (std::int64_t row = 0; row < rows; ++row) {
        std::int32_t id = static_cast<std::int32_t>(draw() % 250);
        for (std::int64_t i = 0; i < length; ++i) {
            ids.push_back(id);
            id = draw() % 4 == 0 ? static_cast<std::int32_t>(draw() % 250) : (id * 7 + 3) % 250;
        }
    }
    std::vector<std::byte> bytes(ids.size() * sizeof(std::int32_t));
    std::memcpy(bytes.data(), ids.data(), bytes.size());
    return bytes;
}

inline void writeTinyRows(const std::string& path, std::int64_t length) {
    writeSafetensors(path,
                     {{"train", "I32", {16, length}, [length] { return tinyRows(16, length, 1); }},
                      {"heldout", "I32", {4, length}, [length] { return tinyRows(4, length, 2); }}},
                     {});
}

// Eight steps a stage over rows of 64, window 8: seconds.
inline ConversionPlan tinyPlan(const std::string& rows, const Catalogue& catalogue) {
    ConversionPlan plan = planFromPreset("simple", catalogue);
    plan.model = tinyModel();
    plan.data = rows;
    setPlanField(plan, "dataset", std::string("rows"), catalogue);
    setPlanField(plan, "length", std::int64_t{64}, catalogue);
    setPlanField(plan, "heldout_rows", std::int64_t{4}, catalogue);
    setPlanField(plan, "window", std::int64_t{8}, catalogue);
    setPlanField(plan, "feature_dim", std::int64_t{16}, catalogue);
    setPlanField(plan, "transfer_steps", std::int64_t{8}, catalogue);
    setPlanField(plan, "finetune_steps", std::int64_t{8}, catalogue);
    setPlanField(plan, "evaluate_every", std::int64_t{4}, catalogue);
    setPlanField(plan, "checkpoint_every", std::int64_t{4}, catalogue);
    return completedPlan(plan, catalogue);
}

} // namespace lolcats::testing
