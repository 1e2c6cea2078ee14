// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/bpe.h"

#include "core/text/byte_alphabet.h"
#include "core/text/unicode.h"

#include <queue>

namespace lolcats {

namespace {

struct Symbol {
    std::int32_t id = 0;
    std::int32_t previous = -1;
    std::int32_t next = -1;
    bool gone = false;
};

struct Candidate {
    std::int32_t rank = 0;
    std::int32_t position = 0;
    std::int32_t left = 0, right = 0; // the ids it was made for
    std::int32_t merged = 0;
    bool operator>(const Candidate& other) const { return rank != other.rank ? rank > other.rank : position > other.position; }
};

using Queue = std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>>;

class Merging {
public:
    Merging(const BpeModel& model, const std::vector<std::int32_t>& ids) : m_model(model), m_symbols(ids.size()) {
        const auto count = static_cast<std::int32_t>(ids.size());
        for (std::int32_t index = 0; index < count; ++index)
            at(index) = {ids[static_cast<std::size_t>(index)], index - 1, index + 1 < count ? index + 1 : -1, false};
        for (std::int32_t index = 0; index + 1 < count; ++index)
            offer(index);
    }

    void run() {
        while (!m_queue.empty()) {
            const Candidate candidate = m_queue.top();
            m_queue.pop();
            Symbol& left = at(candidate.position);
            if (left.gone || left.next < 0 || !stillMakes(candidate))
                continue;
            Symbol& right = at(left.next);
            right.gone = true;
            left.id = candidate.merged;
            left.next = right.next;
            if (left.next >= 0)
                at(left.next).previous = candidate.position;
            if (left.previous >= 0)
                offer(left.previous);
            offer(candidate.position);
        }
    }

    void collect(std::vector<std::int32_t>& out) const {
        for (const Symbol& symbol : m_symbols)
            if (!symbol.gone)
                out.push_back(symbol.id);
    }

private:
    Symbol& at(std::int32_t index) { return m_symbols[static_cast<std::size_t>(index)]; }

    // The official library drops a candidate whose neighbours have changed, but not when the new pair makes the same token.
    bool stillMakes(const Candidate& candidate) {
        const Symbol& left = at(candidate.position);
        const std::int32_t right = at(left.next).id;
        if (left.id == candidate.left && right == candidate.right)
            return true;
        const auto found = m_model.merges.find(BpeModel::pairKey(left.id, right));
        return found != m_model.merges.end() && found->second.id == candidate.merged;
    }

    void offer(std::int32_t position) {
        const Symbol& left = at(position);
        if (left.next < 0)
            return;
        const std::int32_t right = at(left.next).id;
        const auto found = m_model.merges.find(BpeModel::pairKey(left.id, right));
        if (found != m_model.merges.end())
            m_queue.push({found->second.rank, position, left.id, right, found->second.id});
    }

    const BpeModel& m_model;
    std::vector<Symbol> m_symbols;
    Queue m_queue;
};

} // namespace

bool BpeModel::addSymbol(std::string_view piece, std::size_t& at, std::vector<std::int32_t>& out) const {
    const std::size_t begin = at;
    const auto byteId = [&](std::size_t index) { return byteIds[static_cast<unsigned char>(piece[index])]; };
    if (byteLevel) {
        ++at;
        if (byteId(begin) >= 0)
            out.push_back(byteId(begin));
        return byteId(begin) >= 0;
    }
    nextCodePoint(piece, at);
    const auto known = ids.find(std::string(piece.substr(begin, at - begin)));
    if (known != ids.end()) {
        out.push_back(known->second);
        return true;
    }
    if (!byteFallback)
        return false;
    for (std::size_t index = begin; index < at; ++index)
        if (byteId(index) < 0)
            return false;
    for (std::size_t index = begin; index < at; ++index)
        out.push_back(byteId(index));
    return true;
}

std::vector<std::int32_t> BpeModel::beginning(std::string_view piece) const {
    std::vector<std::int32_t> symbols;
    symbols.reserve(piece.size());
    bool fusing = false;
    for (std::size_t at = 0; at < piece.size();) {
        const bool known = addSymbol(piece, at, symbols);
        if (!known && unknown && !(fusing && fuseUnknown))
            symbols.push_back(*unknown);
        fusing = !known;
    }
    return symbols;
}

std::int64_t BpeModel::lostBytes(std::string_view piece) const {
    std::vector<std::int32_t> symbols;
    std::int64_t lost = 0;
    for (std::size_t at = 0; !unknown && at < piece.size(); symbols.clear()) {
        const std::size_t begin = at;
        if (!addSymbol(piece, at, symbols))
            lost += static_cast<std::int64_t>(at - begin);
    }
    return lost;
}

void BpeModel::encode(std::string_view piece, std::vector<std::int32_t>& out) const {
    if (ignoreMerges) {
        const auto whole = ids.find(byteLevel ? writtenInAlphabet(piece) : std::string(piece));
        if (whole != ids.end()) {
            out.push_back(whole->second);
            return;
        }
    }
    const std::vector<std::int32_t> symbols = beginning(piece);
    if (symbols.size() < 2) {
        out.insert(out.end(), symbols.begin(), symbols.end());
        return;
    }
    Merging merging(*this, symbols);
    merging.run();
    merging.collect(out);
}

} // namespace lolcats
