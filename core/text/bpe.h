// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Byte-pair encoding of one piece of text: the vocabulary, the merges and the merging.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lolcats {

struct BpeModel {
    struct Merge {
        std::int32_t rank = 0;
        std::int32_t id = 0;
    };

    std::unordered_map<std::string, std::int32_t> ids; // by the text in the file, which writes bytes in the byte alphabet
    std::unordered_map<std::uint64_t, Merge> merges;   // by pairKey
    std::array<std::int32_t, 256> byteIds{};           // -1: the vocabulary lacks the byte
    std::optional<std::int32_t> unknown;
    bool fuseUnknown = false;
    bool ignoreMerges = false; // a piece that is in the vocabulary is taken whole

    static std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
    }
    // Adds the ids of a piece. A byte that the vocabulary lacks becomes the unknown token, or nothing where there is none.
    void encode(std::string_view piece, std::vector<std::int32_t>& out) const;

private:
    std::vector<std::int32_t> beginning(std::string_view piece) const;
};

} // namespace lolcats
