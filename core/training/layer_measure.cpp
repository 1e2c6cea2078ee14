// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/layer_measure.h"

#include "core/attention/weights_cross_entropy.h"

#include <ATen/ATen.h>

namespace lolcats {

double relativeError(const LayerError& error) {
    return error.power > 0 ? error.mse / error.power : 0;
}

std::vector<std::int64_t> convertedLayers(const Students& students) {
    std::vector<std::int64_t> layers;
    for (std::size_t layer = 0; layer < students.size(); ++layer)
        if (students[layer])
            layers.push_back(static_cast<std::int64_t>(layer));
    return layers;
}

LayerMeasure::LayerMeasure(const DecoderModel& teacher, const Students& students, const LossRule& rule)
    : m_teacher(teacher), m_students(students), m_rule(rule), m_sums(students.size()) {}

void LayerMeasure::entered(std::int64_t, const at::Tensor& state) {
    if (m_rule.adapted != nullptr)
        m_state = state.detach();
}

void LayerMeasure::attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor& output) {
    const auto& student = m_students[static_cast<std::size_t>(layer)];
    if (!student || (m_rule.schedule != nullptr && !m_rule.schedule->learns(layer)))
        return;
    LayerError& sum = m_sums[static_cast<std::size_t>(layer)];
    const double power = output.square().mean().item<double>();
    sum.power += m_share * power;
    const at::AutoGradMode learning(m_rule.mse > 0 || m_rule.xent > 0);
    const AttentionInputs frozen = detached(inputs);
    const AttentionInputs read = m_rule.adapted != nullptr ? m_rule.adapted->attentionInputs(layer, m_state) : frozen;
    const at::Tensor error = at::mse_loss(student->mix(read), output.detach());
    sum.mse += m_share * error.item<double>();
    const at::Tensor loss = error * (m_share * (m_rule.relative && power > 0 ? m_rule.mse / power : m_rule.mse));
    if (loss.requires_grad() && m_rule.mse > 0)
        loss.backward();
    if (m_rule.xent > 0 || m_rule.measureXent)
        sum.xent += m_share * weightsCrossEntropy(*m_teacher.blocks()[static_cast<std::size_t>(layer)].mixer, *student, frozen,
                                                  m_share * m_rule.xent);
}

std::vector<LayerError> LayerMeasure::means(double passes) const {
    std::vector<LayerError> means = m_sums;
    for (LayerError& mean : means) {
        mean.mse /= passes;
        mean.power /= passes;
        mean.xent /= passes;
    }
    return means;
}

} // namespace lolcats
