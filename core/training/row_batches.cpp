// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/row_batches.h"

#include "core/records/failure.h"
#include "core/text/dataset.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace lolcats {

RowBatch batchOf(const TokenRows& rows, const std::vector<std::int64_t>& which, const std::string& device) {
    const std::int64_t length = rows.length;
    const at::Tensor ids = at::empty({static_cast<std::int64_t>(which.size()), length}, at::kLong);
    const at::Tensor labels = at::empty_like(ids);
    const std::vector<std::int32_t>& labelSource = rows.labels.empty() ? rows.ids : rows.labels;
    std::int64_t* toIds = ids.data_ptr<std::int64_t>();
    std::int64_t* toLabels = labels.data_ptr<std::int64_t>();
    for (const std::int64_t row : which) {
        toIds = std::copy_n(rows.ids.begin() + row * length, length, toIds);
        toLabels = std::copy_n(labelSource.begin() + row * length, length, toLabels);
    }
    return {ids.to(at::Device(device)), labels.to(at::Device(device))};
}

std::vector<RowBatch> documentsOf(const TokenRows& rows, const std::vector<std::int64_t>& which, const std::string& device) {
    std::vector<RowBatch> pieces;
    std::int64_t counted = 0;
    const auto numberOf = [&](std::int64_t token) {
        return rows.documents.empty() ? 0 : rows.documents[static_cast<std::size_t>(token)];
    };
    for (const std::int64_t row : which) {
        const RowBatch whole = batchOf(rows, {row}, device);
        for (std::int64_t first = 0, next = 0; first < rows.length; first = next) {
            while (next < rows.length && numberOf(row * rows.length + next) == numberOf(row * rows.length + first))
                ++next;
            if (next - first < 2)
                continue;
            counted += next - first;
            pieces.push_back({whole.ids.narrow(1, first, next - first), whole.labels.narrow(1, first, next - first),
                              static_cast<double>(next - first)});
        }
    }
    for (RowBatch& piece : pieces)
        piece.share /= static_cast<double>(counted);
    return pieces;
}

namespace {

std::vector<RowBatch> piecesOf(const TokenRows& rows, const std::vector<std::int64_t>& which, const ConversionPlan& plan) {
    if (plan.documents == "apart")
        return documentsOf(rows, which, plan.device);
    return {batchOf(rows, which, plan.device)};
}

} // namespace

std::vector<RowBatch> firstRows(const TokenRows& rows, std::int64_t atMost, const ConversionPlan& plan) {
    std::vector<RowBatch> batches;
    for (std::int64_t row = 0; row < std::min(rows.rows(), atMost); ++row)
        for (RowBatch& piece : piecesOf(rows, {row}, plan))
            batches.push_back(std::move(piece));
    return batches;
}

std::uint64_t dropoutSeed(const ConversionPlan& plan, std::int64_t step, std::int64_t microBatch) {
    const std::int64_t place = step * plan.accumulation + microBatch;
    return static_cast<std::uint64_t>(plan.seed) + 1000003U * static_cast<std::uint64_t>(place);
}

RowBatches::RowBatches(const TokenRows& rows, const ConversionPlan& plan) : m_rows(rows), m_plan(plan) {
    if (rows.rows() == 0)
        throw Refusal("DATA-EMPTY", "The data has no row of " + std::to_string(plan.length) + " tokens to train on.",
                      "Take more text, or a shorter length.");
}

std::int64_t RowBatches::rowAt(std::int64_t position) {
    const std::int64_t rows = m_rows.rows(), pass = position / rows;
    if (pass != m_pass) {
        if (m_plan.dataset == "rows") { // prepared rows are used as they lie
            m_order.resize(static_cast<std::size_t>(rows));
            std::iota(m_order.begin(), m_order.end(), std::int64_t{0});
        } else {
            m_order = rowOrder(rows, m_plan.seed, pass);
        }
        m_pass = pass;
    }
    return m_order[static_cast<std::size_t>(position % rows)];
}

std::vector<RowBatch> RowBatches::at(std::int64_t step, std::int64_t microBatch) {
    const std::int64_t first = (step * m_plan.accumulation + microBatch) * m_plan.batch;
    std::vector<std::int64_t> which;
    for (std::int64_t i = 0; i < m_plan.batch; ++i)
        which.push_back(rowAt(first + i));
    return piecesOf(m_rows, which, m_plan);
}

bool RowBatches::counts(std::int64_t step, std::int64_t microBatch) const {
    if (m_plan.accumulationRule == "whole")
        return true;
    const std::int64_t batches = std::max<std::int64_t>(1, m_rows.rows() / m_plan.batch); // in a pass
    const std::int64_t first = step * m_plan.accumulation;
    return (first + microBatch) / batches == (first + m_plan.accumulation - 1) / batches;
}

std::int64_t RowBatches::tokensPerStep() const {
    return m_plan.accumulation * m_plan.batch * m_rows.length;
}

} // namespace lolcats
