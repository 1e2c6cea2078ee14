// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_blocks.h"

#include "core/files/number_formats.h"
#include "core/files/safetensors.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace lolcats {

namespace {

using Bytes = const std::uint8_t*;

std::uint16_t sixteenBits(Bytes at) {
    return static_cast<std::uint16_t>(at[0] | (at[1] << 8U));
}
float half(Bytes at) {
    return floatFromHalf(sixteenBits(at));
}
float low(std::uint8_t byte) {
    return static_cast<float>(byte & 15U);
}
float high(std::uint8_t byte) {
    return static_cast<float>(byte >> 4U);
}

void unpackF32(Bytes in, float* out) {
    std::memcpy(out, in, sizeof *out);
}
void unpackF16(Bytes in, float* out) {
    *out = half(in);
}
void unpackBf16(Bytes in, float* out) {
    *out = floatFromBfloat16(sixteenBits(in));
}

void unpackQ40(Bytes in, float* out) {
    const float scale = half(in);
    for (int j = 0; j < 16; ++j) {
        out[j] = (low(in[2 + j]) - 8.0F) * scale;
        out[j + 16] = (high(in[2 + j]) - 8.0F) * scale;
    }
}

void unpackQ41(Bytes in, float* out) {
    const float scale = half(in), minimum = half(in + 2);
    for (int j = 0; j < 16; ++j) {
        out[j] = low(in[4 + j]) * scale + minimum;
        out[j + 16] = high(in[4 + j]) * scale + minimum;
    }
}

// Four bits and, from `bits`, the fifth above them.
void fiveBits(Bytes bits, Bytes in, int j, float& first, float& second) {
    std::uint32_t fifth = 0;
    std::memcpy(&fifth, bits, sizeof fifth);
    first = static_cast<float>((in[j] & 15U) | (((fifth >> j) & 1U) << 4U));
    second = static_cast<float>((in[j] >> 4U) | (((fifth >> (j + 16)) & 1U) << 4U));
}

void unpackQ50(Bytes in, float* out) {
    const float scale = half(in);
    for (int j = 0; j < 16; ++j) {
        float first = 0, second = 0;
        fiveBits(in + 2, in + 6, j, first, second);
        out[j] = (first - 16.0F) * scale;
        out[j + 16] = (second - 16.0F) * scale;
    }
}

void unpackQ51(Bytes in, float* out) {
    const float scale = half(in), minimum = half(in + 2);
    for (int j = 0; j < 16; ++j) {
        float first = 0, second = 0;
        fiveBits(in + 4, in + 8, j, first, second);
        out[j] = first * scale + minimum;
        out[j + 16] = second * scale + minimum;
    }
}

void unpackQ80(Bytes in, float* out) {
    const float scale = half(in);
    for (int j = 0; j < 32; ++j)
        out[j] = static_cast<float>(static_cast<std::int8_t>(in[2 + j])) * scale;
}

void unpackQ2K(Bytes in, float* out) {
    const float scale = half(in + 80), minimum = half(in + 82);
    for (int p = 0; p < 256; ++p) {
        const std::uint8_t packed = in[p / 16];
        const int part = p / 128, pair = p % 128 / 32;
        const auto quant = static_cast<float>((in[16 + 32 * part + p % 32] >> (2 * pair)) & 3);
        out[p] = scale * low(packed) * quant - minimum * high(packed);
    }
}

void unpackQ3K(Bytes in, float* out) {
    const float scale = half(in + 108);
    const Bytes scales = in + 96;
    for (int p = 0; p < 256; ++p) {
        const int group = p / 16;
        const unsigned lower = group < 8 ? scales[group] & 15U : scales[group - 8] >> 4U;
        const unsigned upper = (scales[8 + group % 4] >> (2 * (group / 4))) & 3U;
        const auto factor = static_cast<float>(static_cast<int>(lower | (upper << 4U)) - 32);
        const int two = (in[32 + 32 * (p / 128) + p % 32] >> (2 * (p % 128 / 32))) & 3;
        const int third = (in[p % 32] >> (p / 32)) & 1;
        out[p] = scale * factor * static_cast<float>(two - (third == 0 ? 4 : 0));
    }
}

struct SixBits {
    std::array<float, 8> scales{};
    std::array<float, 8> minima{};
};

SixBits sixBits(Bytes s) {
    SixBits unpacked;
    for (unsigned g = 0; g < 4; ++g) {
        unpacked.scales[g] = static_cast<float>(s[g] & 63U);
        unpacked.minima[g] = static_cast<float>(s[g + 4] & 63U);
        unpacked.scales[g + 4] = static_cast<float>((s[g + 8] & 15U) | ((s[g] >> 6U) << 4U));
        unpacked.minima[g + 4] = static_cast<float>((s[g + 8] >> 4U) | ((s[g + 4] >> 6U) << 4U));
    }
    return unpacked;
}

// Q4_K and Q5_K: `fifth` is null for the first.
void unpackPairs(Bytes in, Bytes fifth, Bytes packed, float* out) {
    const float scale = half(in), minimum = half(in + 2);
    const SixBits groups = sixBits(in + 4);
    for (unsigned g = 0; g < 8; ++g) {
        const float factor = scale * groups.scales[g];
        const float offset = minimum * groups.minima[g];
        for (unsigned l = 0; l < 32; ++l) {
            const std::uint8_t byte = packed[32 * (g / 2) + l];
            float quant = g % 2 == 0 ? low(byte) : high(byte);
            if (fifth != nullptr && ((fifth[l] >> g) & 1U) != 0)
                quant += 16.0F;
            out[32 * g + l] = factor * quant - offset;
        }
    }
}

void unpackQ4K(Bytes in, float* out) {
    unpackPairs(in, nullptr, in + 16, out);
}
void unpackQ5K(Bytes in, float* out) {
    unpackPairs(in, in + 16, in + 48, out);
}

void unpackQ6K(Bytes in, float* out) {
    const float scale = half(in + 208);
    for (unsigned p = 0; p < 256; ++p) {
        const unsigned part = p / 128, quarter = p % 128 / 32, l = p % 32;
        const std::uint8_t lower = in[64 * part + 32 * (quarter % 2) + l];
        const unsigned four = quarter < 2 ? lower & 15U : lower >> 4U;
        const unsigned two = (in[128 + 32 * part + l] >> (2 * quarter)) & 3U;
        const auto factor = static_cast<float>(static_cast<std::int8_t>(in[192 + p / 16]));
        out[p] = scale * factor * static_cast<float>(static_cast<int>(four | (two << 4U)) - 32);
    }
}

struct Kind {
    const char* name;
    std::size_t elements;
    std::size_t bytes;
    void (*unpack)(Bytes, float*);
};

const Kind* findKind(const std::string& type) {
    static const std::array<Kind, 13> kinds = {{
        {"F32", 1, 4, unpackF32},
        {"F16", 1, 2, unpackF16},
        {"BF16", 1, 2, unpackBf16},
        {"Q4_0", 32, 18, unpackQ40},
        {"Q4_1", 32, 20, unpackQ41},
        {"Q5_0", 32, 22, unpackQ50},
        {"Q5_1", 32, 24, unpackQ51},
        {"Q8_0", 32, 34, unpackQ80},
        {"Q2_K", 256, 84, unpackQ2K},
        {"Q3_K", 256, 110, unpackQ3K},
        {"Q4_K", 256, 144, unpackQ4K},
        {"Q5_K", 256, 176, unpackQ5K},
        {"Q6_K", 256, 210, unpackQ6K},
    }};
    for (const Kind& kind : kinds)
        if (type == kind.name)
            return &kind;
    return nullptr;
}

} // namespace

bool canDequantise(const std::string& type) {
    return findKind(type) != nullptr;
}

bool isQuantised(const std::string& type) {
    const Kind* kind = findKind(type);
    return kind != nullptr && kind->elements > 1;
}

void dequantise(const std::string& type, std::span<const std::byte> blocks, std::span<float> out) {
    const Kind* kind = findKind(type);
    const auto* at = reinterpret_cast<Bytes>(blocks.data());
    for (std::size_t done = 0; done < out.size(); done += kind->elements, at += kind->bytes)
        kind->unpack(at, out.data() + done);
}

} // namespace lolcats
