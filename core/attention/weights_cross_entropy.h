// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Cross-entropy of a student's attention weights against its teacher's, rows of queries at a time: no N x N in memory.

#include "core/attention/attention.h"

namespace lolcats {

// Mean over queries of −Σ_j a_ij log p_ij, with a the teacher's weights and p the student's, each at least 1e-12 and then
// normalised over all keys of the text, later ones included, as the published trainer does (spec/lolcats.md 6.2). With a share
// above 0, share · loss goes backward piece by piece into the student's learned tensors.
double weightsCrossEntropy(const AttentionMixer& teacher, const AttentionMixer& student, const AttentionInputs& inputs,
                           double share);

} // namespace lolcats
