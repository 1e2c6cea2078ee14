// SPDX-License-Identifier: GPL-3.0-or-later
// The LoLCATs layer: softmax inside the window and on the sinks, features outside, one denominator for both (equation 7 of the
// LoLCATs paper; `hybridAttention` in kernels/reference.h says it in plain loops). The row's maximum is taken out of the
// softmax part only. That makes it part of the model and not only a guard against overflow: gradients flow through it.
#include "core/attention/attention.h"
#include "core/attention/chunks.h"
#include "core/attention/window_geometry.h"
#include "core/attention/window_state.h"
#include "core/records/failure.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

namespace lolcats {

AttentionPart hybridPart();

namespace {

struct Factors {
    double window = 0; // gamma
    bool windowLearned = true;
    double linear = 0; // lambda
    bool linearLearned = true;
    bool affine = false; // lambda = 1 - gamma
};

at::Tensor perHead(const MixerShape& shape, double value, bool learned) {
    return at::full({1, shape.heads, 1, 1}, value, shape.tensors).set_requires_grad(learned);
}

// exp(scores - row maximum). Scores that need no gradient are overwritten.
at::Tensor shiftedExp(at::Tensor scores) {
    const at::Tensor maximum = at::amax(scores, -1, true);
    return scores.requires_grad() ? at::exp(scores - maximum) : scores.sub_(maximum).exp_();
}

class HybridAttention final : public AttentionMixer {
public:
    HybridAttention(const MixerShape& shape, const WindowGeometry& geometry, std::int64_t decodeWindow, const Factors& factors,
                    std::unique_ptr<FeatureMap> map)
        : m_shape(shape), m_geometry(geometry), m_decodeGeometry(geometry), m_factors(factors), m_map(std::move(map)),
          m_masks(makeChunkMasks(geometry, shape.heads / shape.kvHeads, shape.tensors)),
          m_theta(perHead(shape, std::log(factors.window / (1 - factors.window)), factors.windowLearned)),
          m_logLambda(perHead(shape, std::log(factors.linear), factors.linearLearned && !factors.affine)) {
        // As published, decoding slides whatever the window's shape in training (Q3); ours goes on as it trained.
        m_decodeGeometry.terraced = geometry.terraced && !geometry.endAligned && decodeWindow == 0;
        m_decodeGeometry.endAligned = false;
        m_decodeGeometry.window = decodeWindow > 0 ? decodeWindow : geometry.window;
    }

    at::Tensor mix(const AttentionInputs& inputs) const override {
        const at::ScalarType type = computeType(inputs.q);
        const std::int64_t offset = forTokens(m_geometry, inputs.q.size(2)).offset;
        const auto wide = [&](const at::Tensor& x) { // the first block made whole
            return offset == 0 ? x.to(type) : at::constant_pad_nd(x.to(type), {0, 0, offset, 0});
        };
        const at::Tensor q = wide(inputs.q), k = wide(inputs.k);
        const std::int64_t tokens = q.size(2);
        const ChunkMasks masks = withoutFirstKeys(masksFor(tokens), offset);
        // Ones behind the padding too: rows past the last token are thrown away, but must not divide by zero.
        const at::Tensor v = withOnes(intoChunks(wide(inputs.v), masks.chunk, 1));
        const at::Tensor softmax = softmaxSums(intoChunks(q, masks.chunk, 0), intoChunks(k, masks.chunk, 1), v, masks);
        const at::Tensor linear =
            countsTwice(m_geometry, tokens) ? allLinearSums(q, k, v, masks) : linearSums(q, k, v, masks, offset);
        const at::Tensor sums = gamma(type) * softmax + lambda(type) * linear;
        const at::Tensor y = sums.narrow(-1, 0, m_shape.headDim) / sums.narrow(-1, m_shape.headDim, 1);
        return fromChunks(y, tokens).narrow(2, offset, inputs.q.size(2)).to(inputs.q.scalar_type());
    }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::ScalarType type = computeType(inputs.q);
        const std::int64_t tokens = inputs.q.size(2);
        const at::Tensor inWindow = softmaxKeys(forTokens(m_geometry, tokens), first, count, inputs.q.device());
        const at::Tensor q = inputs.q.narrow(2, first, count);
        const at::Tensor k = repeatHeads(inputs.k.narrow(2, 0, first + count).to(type), m_shape.heads);
        const at::Tensor scores = at::matmul(q.to(type) * scale(), k.transpose(2, 3));
        const at::Tensor softmax =
            gamma(type) * shiftedExp(scores.masked_fill(~inWindow, -std::numeric_limits<double>::infinity()));
        const at::Tensor products = at::matmul(m_map->queries(q), m_map->keys(k).transpose(2, 3));
        const at::Tensor causal = products.tril(first);
        const at::Tensor linear = lambda(type) * (countsTwice(m_geometry, tokens) ? causal : causal.masked_fill(inWindow, 0));
        const at::Tensor sums = softmax.sum(-1, true) + linear.sum(-1, true);
        return {softmax / sums, linear / sums};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<WindowState>(m_decodeGeometry); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        static_cast<WindowState&>(state).fill(inputs.k, inputs.v, *m_map, m_shape.heads);
        return mix(inputs);
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& window = static_cast<WindowState&>(state);
        window.admit(inputs.k, inputs.v, *m_map, m_shape.heads);
        const at::ScalarType type = computeType(inputs.q);
        // The queries of one key-value head stand as rows of one product.
        const std::vector<std::int64_t> grouped = {inputs.q.size(0), m_shape.kvHeads, -1, m_shape.headDim};
        const at::Tensor q = inputs.q.to(type).reshape(grouped) * scale();
        const at::Tensor e = shiftedExp(at::matmul(q, window.keys().transpose(2, 3)));
        const at::Tensor g = gamma(type);
        const at::Tensor denominator = g * e.sum(-1).reshape({-1, m_shape.heads, 1, 1});
        const at::Tensor numerator = g * at::matmul(e, window.values()).reshape(inputs.q.sizes());
        if (!window.sums().defined())
            return (numerator / denominator).to(inputs.q.scalar_type());
        const at::Tensor linear = lambda(type) * at::matmul(m_map->queries(inputs.q), window.sums());
        const at::Tensor y =
            (numerator + linear.narrow(3, 0, m_shape.headDim)) / (denominator + linear.narrow(3, m_shape.headDim, 1));
        return y.to(inputs.q.scalar_type());
    }

    std::vector<NamedTensor> maps() const override { return m_map->parameters(); }

    std::vector<NamedTensor> factors() const override {
        std::vector<NamedTensor> learned;
        if (m_factors.windowLearned)
            learned.push_back({"window_factor", m_theta});
        if (m_factors.linearLearned && !m_factors.affine)
            learned.push_back({"linear_factor", m_logLambda});
        return learned;
    }

    bool decodesAsItTrains() const override {
        return m_decodeGeometry.window == m_geometry.window && m_decodeGeometry.terraced == m_geometry.terraced;
    }
    std::int64_t window() const override { return m_geometry.window; }
    std::int64_t sinks() const override { return m_geometry.sinks; }

    std::int64_t stateBytes(std::int64_t tokens) const override {
        return windowStateBytes(m_decodeGeometry, m_shape, m_map->features(), tokens);
    }

private:
    double scale() const { return 1 / std::sqrt(static_cast<double>(m_shape.headDim)); }
    at::Tensor gamma(at::ScalarType type) const { return at::sigmoid(m_theta.to(type)); }
    at::Tensor lambda(at::ScalarType type) const { return m_factors.affine ? 1 - gamma(type) : at::exp(m_logLambda.to(type)); }

    ChunkMasks masksFor(std::int64_t tokens) const {
        return fittedMasks(m_masks, m_geometry, m_shape.heads / m_shape.kvHeads, m_shape.tensors, tokens);
    }

    // sum of exp(s_ij - c_i) [v_j, 1] over the window and the sinks: [chunks, batch, heads, chunk, head_dim + 1].
    // The queries of one key-value head stand as rows of one product, so keys and values are not repeated.
    at::Tensor softmaxSums(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const ChunkMasks& masks) const {
        const std::int64_t count = q.size(0);
        const std::int64_t sinkColumns = count > 2 ? m_geometry.sinks : 0; // before, the span holds them
        const auto span = [&](const at::Tensor& blocks) {
            std::vector<at::Tensor> columns = {blocks.narrow(0, 0, count), blocks.narrow(0, 1, count)};
            if (sinkColumns > 0)
                columns.push_back(blocks.narrow(0, 1, 1).narrow(3, 0, sinkColumns).expand({count, -1, -1, -1, -1}));
            return at::cat(columns, 3); // [chunks, batch, kv_heads, 2 chunk + sinks, size]
        };
        const at::Tensor rows = (q * scale()).reshape({count, q.size(1), m_shape.kvHeads, -1, m_shape.headDim});
        at::Tensor scores = at::matmul(rows, span(k).transpose(3, 4));
        const at::Tensor kinds = at::arange(count, m_masks.softmax.options().dtype(at::kLong)).clamp_max(2);
        scores.add_(masks.softmax.narrow(2, 0, 2 * masks.chunk + sinkColumns).index_select(0, kinds).unsqueeze(1).unsqueeze(1));
        return at::matmul(shiftedExp(scores), span(v)).reshape({count, q.size(1), m_shape.heads, masks.chunk, -1});
    }

    // sum of phi_q(q_i).phi_k(k_j) [v_j, 1] over all other causal keys, in the same shape.
    at::Tensor linearSums(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const ChunkMasks& masks,
                          std::int64_t offset) const {
        const std::int64_t tokens = q.size(2);
        const std::int64_t skipped = std::min(tokens, m_geometry.sinks + offset);
        // Sinks are never linear, nor what was put before the text: their features are zero.
        const at::Tensor features = m_map->keys(repeatHeads(k, m_shape.heads));
        const at::Tensor unsunk =
            skipped == 0 ? features : at::constant_pad_nd(features.narrow(2, skipped, tokens - skipped), {0, 0, skipped, 0});
        const at::Tensor phiK = intoChunks(unsunk, masks.chunk, 1); // [1 + chunks, batch, heads, chunk, features]
        const at::Tensor phiQ = intoChunks(m_map->queries(q), masks.chunk, 0);
        const std::int64_t count = phiQ.size(0);
        const at::Tensor values = repeatChunks(v);
        const at::Tensor read = readStates(phiQ, phiK.narrow(0, 1, count), values.narrow(0, 1, count), 2);
        if (!masks.linear.defined())
            return read;
        const std::int64_t columns = masks.linear.size(1);
        const auto span = [&](const at::Tensor& blocks) {
            const at::Tensor previous = blocks.narrow(0, 0, count);
            return columns == masks.chunk
                       ? previous
                       : at::cat({previous, blocks.narrow(0, 1, count).narrow(3, 0, columns - masks.chunk)}, 3);
        };
        const at::Tensor products = at::matmul(phiQ, span(phiK).transpose(3, 4)).mul_(masks.linear);
        return at::matmul(products, span(values)) + read;
    }

    // The same over every causal key of a text that fits into one chunk.
    at::Tensor allLinearSums(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const ChunkMasks& masks) const {
        const at::Tensor phiK = intoChunks(m_map->keys(repeatHeads(k, m_shape.heads)), masks.chunk, 0);
        const at::Tensor phiQ = intoChunks(m_map->queries(q), masks.chunk, 0);
        return at::matmul(at::matmul(phiQ, phiK.transpose(3, 4)).tril(), repeatChunks(v).narrow(0, 1, phiQ.size(0)));
    }

    at::Tensor repeatChunks(const at::Tensor& blocks) const {
        if (m_shape.kvHeads == m_shape.heads)
            return blocks;
        return blocks.unsqueeze(3)
            .expand({-1, -1, -1, m_shape.heads / m_shape.kvHeads, -1, -1})
            .reshape({blocks.size(0), blocks.size(1), m_shape.heads, blocks.size(3), blocks.size(4)});
    }

    MixerShape m_shape;
    WindowGeometry m_geometry;
    WindowGeometry m_decodeGeometry;
    Factors m_factors;
    std::unique_ptr<FeatureMap> m_map;
    ChunkMasks m_masks;
    at::Tensor m_theta;     // gamma = sigmoid(theta), [1, heads, 1, 1]
    at::Tensor m_logLambda; // lambda = exp(.), [1, heads, 1, 1]
};

std::unique_ptr<AttentionMixer> makeHybrid(const MixerShape& shape, const std::string& featureMap,
                                           const OptionValues& options) {
    WindowGeometry geometry;
    geometry.window = integerOption(options, "window");
    geometry.sinks = integerOption(options, "sinks");
    geometry.terraced = textOption(options, "window_shape") != "sliding";
    geometry.endAligned = textOption(options, "window_shape") == "terraced-end";
    if (geometry.endAligned && geometry.sinks > 0)
        throw Refusal("PLAN-VALUE", "The window shape terraced-end has no sinks: it is there to repeat the published code.",
                      "Set sinks to 0, or take the shape terraced.");
    Factors factors;
    factors.window = numberOption(options, "window_factor");
    factors.windowLearned = flagOption(options, "window_factor_learned");
    factors.linear = numberOption(options, "linear_factor");
    factors.linearLearned = flagOption(options, "linear_factor_learned");
    factors.affine = flagOption(options, "linear_factor_affine");
    const FeatureMapShape mapShape{shape.heads, shape.headDim, shape.seed, shape.tensors};
    return std::make_unique<HybridAttention>(shape, geometry, integerOption(options, "decode_window"), factors,
                                             makeFeatureMap(featureMap, mapShape, options));
}

OptionDescription tokensOption(const std::string& name, const std::string& title, std::int64_t standard, double minimum,
                               double maximum, const std::string& sentence) {
    OptionDescription option;
    option.name = name;
    option.title = title;
    option.kind = OptionKind::Integer;
    option.standard = standard;
    option.minimum = minimum;
    option.maximum = maximum;
    option.unit = "tokens";
    option.sentence = sentence;
    return option;
}

OptionDescription windowShapeOption() {
    OptionDescription option;
    option.name = "window_shape";
    option.title = "Window shape";
    option.kind = OptionKind::Word;
    option.standard = std::string("sliding");
    option.words = {"sliding", "terraced", "terraced-end"};
    option.sentence =
        "Sliding: each token sees as many tokens as the window is long. Terraced: text is cut into blocks of the "
        "window's length, and each token sees its own block so far and the whole block before it. Terraced-end: the same with "
        "the "
        "blocks counted from the end of the text and a sliding window while writing, as the published code has it.";
    return option;
}

OptionDescription factorOption(const std::string& name, const std::string& title, double standard, double minimum,
                               double maximum, const std::string& sentence) {
    OptionDescription option;
    option.name = name;
    option.title = title;
    option.kind = OptionKind::Number;
    option.standard = standard;
    option.minimum = minimum;
    option.maximum = maximum;
    option.sentence = sentence;
    return option;
}

OptionDescription flagOf(const std::string& name, const std::string& title, bool standard, const std::string& sentence) {
    OptionDescription option;
    option.name = name;
    option.title = title;
    option.kind = OptionKind::Flag;
    option.standard = standard;
    option.sentence = sentence;
    return option;
}

} // namespace

AttentionPart hybridPart() {
    return {
        {"hybrid",
         "Window and linear",
         "Softmax attention on the last tokens and on the first few, linear attention on all others, over one denominator: the "
         "LoLCATs layer.",
         {tokensOption("window", "Window", 64, 1, 4096,
                       "How many tokens, itself included, a token sees with softmax attention."),
          windowShapeOption(),
          tokensOption("sinks", "Sinks", 4, 0, 64,
                       "How many of the first tokens stay in the softmax part for good; models put much attention there."),
          factorOption("window_factor", "Window factor", 0.9, 0.0001, 0.9999,
                       "Weight of the softmax part at the start, one for each head."),
          flagOf("window_factor_learned", "Factor learned", true,
                 "Training changes the window factor of each head; otherwise it stays as it starts."),
          factorOption("linear_factor", "Linear factor", std::exp(-3.0), 0.0001, 10,
                       "Weight of the linear part at the start, one for each head. Small: the window alone is the start."),
          flagOf("linear_factor_learned", "Factor learned", true,
                 "Training changes the linear factor of each head; otherwise it stays as it starts."),
          flagOf("linear_factor_affine", "Factors sum to one", false,
                 "The linear factor is what the window factor leaves of one; its own start and learning do not count."),
          tokensOption("decode_window", "Decode window", 0, 0, 4096,
                       "A sliding window of another length while text is written than in training; 0: as in training. With "
                       "another length the student writes by a rule that it was not trained on.")}},
        true,
        makeHybrid};
}

} // namespace lolcats
