// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Which rows a step sees: a function of plan and step alone, so that a resumed stage sees what an unbroken one would have seen.

#include "core/records/conversion_plan.h"
#include "core/text/packing.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace lolcats {

struct RowBatch {
    at::Tensor ids;    // [rows, tokens] int64
    at::Tensor labels; // the same; −100 where the next-token loss looks away
    double share = 1;  // of a batch that goes through the model in several pieces
};
RowBatch batchOf(const TokenRows& rows, const std::vector<std::int64_t>& which, const std::string& device);
// The same rows with each document as a piece of its own, [1, its tokens in the row]: positions, windows and sums begin anew. A
// piece counts by its tokens; a document of which a row has one token alone says nothing and is left out.
std::vector<RowBatch> documentsOf(const TokenRows& rows, const std::vector<std::int64_t>& which, const std::string& device);
// The first rows of a held-out part, at most so many, each in pieces as the plan's documents have it. Shares sum to 1 a row.
std::vector<RowBatch> firstRows(const TokenRows& rows, std::int64_t atMost, const ConversionPlan& plan);

// Of adapters while they learn from this batch: a function of plan and place, as the rows are.
std::uint64_t dropoutSeed(const ConversionPlan& plan, std::int64_t step, std::int64_t microBatch);

class RowBatches {
public:
    // Keeps references. Refuses data without rows (DATA-EMPTY).
    RowBatches(const TokenRows& rows, const ConversionPlan& plan);
    // What goes through the model one after the other: the whole batch, or its documents apart. Shares sum to 1.
    std::vector<RowBatch> at(std::int64_t step, std::int64_t microBatch);
    // Whether this batch's gradient enters its step. Under the rule "published" batches from before the end of a pass do not
    // enter a step that ends behind it: the published trainer clears the gradients there and lets its counter run on (Q19).
    bool counts(std::int64_t step, std::int64_t microBatch) const;
    std::int64_t tokensPerStep() const;

private:
    std::int64_t rowAt(std::int64_t position);

    const TokenRows& m_rows;
    const ConversionPlan& m_plan;
    std::vector<std::int64_t> m_order; // of m_pass
    std::int64_t m_pass = -1;
};

} // namespace lolcats
