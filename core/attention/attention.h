// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The mixer: how tokens are mixed in one layer. Three views of one function that agree: all tokens at once, the map that it
// implies, one token with a state. And the list of mixers.

#include "core/attention/feature_map.h"

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

namespace lolcats {

// q [batch, heads, tokens, head_dim]; k, v [batch, kv_heads, tokens, head_dim]; q and k after rotary positions. Head h reads
// key-value head h / (heads / kv_heads). Not repeated: a mixer that needs it repeats for itself.
struct AttentionInputs {
    at::Tensor q;
    at::Tensor k;
    at::Tensor v;
    at::Tensor plainQ{}; // q and k as the rotation at position 0 leaves them; the decoder always gives them
    at::Tensor plainK{};
};
AttentionInputs tokensOf(const AttentionInputs& inputs, std::int64_t first, std::int64_t count); // views
AttentionInputs detached(const AttentionInputs& inputs);
AttentionInputs converted(const AttentionInputs& inputs, at::ScalarType type);

// The map, lower triangle: row i sums to 1 over both parts together. [batch, heads, queries, keys], float32 at least.
struct AttentionWeights {
    at::Tensor softmax;
    at::Tensor linear; // undefined where the mixer has no linear part
};

// What one sequence keeps while decoding; made and read by the mixer that it belongs to.
class MixerState {
public:
    virtual ~MixerState() = default;
    virtual std::int64_t bytes() const = 0;
};

class AttentionMixer {
public:
    virtual ~AttentionMixer() = default;

    // All tokens at once; memory linear in tokens. y [batch, heads, tokens, head_dim].
    virtual at::Tensor mix(const AttentionInputs& inputs) const = 0;
    // The N x N definition, in rows: what queries first … first + count − 1 give to the keys before and beside them,
    // [batch, heads, count, first + count]. Differentiable.
    virtual AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const = 0;
    // All rows at once: for drawing and for tests, never for training.
    AttentionWeights weights(const AttentionInputs& inputs) const { return weightRows(inputs, 0, inputs.q.size(2)); }
    virtual std::unique_ptr<MixerState> emptyState() const = 0;
    // Mixes tokens that follow what the state has seen (nothing, or earlier pieces of the text) and leaves it as after the
    // last.
    virtual at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const = 0;
    // One token (tokens = 1). The states are float32.
    virtual at::Tensor step(const AttentionInputs& inputs, MixerState& state) const = 0;

    // The definition in plain loops: y of one head of the first sequence, [tokens, head_dim], in double throughout, with
    // running sums, so that long texts can be asked about. Undefined where the mixer has no such writing.
    virtual at::Tensor plainLoops(const AttentionInputs& /*inputs*/, std::int64_t /*head*/) const { return {}; }

    // A mixer whose start comes from data is given the inputs of some rows of training text once, before it is trained.
    virtual bool startsFromData() const { return false; }
    virtual void startFrom(const AttentionInputs& /*inputs*/) {}

    virtual std::vector<NamedTensor> maps() const { return {}; }    // learned feature maps
    virtual std::vector<NamedTensor> factors() const { return {}; } // learned window and linear factors, at a rate of their own
    // False where the options ask for the published mismatch: another window while decoding than in training.
    virtual bool decodesAsItTrains() const { return true; }
    // For maps and messages: how many keys the softmax part sees behind the query, and its sinks. 0: no window.
    virtual std::int64_t window() const { return 0; }
    virtual std::int64_t sinks() const { return 0; }
    // Bytes that one sequence of so many tokens keeps while decoding.
    virtual std::int64_t stateBytes(std::int64_t tokens) const = 0;
};

struct MixerShape {
    std::int64_t heads = 0;
    std::int64_t kvHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t seed = 0;      // of random starts; includes the layer
    at::TensorOptions tensors;  // dtype and device of the learned parts; float32 unless a test says float64
    std::int64_t ownWindow = 0; // of the model as it was made (softmax alone heeds it): a position sees itself and those before
                                // it, so many in all; 0: all
    std::vector<double> frequencies{}; // of the rotary positions: the angle of a step, for each pair of entries; empty where it
                                       // changes with the length of the text
};

struct AttentionPart {
    Choice choice;
    bool takesFeatureMap = false;
    std::unique_ptr<AttentionMixer> (*make)(const MixerShape& shape, const std::string& featureMap,
                                            const OptionValues& options);
};
const std::vector<AttentionPart>& attentionParts();
// `options` holds those of the mixer and of its feature map; what is not there takes its standard.
std::unique_ptr<AttentionMixer> makeMixer(const std::string& id, const MixerShape& shape, const std::string& featureMap,
                                          const OptionValues& options);
// All learned tensors, maps before factors: the order in which checkpoints and optimizers hold them.
std::vector<NamedTensor> learnedTensors(const AttentionMixer& mixer);

} // namespace lolcats
