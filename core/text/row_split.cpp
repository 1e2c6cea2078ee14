// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/row_split.h"

#include "core/records/failure.h"
#include "core/text/wording.h"

#include <algorithm>
#include <numeric>

namespace lolcats {

namespace {

// SplitMix64 (Steele, Lea and Flood, 2014): an order must not depend on whose standard library shuffles.
class SplitMix {
public:
    explicit SplitMix(std::uint64_t state) : m_state(state) {}

    std::uint64_t next() {
        std::uint64_t mixed = m_state += 0x9E3779B97F4A7C15U;
        mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
        return mixed ^ (mixed >> 31U);
    }

    // Uniform in 0 … bound − 1: values above the largest multiple of `bound` are drawn again.
    std::uint64_t below(std::uint64_t bound) {
        const std::uint64_t excess = (UINT64_MAX % bound + 1) % bound;
        std::uint64_t value = next();
        while (value > UINT64_MAX - excess)
            value = next();
        return value % bound;
    }

private:
    std::uint64_t m_state;
};

} // namespace

std::vector<std::int64_t> rowOrder(std::int64_t rows, std::int64_t seed, std::int64_t pass) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(std::max<std::int64_t>(rows, 0)));
    std::iota(order.begin(), order.end(), 0);
    SplitMix ofSeed(static_cast<std::uint64_t>(seed));
    SplitMix random(SplitMix(ofSeed.next() ^ static_cast<std::uint64_t>(pass)).next());
    for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[random.below(left)]);
    return order;
}

TokenRows chosenRows(const TokenRows& rows, const std::vector<std::int64_t>& which) {
    TokenRows chosen{rows.length, {}, {}};
    chosen.ids.reserve(which.size() * static_cast<std::size_t>(rows.length));
    chosen.labels.reserve(chosen.ids.capacity());
    for (const std::int64_t row : which) {
        const auto begin = static_cast<std::ptrdiff_t>(row * rows.length);
        const auto end = begin + static_cast<std::ptrdiff_t>(rows.length);
        chosen.ids.insert(chosen.ids.end(), rows.ids.begin() + begin, rows.ids.begin() + end);
        chosen.labels.insert(chosen.labels.end(), rows.labels.begin() + begin, rows.labels.begin() + end);
        if (!rows.documents.empty())
            chosen.documents.insert(chosen.documents.end(), rows.documents.begin() + begin, rows.documents.begin() + end);
    }
    return chosen;
}

TokenRows firstRows(const TokenRows& rows, std::int64_t count) {
    std::vector<std::int64_t> which(static_cast<std::size_t>(std::clamp<std::int64_t>(count, 0, rows.rows())));
    std::iota(which.begin(), which.end(), 0);
    return chosenRows(rows, which);
}

TokenRows shuffledRows(const TokenRows& rows, std::int64_t seed) {
    return chosenRows(rows, rowOrder(rows.rows(), seed, kSplitPass));
}

void splitRows(const TokenRows& rows, const ConversionPlan& plan, PreparedText& text) {
    const std::int64_t tenth = std::max<std::int64_t>(1, rows.rows() / 10);
    const std::vector<std::int64_t> order = rowOrder(rows.rows(), plan.seed, kSplitPass);
    const auto border = order.begin() + std::min({plan.heldoutRows, tenth, rows.rows() - 1});
    std::vector<std::int64_t> heldout(order.begin(), border);
    std::sort(heldout.begin(), heldout.end());
    text.heldout = chosenRows(rows, heldout);
    text.train = chosenRows(rows, {border, order.end()});
}

void refuseTooShort(const std::string& what, std::int64_t tokens, std::int64_t length) {
    throw Refusal("PLAN-LENGTH",
                  what + " holds " + grouped(tokens) + " tokens, too few for what is needed of it in rows of " +
                      grouped(length) + " tokens.",
                  "Shorten the rows (--length), or take a longer text.");
}

} // namespace lolcats
