// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Losses over a large vocabulary, in chunks of tokens: no logits matrix for a whole row, forward or backward.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace lolcats {

// Mean over positions of KL(teacher || student). Hidden states after the final norm, [tokens, hidden]; head [vocabulary,
// hidden]. Gradient flows to `student` only.
at::Tensor klLoss(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& head);
// Mean cross-entropy over labels that are not −100. labels [tokens] int64, already shifted.
at::Tensor nextTokenLoss(const at::Tensor& student, const at::Tensor& labels, const at::Tensor& head);

// Per position, without gradient: what an evaluation sums up.
struct PositionScores {
    at::Tensor loss;  // next-token loss, 0 where the label is −100
    at::Tensor kl;    // against the teacher; undefined without one
    at::Tensor agree; // 1 where the top token is the teacher's
};
PositionScores scorePositions(const at::Tensor& student, const at::Tensor& teacher, const at::Tensor& labels,
                              const at::Tensor& head);
// Several models over the same positions, each with its hidden states and its head; the first is the teacher, whose
// distribution is made once a chunk for all of them.
struct ScoredModel {
    at::Tensor hidden;
    at::Tensor head;
};
std::vector<PositionScores> scoreAll(const std::vector<ScoredModel>& models, const at::Tensor& labels);

} // namespace lolcats
