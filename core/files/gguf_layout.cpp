// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_layout.h"

#include "core/records/failure.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace lolcats {

namespace {

constexpr std::array<GgufTensorType, 18> types = {{
    {0, "F32", 1, 4},
    {1, "F16", 1, 2},
    {2, "Q4_0", 32, 18},
    {3, "Q4_1", 32, 20},
    {6, "Q5_0", 32, 22},
    {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},
    {10, "Q2_K", 256, 84},
    {11, "Q3_K", 256, 110},
    {12, "Q4_K", 256, 144},
    {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},
    {24, "I8", 1, 1},
    {25, "I16", 1, 2},
    {26, "I32", 1, 4},
    {27, "I64", 1, 8},
    {28, "F64", 1, 8},
    {30, "BF16", 1, 2},
}};

// Types that exist but are not read, so that the sentence can name them.
const char* nameOfUnreadType(std::uint32_t id) {
    switch (id) {
    case 4:
        return "Q4_2, which was removed from the format";
    case 5:
        return "Q4_3, which was removed from the format";
    case 9:
        return "Q8_1";
    case 15:
        return "Q8_K";
    case 16:
        return "IQ2_XXS";
    case 17:
        return "IQ2_XS";
    case 18:
        return "IQ3_XXS";
    case 19:
        return "IQ1_S";
    case 20:
        return "IQ4_NL";
    case 21:
        return "IQ3_S";
    case 22:
        return "IQ2_S";
    case 23:
        return "IQ4_XS";
    case 29:
        return "IQ1_M";
    case 34:
        return "TQ1_0";
    case 35:
        return "TQ2_0";
    case 39:
        return "MXFP4";
    default:
        return nullptr;
    }
}

[[noreturn]] void refuseTensorType(const GgufTensor& tensor, std::uint32_t id, const std::string& path) {
    const char* name = nameOfUnreadType(id);
    const std::string what = name != nullptr ? std::string(name) : "number " + std::to_string(id);
    throw Refusal("GG-DTYPE", "Tensor \"" + tensor.name + "\" of " + path + " is of type " + what + ", which is not read.",
                  "Get the model in F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1 or one of Q2_K to Q6_K.");
}

std::string readTensorName(GgufCursor& cursor) {
    const auto length = cursor.number<std::uint64_t>();
    if (length == 0 || length > 63)
        refuseGguf("GG-NAME", "A tensor of " + cursor.path() + " has a name of " + std::to_string(length) +
                                  " bytes; 1 to 63 are allowed.");
    std::string name(length, '\0');
    for (char& c : name)
        c = cursor.number<char>();
    return name;
}

void checkSize(GgufTensor& tensor, std::uint64_t alignment, const std::string& path) {
    const std::string what = "Tensor \"" + tensor.name + "\" of " + path;
    constexpr auto largest = static_cast<std::uint64_t>(INT64_MAX);
    const auto overflows = [&](bool wrapped, std::uint64_t value) {
        if (wrapped || value > largest)
            refuseGguf("GG-OVERFLOW", what + " has a size that does not fit into 63 bits.");
    };
    const auto row = static_cast<std::uint64_t>(tensor.dimensions.front());
    if (row % tensor.type->blockElements != 0)
        refuseGguf("GG-BLOCK", what + " is of type " + tensor.type->name + ", in blocks of " +
                                   std::to_string(tensor.type->blockElements) + ", but its rows have " + std::to_string(row) +
                                   " values.");
    std::uint64_t elements = 1;
    for (const std::int64_t dimension : tensor.dimensions)
        overflows(__builtin_mul_overflow(elements, static_cast<std::uint64_t>(dimension), &elements), elements);
    overflows(__builtin_mul_overflow(elements / tensor.type->blockElements, tensor.type->blockBytes, &tensor.bytes),
              tensor.bytes);
    overflows(tensor.bytes > largest - alignment, 0);
}

void refuseNonZero(const FileBytes& file, std::uint64_t from, std::uint64_t to) {
    std::vector<std::byte> padding(to - from);
    file.read(from, padding);
    if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; }))
        refuseGguf("GG-PAD", "The padding at byte " + std::to_string(from) + " of " + file.path() + " is not zero.");
}

} // namespace

const GgufTensorType* findGgufType(std::uint32_t id) {
    const auto* found = std::find_if(types.begin(), types.end(), [&](const GgufTensorType& type) { return type.id == id; });
    return found == types.end() ? nullptr : found;
}

std::uint64_t roundedUp(std::uint64_t value, std::uint64_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

GgufTensor readGgufTensor(GgufCursor& cursor, std::uint64_t alignment) {
    GgufTensor tensor;
    tensor.name = readTensorName(cursor);
    const std::string what = "Tensor \"" + tensor.name + "\" of " + cursor.path();
    const auto count = cursor.number<std::uint32_t>();
    if (count < 1 || count > 4)
        refuseGguf("GG-NDIM", what + " has " + std::to_string(count) + " dimensions; 1 to 4 are allowed.");
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto dimension = cursor.number<std::int64_t>();
        if (dimension < 1)
            refuseGguf("GG-DIM", what + " has a dimension of " + std::to_string(dimension) + ".");
        tensor.dimensions.push_back(dimension);
    }
    const auto type = cursor.number<std::uint32_t>();
    tensor.type = findGgufType(type);
    if (tensor.type == nullptr)
        refuseTensorType(tensor, type, cursor.path());
    checkSize(tensor, alignment, cursor.path());
    tensor.offset = cursor.number<std::uint64_t>();
    if (tensor.offset % alignment != 0)
        refuseGguf("GG-OFFSET", what + " begins at " + std::to_string(tensor.offset) + ", which is not a multiple of " +
                                    std::to_string(alignment) + ".");
    return tensor;
}

void checkGgufLayout(const FileBytes& file, const std::vector<GgufTensor>& tensors, std::uint64_t headerEnd,
                     std::uint64_t alignment) {
    std::vector<std::size_t> order(tensors.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return tensors[a].offset < tensors[b].offset; });
    const std::uint64_t start = std::min(roundedUp(headerEnd, alignment), file.size());
    const std::uint64_t available = file.size() - start;
    refuseNonZero(file, headerEnd, start);
    std::uint64_t end = 0, paddedEnd = 0;
    for (const std::size_t index : order) {
        const GgufTensor& tensor = tensors[index];
        const std::string what = "Tensor \"" + tensor.name + "\" of " + file.path();
        if (tensor.offset > available && tensor.offset > paddedEnd)
            refuseGguf("GG-OFFSET",
                       what + " begins at byte " + std::to_string(tensor.offset) + " of the data, beyond the file.");
        if (tensor.offset > paddedEnd)
            refuseGguf("GG-HOLE", "Bytes before " + what + " belong to no tensor.");
        if (tensor.offset < paddedEnd)
            refuseGguf("GG-OVERLAP", what + " overlaps the one before it.");
        // Sizes were held below 2^63 less the alignment; the sum has to be as well.
        if (tensor.bytes > static_cast<std::uint64_t>(INT64_MAX) - alignment - paddedEnd)
            refuseGguf("GG-OVERFLOW", "The tensors of " + file.path() + " add up to more than 63 bits can hold.");
        if (paddedEnd <= available)
            refuseNonZero(file, start + end, start + paddedEnd);
        end = tensor.offset + tensor.bytes;
        paddedEnd = roundedUp(end, alignment);
    }
    if (end > available)
        refuseGguf("GG-TRUNC", file.path() + " is cut short: its tensors need " + std::to_string(end) + " bytes, " +
                                   std::to_string(available) + " are there.");
    if (available > paddedEnd)
        refuseGguf("GG-TRAIL", file.path() + " has " + std::to_string(available - paddedEnd) +
                                   " bytes after its last tensor that belong to nothing.");
    refuseNonZero(file, start + end, file.size());
}

} // namespace lolcats
