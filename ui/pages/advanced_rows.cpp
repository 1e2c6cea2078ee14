// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/advanced_rows.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace lolcats {

namespace {

// Rows that a first conversion does not need; they stand behind “Advanced” until one of them is changed.
constexpr std::array<std::string_view, 42> kAdvanced = {"batch",
                                                        "accumulation",
                                                        "accumulation_rule",
                                                        "documents",
                                                        "transfer_schedule",
                                                        "transfer_warmup",
                                                        "transfer_factor_ratio",
                                                        "transfer_loss",
                                                        "transfer_loss_factor",
                                                        "transfer_xent_factor",
                                                        "transfer_layer_rates",
                                                        "transfer_patience",
                                                        "transfer_lora",
                                                        "finetune_warmup",
                                                        "finetune_schedule",
                                                        "finetune_maps_ratio",
                                                        "alpha",
                                                        "dropout",
                                                        "targets",
                                                        "rope_frequencies",
                                                        "text_chunk",
                                                        "combination",
                                                        "linear_factor_affine",
                                                        "decode_window",
                                                        "cluster_positions",
                                                        "cluster_decay",
                                                        "feature_start",
                                                        "feature_kernel",
                                                        "feature_skip",
                                                        "feature_tied",
                                                        "feature_bias",
                                                        "feature_bias_start",
                                                        "feature_adapter_width",
                                                        "feature_gates",
                                                        "feature_signs",
                                                        "plateau_factor",
                                                        "plateau_patience",
                                                        "plateau_floor",
                                                        "keep_best",
                                                        "threads",
                                                        "device",
                                                        "dtype"};

} // namespace

bool isAdvanced(const std::string& option) {
    return std::find(kAdvanced.begin(), kAdvanced.end(), option) != kAdvanced.end();
}

} // namespace lolcats
