// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Documents joined and cut to the training length.

#include <cstdint>
#include <vector>

namespace lolcats {

constexpr std::int32_t kNotLearned = -100; // a label that the next-token loss leaves out

// A document as tokens. Labels are as long as ids; empty labels mean: every token is learned.
struct TokenDocument {
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> labels;
};

// Rows of equal length, one after the other.
struct TokenRows {
    std::int64_t length = 0;
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> labels;
    std::vector<std::int32_t> documents{}; // of each token: which document it is of, counted along; empty: a row is one
    std::int64_t rows() const { return length == 0 ? 0 : static_cast<std::int64_t>(ids.size()) / length; }
};

// The published rule (utils/packing.py of the reference): documents are joined in order, a row is cut off while the buffer is
// strictly longer than `length`, the tail is dropped, rows without a learned token are removed.
TokenRows packDocuments(const std::vector<TokenDocument>& documents, std::int64_t length);

// For plain text: each row begins with `begin` where the vocabulary has one, then `length` − 1 tokens of the joined text; the
// tail is dropped.
TokenRows packText(const std::vector<TokenDocument>& documents, std::int64_t length, std::int32_t begin, bool hasBegin);

} // namespace lolcats
