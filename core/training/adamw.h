// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// AdamW over float32 tensors in groups with rates of their own; its moments are what a checkpoint keeps.

#include "core/attention/feature_map.h"
#include "core/records/checkpoint.h"

#include <string>
#include <vector>

namespace lolcats {

struct ParameterGroup {
    std::vector<NamedTensor> tensors;
    double rateShare = 1; // of the step's learning rate
};

// (0.9, 0.999), eps 1e-8, no decay: torch's defaults, as published.
class AdamW {
public:
    explicit AdamW(std::vector<ParameterGroup> groups);
    // Steps with the gradients at hand and clears them. Returns the norm of all gradients; a non-finite norm changes nothing.
    double step(double rate);
    std::vector<TensorBytes> state() const; // "optimizer.{name}.{m|v}"
    void restore(const std::vector<TensorBytes>& tensors, std::int64_t steps);
    std::int64_t steps() const { return m_steps; }
    // The first tensor whose gradient was not finite in the last step; empty: all were.
    const std::string& nonFinite() const { return m_nonFinite; }
    const std::vector<ParameterGroup>& groups() const { return m_groups; }

private:
    double gradientNorm();
    std::vector<NamedTensor> moments() const;

    std::vector<ParameterGroup> m_groups;
    std::vector<at::Tensor> m_first, m_second; // in the order of the groups' tensors
    std::int64_t m_steps = 0;
    std::string m_nonFinite;
};

} // namespace lolcats
