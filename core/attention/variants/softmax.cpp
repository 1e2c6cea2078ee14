// SPDX-License-Identifier: GPL-3.0-or-later
// Softmax attention: the teacher, and the layers that keep it. Decoding keeps every key and value.
#include "core/attention/attention.h"
#include "core/attention/chunks.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

namespace lolcats {

AttentionPart softmaxPart();

namespace {

constexpr std::int64_t kPiece = 128; // queries that are looked at together where torch's own causal form does not serve

// Room for keys doubles, so that a step copies the cache seldom.
class KeyCache final : public MixerState {
public:
    std::int64_t bytes() const override {
        return m_tokens == 0 ? 0 : 2 * m_keys.numel() / m_keys.size(2) * m_tokens * m_keys.element_size();
    }
    std::int64_t tokens() const { return m_tokens; }
    void append(const at::Tensor& k, const at::Tensor& v) {
        grow(m_keys, k);
        grow(m_values, v);
        m_tokens += k.size(2);
    }
    at::Tensor keys() const { return m_keys.narrow(2, 0, m_tokens); }
    at::Tensor values() const { return m_values.narrow(2, 0, m_tokens); }

private:
    void grow(at::Tensor& room, const at::Tensor& added) const {
        const std::int64_t needed = m_tokens + added.size(2);
        if (!room.defined() || room.size(2) < needed) {
            std::vector<std::int64_t> shape = added.sizes().vec();
            shape[2] = m_tokens == 0 ? needed : 2 * needed;
            const at::Tensor larger = at::empty(shape, added.options().dtype(computeType(added)));
            if (m_tokens > 0)
                larger.narrow(2, 0, m_tokens).copy_(room.narrow(2, 0, m_tokens));
            room = larger;
        }
        room.narrow(2, m_tokens, added.size(2)).copy_(added);
    }

    at::Tensor m_keys; // [batch, kv_heads, room, head_dim]
    at::Tensor m_values;
    std::int64_t m_tokens = 0;
};

class SoftmaxAttention final : public AttentionMixer {
public:
    explicit SoftmaxAttention(const MixerShape& shape) : m_shape(shape) {}

    // Torch's flash form keeps no N x N, also in training. On the CPU it wants as many key heads as query heads.
    at::Tensor mix(const AttentionInputs& inputs) const override {
        if (m_shape.ownWindow > 0 && inputs.q.size(2) > m_shape.ownWindow)
            return inPieces(inputs.q, inputs.k, inputs.v);
        return at::scaled_dot_product_attention(inputs.q, repeatHeads(inputs.k, m_shape.heads),
                                                repeatHeads(inputs.v, m_shape.heads), {}, 0, true);
    }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::ScalarType type = computeType(inputs.q);
        const std::int64_t keys = first + count;
        const at::Tensor unseen = seen(first, count, inputs.q.options()).logical_not();
        const at::Tensor k = repeatHeads(inputs.k.narrow(2, 0, keys), m_shape.heads).to(type);
        const at::Tensor scores = at::matmul(inputs.q.narrow(2, first, count).to(type) * scale(), k.transpose(2, 3));
        return {at::softmax(scores.masked_fill(unseen, -std::numeric_limits<double>::infinity()), -1), {}};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<KeyCache>(); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& cache = static_cast<KeyCache&>(state);
        cache.append(inputs.k, inputs.v);
        if (cache.tokens() == inputs.k.size(2))
            return mix(inputs);
        return inPieces(inputs.q.to(computeType(inputs.q)), cache.keys(), cache.values()).to(inputs.q.scalar_type());
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& cache = static_cast<KeyCache&>(state);
        cache.append(inputs.k, inputs.v);
        const std::int64_t kvHeads = inputs.k.size(1);
        // The queries of one key-value head stand as rows of one product.
        const at::Tensor q = inputs.q.to(computeType(inputs.q)).reshape({inputs.q.size(0), kvHeads, -1, m_shape.headDim});
        const std::int64_t reach = m_shape.ownWindow > 0 ? std::min(m_shape.ownWindow, cache.tokens()) : cache.tokens();
        const std::int64_t first = cache.tokens() - reach;
        const at::Tensor weights =
            at::softmax(at::matmul(q * scale(), cache.keys().narrow(2, first, reach).transpose(2, 3)), -1);
        return at::matmul(weights, cache.values().narrow(2, first, reach)).reshape(inputs.q.sizes()).to(inputs.q.scalar_type());
    }

    std::int64_t stateBytes(std::int64_t tokens) const override {
        return tokens * 2 * m_shape.kvHeads * m_shape.headDim * static_cast<std::int64_t>(sizeof(float));
    }

private:
    // The queries of the last tokens of a text, a few at a time against the keys that they can see.
    at::Tensor inPieces(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) const {
        const std::int64_t tokens = k.size(2), before = tokens - q.size(2);
        std::vector<at::Tensor> rows;
        for (std::int64_t first = before; first < tokens; first += kPiece) {
            const std::int64_t count = std::min(kPiece, tokens - first);
            const std::int64_t start = m_shape.ownWindow > 0 ? std::max<std::int64_t>(0, first + 1 - m_shape.ownWindow) : 0;
            const auto read = [&](const at::Tensor& x) {
                return repeatHeads(x.narrow(2, start, first + count - start), m_shape.heads);
            };
            const at::Tensor mask = seen(first, count, q.options()).narrow(1, start, first + count - start);
            rows.push_back(at::scaled_dot_product_attention(q.narrow(2, first - before, count), read(k), read(v), mask));
        }
        return at::cat(rows, 2);
    }

    // [count, first + count], true where query first + row reads a key (column).
    at::Tensor seen(std::int64_t first, std::int64_t count, const at::TensorOptions& options) const {
        const at::Tensor past = at::ones({count, first + count}, options.dtype(at::kBool)).tril(first);
        return m_shape.ownWindow > 0 ? past.triu(first + 1 - m_shape.ownWindow) : past;
    }
    double scale() const { return 1 / std::sqrt(static_cast<double>(m_shape.headDim)); }

    MixerShape m_shape;
};

} // namespace

AttentionPart softmaxPart() {
    return {
        {"softmax",
         "Softmax",
         "The attention of the model as it was made: every key is read and kept, so memory while writing grows with the text.",
         {}},
        false,
        [](const MixerShape& shape, const std::string&, const OptionValues&) -> std::unique_ptr<AttentionMixer> {
            return std::make_unique<SoftmaxAttention>(shape);
        }};
}

} // namespace lolcats
