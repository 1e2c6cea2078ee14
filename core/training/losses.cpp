// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/losses.h"

#include "core/text/packing.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <functional>

namespace lolcats {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

constexpr std::int64_t kChunk = 128; // tokens; 25 MB of float32 logits at 49,152 words

at::Tensor logitsOf(const at::Tensor& hidden, const at::Tensor& head) {
    return at::linear(hidden.to(head.scalar_type()), head).to(hidden.scalar_type());
}

// Adds to `loss` and turns the chunk's logits into their gradient; both are sums, not means.
using ChunkLoss = std::function<at::Tensor(std::int64_t from, std::int64_t count, const at::Tensor& logits, double& loss)>;

// The gradient by the hidden states is made together with the loss, chunk by chunk, so backward has nothing left to do.
at::Tensor lossWithGradient(AutogradContext* context, const at::Tensor& student, const at::Tensor& head, std::int64_t divisor,
                            const ChunkLoss& chunkLoss) {
    const at::NoGradGuard guard;
    const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(divisor, 1));
    at::Tensor gradient = at::empty_like(student);
    double loss = 0;
    for (std::int64_t from = 0; from < student.size(0); from += kChunk) {
        const std::int64_t count = std::min(kChunk, student.size(0) - from);
        const at::Tensor byLogits = chunkLoss(from, count, logitsOf(student.narrow(0, from, count), head), loss);
        at::Tensor part = gradient.narrow(0, from, count);
        part.copy_(at::matmul(byLogits.to(head.scalar_type()), head)).mul_(share);
    }
    context->save_for_backward({gradient});
    return at::scalar_tensor(loss * share, student.options());
}

struct KlFunction : public Function<KlFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& student, const at::Tensor& teacher,
                              const at::Tensor& head) {
        return lossWithGradient(context, student, head, student.size(0),
                                [&](std::int64_t from, std::int64_t count, const at::Tensor& logits, double& loss) {
                                    const at::Tensor target = logitsOf(teacher.narrow(0, from, count), head);
                                    const at::Tensor wanted = at::log_softmax(target, -1);
                                    at::Tensor found = at::log_softmax(logits, -1);
                                    const at::Tensor probability = wanted.exp();
                                    loss += (probability * (wanted - found)).sum().item<double>();
                                    return found.exp_().sub_(probability);
                                });
    }
    static variable_list backward(AutogradContext* context, const variable_list& outputs) {
        return {context->get_saved_variables()[0] * outputs[0], at::Tensor(), at::Tensor()};
    }
};

struct NextTokenFunction : public Function<NextTokenFunction> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& student, const at::Tensor& labels,
                              const at::Tensor& head) {
        return lossWithGradient(context, student, head, student.size(0),
                                [&](std::int64_t from, std::int64_t count, const at::Tensor& logits, double& loss) {
                                    const at::Tensor wanted = labels.narrow(0, from, count).unsqueeze(1);
                                    at::Tensor found = at::log_softmax(logits, -1);
                                    loss -= found.gather(1, wanted).sum().item<double>();
                                    const at::Tensor minus = at::full({count, 1}, -1.0, found.options());
                                    return found.exp_().scatter_add_(1, wanted, minus);
                                });
    }
    static variable_list backward(AutogradContext* context, const variable_list& outputs) {
        return {context->get_saved_variables()[0] * outputs[0], at::Tensor(), at::Tensor()};
    }
};

PositionScores scoredChunk(const at::Tensor& found, const at::Tensor& truth, const at::Tensor& wanted) {
    const at::Tensor loss = -found.gather(1, wanted.clamp_min(0).unsqueeze(1)).squeeze(1);
    return {at::where(wanted == kNotLearned, at::zeros_like(loss), loss), (truth.exp() * (truth - found)).sum(-1),
            (truth.argmax(-1) == found.argmax(-1)).to(found.scalar_type())};
}

PositionScores joined(const std::vector<PositionScores>& parts) {
    std::vector<at::Tensor> losses, kls, agreements;
    for (const PositionScores& part : parts) {
        losses.push_back(part.loss);
        kls.push_back(part.kl);
        agreements.push_back(part.agree);
    }
    return {at::cat(losses), at::cat(kls), at::cat(agreements)};
}

} // namespace

at::Tensor klLoss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& head) {
    return KlFunction::apply(student, teacher.detach(), head.detach());
}

at::Tensor nextTokenLoss(const at::Tensor& student, const at::Tensor& labels, const at::Tensor& head) {
    const at::Tensor learned = at::nonzero(labels != kNotLearned).squeeze(1);
    return NextTokenFunction::apply(student.index_select(0, learned), labels.index_select(0, learned), head.detach());
}

PositionScores scorePositions(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& labels,
                              const at::Tensor& head) {
    if (teacher.defined())
        return scoreAll({{teacher, head}, {student, head}}, labels).back();
    PositionScores scores = scoreAll({{student, head}}, labels).front();
    scores.kl = at::Tensor();
    scores.agree = at::Tensor();
    return scores;
}

std::vector<PositionScores> scoreAll(const std::vector<ScoredModel>& models, const at::Tensor& labels) {
    const at::NoGradGuard guard;
    std::vector<std::vector<PositionScores>> chunks(models.size());
    for (std::int64_t from = 0; from < labels.size(0); from += kChunk) {
        const std::int64_t count = std::min(kChunk, labels.size(0) - from);
        const at::Tensor wanted = labels.narrow(0, from, count);
        at::Tensor truth;
        for (std::size_t i = 0; i < models.size(); ++i) {
            const at::Tensor found = at::log_softmax(logitsOf(models[i].hidden.narrow(0, from, count), models[i].head), -1);
            truth = i == 0 ? found : truth;
            chunks[i].push_back(scoredChunk(found, truth, wanted));
        }
    }
    std::vector<PositionScores> scores;
    for (const auto& parts : chunks)
        scores.push_back(joined(parts));
    return scores;
}

} // namespace lolcats
