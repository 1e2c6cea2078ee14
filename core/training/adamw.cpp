// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/adamw.h"

#include "core/training/checkpointing.h"

#include <ATen/ATen.h>

#include <cmath>
#include <utility>

namespace lolcats {

namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

} // namespace

AdamW::AdamW(std::vector<ParameterGroup> groups) : m_groups(std::move(groups)) {
    for (const ParameterGroup& group : m_groups)
        for (const NamedTensor& named : group.tensors) {
            m_first.push_back(at::zeros_like(named.tensor).requires_grad_(false));
            m_second.push_back(at::zeros_like(named.tensor).requires_grad_(false));
        }
}

double AdamW::gradientNorm() {
    double sum = 0;
    m_nonFinite.clear();
    for (const ParameterGroup& group : m_groups)
        for (const NamedTensor& named : group.tensors) {
            const at::Tensor& gradient = named.tensor.grad();
            if (!gradient.defined())
                continue;
            const double norm = gradient.norm().item<double>();
            if (!std::isfinite(norm) && m_nonFinite.empty())
                m_nonFinite = named.name;
            sum += norm * norm;
        }
    return std::sqrt(sum);
}

double AdamW::step(double rate) {
    const at::NoGradGuard guard;
    const double norm = gradientNorm();
    const bool usable = std::isfinite(norm);
    if (usable)
        ++m_steps;
    const auto count = static_cast<double>(m_steps);
    const double correction1 = 1 - std::pow(kBeta1, count), correction2 = std::sqrt(1 - std::pow(kBeta2, count));
    std::size_t n = 0;
    for (const ParameterGroup& group : m_groups)
        for (const NamedTensor& named : group.tensors) {
            at::Tensor& gradient = named.tensor.mutable_grad();
            at::Tensor &first = m_first[n], &second = m_second[n];
            ++n;
            if (usable && gradient.defined()) {
                first.lerp_(gradient, 1 - kBeta1);
                second.mul_(kBeta2).addcmul_(gradient, gradient, 1 - kBeta2);
                const at::Tensor divisor = second.sqrt().div_(correction2).add_(kEpsilon);
                named.tensor.addcdiv_(first, divisor, -rate * group.rateShare / correction1);
            }
            gradient.reset();
        }
    return norm;
}

std::vector<NamedTensor> AdamW::moments() const {
    std::vector<NamedTensor> all;
    std::size_t n = 0;
    for (const ParameterGroup& group : m_groups)
        for (const NamedTensor& named : group.tensors) {
            all.push_back({"optimizer." + named.name + ".m", m_first[n]});
            all.push_back({"optimizer." + named.name + ".v", m_second[n]});
            ++n;
        }
    return all;
}

std::vector<TensorBytes> AdamW::state() const {
    std::vector<TensorBytes> bytes;
    for (const NamedTensor& named : moments())
        bytes.push_back(bytesOf(named.name, named.tensor));
    return bytes;
}

void AdamW::restore(const std::vector<TensorBytes>& tensors, std::int64_t steps) {
    loadInto(moments(), tensors);
    m_steps = steps;
}

} // namespace lolcats
