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

    bool byteLevel = true;                             // symbols are bytes, which the file writes in the byte alphabet;
                                                       // else characters
    bool byteFallback = false;                         // a character that the vocabulary lacks becomes its bytes, <0xHH>
    std::unordered_map<std::string, std::int32_t> ids; // by the text in the file
    std::unordered_map<std::uint64_t, Merge> merges;   // by pairKey
    std::array<std::int32_t, 256> byteIds{};           // -1: the vocabulary lacks the byte
    std::optional<std::int32_t> unknown;
    bool fuseUnknown = false;
    bool ignoreMerges = false; // a piece that is in the vocabulary is taken whole

    static std::uint64_t pairKey(std::int32_t left, std::int32_t right) {
        return (static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U) | static_cast<std::uint32_t>(right);
    }
    // Adds the ids of a piece. A symbol that the vocabulary lacks becomes the unknown token, or nothing where there is none.
    void encode(std::string_view piece, std::vector<std::int32_t>& out) const;

    // How many bytes of the piece become nothing.
    std::int64_t lostBytes(std::string_view piece) const;

private:
    std::vector<std::int32_t> beginning(std::string_view piece) const;
    // Adds the ids of the symbol that begins at `at`, which moves behind it; false: the vocabulary lacks it.
    bool addSymbol(std::string_view piece, std::size_t& at, std::vector<std::int32_t>& out) const;
};

} // namespace lolcats
