// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The tensor list of a GGUF file: one record read and checked, and the whole list against the data section.

#include "core/files/gguf_cursor.h"

namespace lolcats {

const GgufTensorType* findGgufType(std::uint32_t id); // null: unknown, removed or not read by this program
GgufTensor readGgufTensor(GgufCursor& cursor, std::uint64_t alignment);
// Every byte of the data section belongs to one tensor or is a zero of padding.
void checkGgufLayout(const FileBytes& file, const std::vector<GgufTensor>& tensors, std::uint64_t headerEnd,
                     std::uint64_t alignment);
std::uint64_t roundedUp(std::uint64_t value, std::uint64_t alignment); // `value` below 2^63

} // namespace lolcats
