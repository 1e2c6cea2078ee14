// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sizes and switches that describe a decoder completely. A family is a function from a config to this.

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

struct RopeShape {
    std::string type = "default"; // default, linear, llama3
    double theta = 10000;
    double factor = 1;
    double lowFrequency = 1;     // llama3
    double highFrequency = 4;    // llama3
    double original = 0;         // llama3: the length the model was made for
    std::vector<float> divisors; // one per frequency, from a GGUF's rope_freqs.weight; empty: none
};

struct DecoderShape {
    std::int64_t vocabulary = 0;
    std::int64_t hidden = 0;
    std::int64_t intermediate = 0;
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t maxPositions = 0;
    double rmsEps = 1e-6;
    RopeShape rope;
    bool tied = false;
    bool attentionBias = false;
    bool mlpBias = false;
    std::string activation = "silu";
    std::vector<std::int64_t> bos; // may be empty
    std::vector<std::int64_t> eos;
};

// Inverse frequencies, head_dim / 2 of them, with scaling applied. In double; the decoder rounds them to float32.
std::vector<double> inverseFrequencies(const RopeShape& rope, std::int64_t headDim);

// A tensor that the decoder expects.
struct ExpectedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
};

} // namespace lolcats
