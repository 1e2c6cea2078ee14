// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Reads a pickle as a description of data and runs nothing of it. It knows numbers, text, tuples, lists and dictionaries, and
// of names those alone that PyTorch writes for a tensor, each in the one shape that it is written in. Whatever could call
// something else is refused by the name of its instruction, with its place.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lolcats {

enum class PickleKind { None, Flag, Integer, Number, Text, Tuple, List, Dictionary, Name, Storage, Tensor };

// Values refer to others by their place in the pickle's list: what is nested a million deep is no deeper for us.
struct PickleValue {
    PickleKind kind = PickleKind::None;
    std::int64_t integer = 0; // of Flag, Integer; of Storage its elements; of Tensor its first element
    double number = 0;
    std::string text;                 // of Text, Name ("torch FloatStorage"); of Storage its element type ("F32")
    std::vector<std::uint32_t> items; // of Tuple and List; of Dictionary key, value, key, value, …; of Tensor its storage
    std::string key;                  // of Storage: the name of its file in the archive
    std::vector<std::int64_t> sizes;  // of Tensor
    std::vector<std::int64_t> strides;
};

struct Pickle {
    std::vector<PickleValue> values;
    std::uint32_t root = 0;
    const PickleValue& at(std::uint32_t place) const { return values[place]; }
};

// `where` names the file in sentences. Refuses with SEC-PICKLE what would run or name something, with PT-PICKLE what is broken.
Pickle readPickle(std::span<const std::byte> bytes, const std::string& where);

} // namespace lolcats
