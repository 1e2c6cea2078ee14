// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How both generations of Qwen say which layers have a sliding window.

#include "core/families/decoder_config.h"

namespace lolcats {

// Off unless use_sliding_window; then by layer_types, or on the layers from max_window_layers on.
inline void readQwenWindows(const ConfigReader& config, DecoderShape& shape) {
    constexpr std::int64_t standardWindow = 4096;
    constexpr std::int64_t standardFirst = 28;
    const bool used = config.flagOr("use_sliding_window", false);
    const std::int64_t silent = config.names("sliding_window") ? 0 : standardWindow;
    const std::int64_t window = config.integerOr("sliding_window", 1, INT32_MAX, silent);
    const std::int64_t first = config.integerOr("max_window_layers", 0, INT32_MAX, standardFirst);
    readWindows(config, used ? window : 0, first, LayerTypes::Decide, shape);
}

} // namespace lolcats
