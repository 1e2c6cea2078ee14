// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Embeddings, blocks, head: a decoder with a mixer slot in each block and an observer of its attention. The teacher is the
// model as loaded; a student shares its weights and has other mixers, and adapters.

#include "core/attention/attention.h"
#include "core/families/decoder_shape.h"

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lolcats {

struct RotaryAngles;

class AttentionObserver {
public:
    virtual ~AttentionObserver() = default;
    // Called once a layer with the mixer's inputs and output. With grad mode as the forward pass has it.
    virtual void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor& output) = 0;
    // Called before each block with the state that enters it, [batch, tokens, hidden].
    virtual void entered(std::int64_t /*layer*/, const at::Tensor& /*state*/) {}
};

// y = x W^T + b, and (alpha / rank) B A x where an adapter is attached.
struct Projection {
    at::Tensor weight; // [out, in]
    at::Tensor bias;   // undefined: none
    at::Tensor loraA;  // [rank, in], undefined: no adapter
    at::Tensor loraB;  // [out, rank]
    double loraScale = 0;
    double loraDropout = 0;        // of the adapter's input, only while training
    std::uint64_t dropoutSeed = 0; // set before each step: equal seeds drop equal entries
};

struct Expert {
    at::Tensor gate, up, down; // as a block's
};

struct DecoderBlock {
    at::Tensor attentionNorm, feedForwardNorm; // [hidden]
    Projection q, k, v, o;
    at::Tensor qNorm, kNorm;               // [head_dim]; undefined: none
    at::Tensor gate, up, down;             // [intermediate, hidden] twice, [hidden, intermediate]
    at::Tensor gateBias, upBias, downBias; // undefined: none
    at::Tensor router;                     // [experts, hidden]; with it, the experts take the place of gate, up and down
    std::vector<Expert> experts;
    std::shared_ptr<const AttentionMixer> mixer;
};

// The decode state of one sequence.
struct DecoderState {
    std::vector<std::unique_ptr<MixerState>> layers;
    std::int64_t position = 0;
    std::int64_t bytes() const;
};

class DecoderModel {
public:
    DecoderModel(DecoderShape shape, at::Tensor embedding, at::Tensor finalNorm, at::Tensor head,
                 std::vector<DecoderBlock> blocks);

    const DecoderShape& shape() const { return m_shape; }
    std::vector<DecoderBlock>& blocks() { return m_blocks; }
    const std::vector<DecoderBlock>& blocks() const { return m_blocks; }
    at::Tensor embedding() const { return m_embedding; }
    at::Tensor head() const { return m_head; } // [vocabulary, hidden]; the embedding itself where tied
    at::Tensor finalNorm() const { return m_finalNorm; }

    // Weights that are not kept: `weights` reads those of a block when it is walked through, and they are let go behind it.
    // Until then blocks() hold stand-ins of the right sizes and types.
    using BlockWeights = std::function<void(std::int64_t layer, DecoderBlock& block)>;
    void setBlockWeights(BlockWeights weights) { m_blockWeights = std::move(weights); }
    DecoderBlock wholeBlock(std::int64_t layer) const; // with its weights

    // Shares every weight; mixers and adapters can then be changed on the copy alone.
    DecoderModel shared() const { return *this; }

    // ids [batch, tokens] int64. Hidden states after the final norm, [batch, tokens, hidden]. Through the mixers' mix().
    at::Tensor hidden(const at::Tensor& ids, AttentionObserver* observer = nullptr) const;
    // Attention inputs of each layer only: stops after the last mixer, no feed-forward of the last block, no head. With
    // `layers` only of so many, and the work of the others is not done.
    void observe(const at::Tensor& ids, AttentionObserver& observer) const { observe(ids, observer, m_shape.layers); }
    void observe(const at::Tensor& ids, AttentionObserver& observer, std::int64_t layers) const;
    // What a layer's mixer reads of the state that enters its block, [batch, tokens, hidden], from position 0 on.
    AttentionInputs attentionInputs(std::int64_t layer, const at::Tensor& state) const;
    at::Tensor logits(const at::Tensor& hidden) const; // [.., vocabulary], float32

    DecoderState emptyState() const;
    // A prompt [1, tokens], or the next piece of one; hidden states of its last token [1, 1, hidden].
    at::Tensor prefill(const at::Tensor& ids, DecoderState& state) const;
    at::Tensor step(const at::Tensor& id, DecoderState& state) const; // id [1, 1]
    std::int64_t stateBytes(std::int64_t tokens) const;

private:
    struct Pass;
    AttentionInputs inputsOf(const DecoderBlock& block, const at::Tensor& x, const RotaryAngles& angles) const;
    at::Tensor blockForward(std::int64_t layer, const at::Tensor& x, const Pass& pass) const;
    at::Tensor mixed(std::int64_t layer, const AttentionInputs& inputs, const Pass& pass) const;
    at::Tensor blocksForward(const at::Tensor& ids, Pass& pass) const;

    DecoderShape m_shape;
    at::Tensor m_embedding, m_finalNorm, m_head;
    std::vector<DecoderBlock> m_blocks;
    BlockWeights m_blockWeights; // empty: the blocks have them
};

} // namespace lolcats
