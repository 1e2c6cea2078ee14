// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Sizes and switches that describe a decoder completely. A family is a function from a config to this.

#include <cstdint>
#include <string>
#include <vector>

namespace lolcats {

struct RopeShape {
    std::string type = "default"; // default, linear, dynamic, llama3, yarn
    double theta = 10000;
    double factor = 1;
    double lowFrequency = 1;          // llama3
    double highFrequency = 4;         // llama3
    double original = 0;              // llama3, yarn: the length the model was made for; dynamic: beyond which it stretches
    std::vector<float> divisors;      // one per frequency, from a GGUF's rope_freqs.weight; empty: none
    double fastRotations = 32;        // yarn: dimensions that turn at least so often over the original length are kept
    double slowRotations = 1;         // yarn: those that turn at most so often are divided by the factor
    bool truncated = true;            // yarn: the two borders are whole dimensions
    double attentionFactor = 1;       // yarn: by which rotated q and k are each multiplied
    bool bfloat16Frequencies = false; // rounded so, as the published second stage has them; float32 otherwise
};

// A mixture of experts in place of one feed-forward part.
struct ExpertShape {
    std::int64_t count = 0; // 0: none
    std::int64_t used = 0;  // for each token
};

struct DecoderShape {
    std::int64_t vocabulary = 0;
    std::int64_t hidden = 0;
    std::int64_t intermediate = 0; // of one expert where there are several
    std::int64_t layers = 0;
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t maxPositions = 0;
    double rmsEps = 1e-6;
    RopeShape rope;
    bool tied = false;
    bool attentionBias = false; // of q, k and v
    bool outputBias = false;    // of o
    bool mlpBias = false;
    bool headNorms = false;            // q and k of each head are normed before they are rotated
    std::vector<std::int64_t> windows; // for each layer how many positions its softmax sees, its own among them; 0: all
    ExpertShape experts;
    std::string activation = "silu";
    std::vector<std::int64_t> bos; // may be empty
    std::vector<std::int64_t> eos;
};

// Inverse frequencies, head_dim / 2 of them, with scaling applied, for a text of `length` tokens (only the dynamic kind looks
// at it). In double; the decoder rounds them to float32.
std::vector<double> inverseFrequencies(const RopeShape& rope, std::int64_t headDim, std::int64_t length = 0);

// A tensor that the decoder expects.
struct ExpectedTensor {
    std::string name;
    std::vector<std::int64_t> shape;
};

} // namespace lolcats
