// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/decoder_model.h"

#include "core/attention/chunks.h"
#include "core/model/decoder_block.h"
#include "core/model/rotary.h"
#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <utility>

namespace lolcats {

// What one walk through the blocks has beside the tokens.
struct DecoderModel::Pass {
    AttentionObserver* observer = nullptr;
    DecoderState* state = nullptr; // none: all tokens at once, through mix()
    std::int64_t layers = 0;       // so many are walked through
    bool mixersOnly = false;       // nothing after the last mixer is wanted
    RotaryAngles angles;
};

std::int64_t DecoderState::bytes() const {
    std::int64_t sum = 0;
    for (const auto& layer : layers)
        sum += layer->bytes();
    return sum;
}

DecoderModel::DecoderModel(DecoderShape shape, at::Tensor embedding, at::Tensor finalNorm, at::Tensor head,
                           std::vector<DecoderBlock> blocks)
    : m_shape(std::move(shape)), m_embedding(std::move(embedding)), m_finalNorm(std::move(finalNorm)), m_head(std::move(head)),
      m_blocks(std::move(blocks)) {
    activated(at::zeros({1}), m_shape.activation); // an unknown one is refused before any work
}

DecoderBlock DecoderModel::wholeBlock(std::int64_t layer) const {
    DecoderBlock block = m_blocks[static_cast<std::size_t>(layer)];
    if (m_blockWeights)
        m_blockWeights(layer, block);
    return block;
}

at::Tensor DecoderModel::mixed(std::int64_t layer, const AttentionInputs& inputs, const Pass& pass) const {
    const AttentionMixer& mixer = *m_blocks[static_cast<std::size_t>(layer)].mixer;
    at::Tensor y;
    if (pass.state == nullptr)
        y = mixer.mix(inputs);
    else if (pass.state->position == 0 || inputs.q.size(2) > 1)
        y = mixer.prefill(inputs, *pass.state->layers[static_cast<std::size_t>(layer)]);
    else
        y = mixer.step(inputs, *pass.state->layers[static_cast<std::size_t>(layer)]);
    if (pass.observer != nullptr)
        pass.observer->attended(layer, inputs, y);
    return y;
}

AttentionInputs DecoderModel::inputsOf(const DecoderBlock& block, const at::Tensor& x, const RotaryAngles& angles) const {
    const at::Tensor normed = rmsNorm(x, block.attentionNorm, m_shape.rmsEps);
    const auto plain = [&](const Projection& projection, std::int64_t count, const at::Tensor& norm) {
        const at::Tensor y = projected(normed, projection).view({x.size(0), x.size(1), count, m_shape.headDim}).transpose(1, 2);
        return norm.defined() ? rmsNorm(y, norm, m_shape.rmsEps) : y;
    };
    const at::Tensor q = plain(block.q, m_shape.heads, block.qNorm), k = plain(block.k, m_shape.kvHeads, block.kNorm);
    const auto unturned = [&](const at::Tensor& y) { return angles.factor == 1 ? y : y * angles.factor; };
    return {rotated(q, angles.cosine, angles.sine), rotated(k, angles.cosine, angles.sine), plain(block.v, m_shape.kvHeads, {}),
            unturned(q), unturned(k)};
}

at::Tensor DecoderModel::blockForward(std::int64_t layer, const at::Tensor& x, const Pass& pass) const {
    const DecoderBlock block = wholeBlock(layer);
    const std::int64_t batch = x.size(0), tokens = x.size(1);
    const bool last = layer + 1 == pass.layers;
    const AttentionInputs inputs = inputsOf(block, x, pass.angles);
    at::Tensor y = mixed(layer, inputs, pass);
    if (last && pass.mixersOnly)
        return {};
    y = y.to(x.scalar_type()).transpose(1, 2).reshape({batch, tokens, m_shape.heads * m_shape.headDim});
    at::Tensor entering = x;
    if (last && pass.state != nullptr && tokens > 1) { // of a prompt only the last token goes on
        y = y.narrow(1, tokens - 1, 1);
        entering = x.narrow(1, tokens - 1, 1);
    }
    const at::Tensor attended = entering + projected(y, block.o);
    return attended + feedForward(rmsNorm(attended, block.feedForwardNorm, m_shape.rmsEps), block, m_shape);
}

at::Tensor DecoderModel::blocksForward(const at::Tensor& ids, Pass& pass) const {
    const at::ScalarType type = computeType(m_embedding);
    const std::int64_t first = pass.state == nullptr ? 0 : pass.state->position;
    pass.angles = rotaryAngles(m_shape.rope, m_shape.headDim, first, ids.size(1), m_embedding.options().dtype(type));
    at::Tensor x = at::embedding(m_embedding, ids).to(type);
    for (std::int64_t layer = 0; layer < pass.layers; ++layer) {
        if (pass.observer != nullptr)
            pass.observer->entered(layer, x);
        x = blockForward(layer, x, pass);
    }
    return x;
}

AttentionInputs DecoderModel::attentionInputs(std::int64_t layer, const at::Tensor& state) const {
    const at::TensorOptions options = m_embedding.options().dtype(computeType(m_embedding));
    return inputsOf(wholeBlock(layer), state, rotaryAngles(m_shape.rope, m_shape.headDim, 0, state.size(1), options));
}

at::Tensor DecoderModel::hidden(const at::Tensor& ids, AttentionObserver* observer) const {
    Pass pass;
    pass.layers = m_shape.layers;
    pass.observer = observer;
    return rmsNorm(blocksForward(ids, pass), m_finalNorm, m_shape.rmsEps);
}

void DecoderModel::observe(const at::Tensor& ids, AttentionObserver& observer, std::int64_t layers) const {
    Pass pass;
    pass.layers = layers;
    pass.observer = &observer;
    pass.mixersOnly = true;
    blocksForward(ids, pass);
}

at::Tensor DecoderModel::logits(const at::Tensor& hidden) const {
    return product(hidden, m_head, {});
}

DecoderState DecoderModel::emptyState() const {
    DecoderState state;
    for (const DecoderBlock& block : m_blocks)
        state.layers.push_back(block.mixer->emptyState());
    return state;
}

at::Tensor DecoderModel::prefill(const at::Tensor& ids, DecoderState& state) const {
    Pass pass;
    pass.layers = m_shape.layers;
    pass.state = &state;
    const at::Tensor x = blocksForward(ids, pass);
    state.position += ids.size(1);
    return rmsNorm(x, m_finalNorm, m_shape.rmsEps);
}

at::Tensor DecoderModel::step(const at::Tensor& id, DecoderState& state) const {
    return prefill(id, state);
}

std::int64_t DecoderModel::stateBytes(std::int64_t tokens) const {
    std::int64_t sum = 0;
    for (const DecoderBlock& block : m_blocks)
        sum += block.mixer->stateBytes(tokens);
    return sum;
}

} // namespace lolcats
