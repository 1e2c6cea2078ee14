// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/packing.h"

#include <algorithm>

namespace lolcats {

namespace {

// Documents behind each other, as one row.
TokenRows joinedDocuments(const std::vector<TokenDocument>& documents) {
    TokenRows joined;
    for (std::size_t number = 0; number < documents.size(); ++number) {
        const TokenDocument& document = documents[number];
        joined.ids.insert(joined.ids.end(), document.ids.begin(), document.ids.end());
        const auto& labels = document.labels.empty() ? document.ids : document.labels;
        joined.labels.insert(joined.labels.end(), labels.begin(), labels.end());
        joined.documents.insert(joined.documents.end(), document.ids.size(), static_cast<std::int32_t>(number));
    }
    return joined;
}

void takeRow(TokenRows& rows, const TokenRows& joined, std::size_t begin, std::size_t count) {
    const auto from = static_cast<std::ptrdiff_t>(begin);
    const auto to = static_cast<std::ptrdiff_t>(begin + count);
    rows.ids.insert(rows.ids.end(), joined.ids.begin() + from, joined.ids.begin() + to);
    rows.labels.insert(rows.labels.end(), joined.labels.begin() + from, joined.labels.begin() + to);
    rows.documents.insert(rows.documents.end(), joined.documents.begin() + from, joined.documents.begin() + to);
}

} // namespace

TokenRows packDocuments(const std::vector<TokenDocument>& documents, std::int64_t length) {
    TokenRows rows{length, {}, {}};
    const TokenRows joined = joinedDocuments(documents);
    const auto size = static_cast<std::size_t>(length);
    // A buffer of exactly `length` waits for one more token, so a last row that is exactly full is not given.
    for (std::size_t begin = 0; joined.ids.size() - begin > size; begin += size) {
        const auto first = joined.labels.begin() + static_cast<std::ptrdiff_t>(begin);
        if (std::any_of(first, first + length, [](std::int32_t label) { return label != kNotLearned; }))
            takeRow(rows, joined, begin, size);
    }
    return rows;
}

TokenRows packText(const std::vector<TokenDocument>& documents, std::int64_t length, std::int32_t begin, bool hasBegin) {
    TokenRows rows{length, {}, {}};
    const TokenRows joined = joinedDocuments(documents);
    const std::size_t taken = static_cast<std::size_t>(length) - (hasBegin ? 1 : 0);
    for (std::size_t at = 0; taken > 0 && joined.ids.size() - at >= taken; at += taken) {
        if (hasBegin) {
            rows.ids.push_back(begin);
            rows.labels.push_back(begin);
            rows.documents.push_back(joined.documents[at]);
        }
        takeRow(rows, joined, at, taken);
    }
    return rows;
}

} // namespace lolcats
