// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What is trained, with all that is needed to go on: as named blocks of bytes, so that who stores it need not know tensors.

#include "core/records/run_record.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

struct TensorBytes {
    std::string name;
    std::string dtype; // safetensors' word: "F32", "I64", "U8"
    std::vector<std::int64_t> shape;
    std::vector<std::byte> bytes; // row-major, little-endian
};

// Tensor names: "student.{layer}.{name}", "lora.{layer}.{target}.{a|b}", "optimizer.{n}.{m|v}", "generator".
struct Checkpoint {
    Stage stage = Stage::Transfer;
    std::int64_t step = 0;
    std::string reason;
    std::string stateJson; // data position, schedule, best figures: the trainer's own, opaque to who stores it
    std::vector<TensorBytes> tensors;
};

} // namespace lolcats
