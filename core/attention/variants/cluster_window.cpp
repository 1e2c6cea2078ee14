// SPDX-License-Identifier: GPL-3.0-or-later
// Our own mixer: softmax inside a sliding window and on the sinks, every older key through the cluster map of its key-value
// head, in the softmax's own scale and over one denominator. With P and r the softmax part's sums under its row maximum m,
//   y_i = (P + phi_q(q_i, m) S_i) / (r + phi_q(q_i, m).z_i),  S_i, z_i = sum over old j of exp(-a (i - j)) phi_k(k_j) [v_j, 1]
// with a decay a for each cluster. `clusterAttention` in kernels/reference_cluster.h says it in plain loops. No window or
// linear factor: before any training it is softmax attention with old keys replaced by their clusters.
#include "core/attention/attention.h"
#include "core/attention/chunks.h"
#include "core/attention/cluster_map.h"
#include "core/attention/kept_keys.h"
#include "core/attention/plain_loops.h"
#include "core/attention/rotation.h"
#include "core/attention/window_chunks.h"
#include "core/records/failure.h"
#include "kernels/reference_cluster.h"

#include <ATen/core/grad_mode.h>
#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

AttentionPart clusterPart();

namespace {

constexpr double kLargestDecay = 0.02; // a token; a = kLargestDecay sigmoid(.)
constexpr double kDecayStart = 0.001;
constexpr std::int64_t kMeanWindows = 16; // keys are averaged over distances from one window to so many

struct ClusterState final : MixerState {
    explicit ClusterState(const WindowGeometry& geometry) : kept(geometry) {}
    std::int64_t bytes() const override {
        return kept.bytes() + (sums.defined() ? sums.numel() * static_cast<std::int64_t>(sums.element_size()) : 0);
    }
    KeptKeys kept;
    at::Tensor sums; // [batch, kv_heads, clusters, head_dim + 1] as of the newest token; undefined while nothing has left
};

class ClusterAttention final : public AttentionMixer {
public:
    ClusterAttention(const MixerShape& shape, const WindowGeometry& geometry, std::int64_t clusters, bool turns, bool decays)
        : m_shape(shape), m_geometry(geometry), m_turns(turns), m_decays(decays), m_map(shape, clusters),
          m_masks(makeChunkMasks(geometry, shape.heads / shape.kvHeads, shape.tensors)),
          m_decay(at::full({shape.kvHeads, 1, clusters}, std::log(kDecayStart / (kLargestDecay - kDecayStart)), shape.tensors)
                      .set_requires_grad(decays)),
          m_frequencies(at::tensor(shape.frequencies, at::kDouble).to(shape.tensors.device())) {
        const at::Tensor distances = at::arange(geometry.window, kMeanWindows * geometry.window + 1, m_frequencies.options());
        const at::Tensor angles = at::outer(distances, m_frequencies);
        m_meanCosine = angles.cos().mean(0, true);
        m_meanSine = -angles.sin().mean(0, true);
    }

    at::Tensor mix(const AttentionInputs& inputs) const override {
        const at::ScalarType type = computeType(inputs.q);
        const ChunkMasks masks = fittedMasks(m_masks, m_geometry, groups(), m_shape.tensors, inputs.q.size(2));
        const at::Tensor v = withOnes(intoChunks(inputs.v.to(type), masks.chunk, 1));
        const at::Tensor scores = windowScores(inputs.q.to(type), inputs.k.to(type), m_geometry, masks);
        const at::Tensor maximum = at::amax(scores, -1, true);
        const at::Tensor e = scores.requires_grad() ? at::exp(scores - maximum) : (scores - maximum).exp_();
        const at::Tensor softmax = at::matmul(e, windowSpan(v, m_geometry.sinks));
        const at::Tensor phiQ = m_map.queries(grouped(intoChunks(featureQueries(inputs), masks.chunk, 0)), maximum);
        const at::Tensor sums = softmax + linearSums(phiQ, featureKeys(inputs), v, masks);
        const at::Tensor y = sums.narrow(-1, 0, m_shape.headDim) / sums.narrow(-1, m_shape.headDim, 1);
        const at::Tensor byHead = y.reshape({y.size(0), y.size(1), m_shape.heads, masks.chunk, m_shape.headDim});
        return fromChunks(byHead, inputs.q.size(2)).to(inputs.q.scalar_type());
    }

    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        const at::ScalarType type = computeType(inputs.q);
        const AttentionInputs seen = tokensOf(inputs, 0, first + count);
        const at::Tensor inWindow = softmaxKeys(m_geometry, first, count, inputs.q.device());
        const at::Tensor k = repeatHeads(seen.k.to(type), m_shape.heads);
        const at::Tensor scores = at::matmul(seen.q.narrow(2, first, count).to(type) * scale(), k.transpose(2, 3))
                                      .masked_fill(~inWindow, -std::numeric_limits<double>::infinity());
        const at::Tensor maximum = at::amax(scores, -1, true);
        const at::Tensor softmax = at::exp(scores - maximum);
        const at::Tensor decay = repeatHeads(decayOf(type).unsqueeze(0), m_shape.heads); // [1, heads, 1, clusters]
        const at::Tensor at = at::arange(-first, count, decay.options()).unsqueeze(1);   // position, counted from `first`
        const auto byKv = [&](const at::Tensor& x) { return x.reshape({x.size(0), m_shape.kvHeads, -1, x.size(3)}); };
        const at::Tensor phiQ = m_map.queries(byKv(featureQueries(seen).narrow(2, first, count)), byKv(maximum))
                                    .reshape({inputs.q.size(0), m_shape.heads, count, -1});
        const at::Tensor phiK = repeatHeads(m_map.keys(featureKeys(seen)), m_shape.heads);
        const at::Tensor linear =
            at::matmul(phiQ * at::exp(-decay * at.narrow(0, first, count)), (phiK * at::exp(decay * at)).transpose(2, 3))
                .tril(first)
                .masked_fill(inWindow, 0);
        const at::Tensor sums = softmax.sum(-1, true) + linear.sum(-1, true);
        return {softmax / sums, linear / sums};
    }

    std::unique_ptr<MixerState> emptyState() const override { return std::make_unique<ClusterState>(m_geometry); }

    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& cluster = static_cast<ClusterState&>(state);
        if (cluster.kept.tokens() == 0) {
            admit(cluster, inputs);
            return mix(inputs);
        }
        return mixedInPieces(inputs, [&](const AttentionInputs& piece) { return mixedBehind(piece, cluster); });
    }

    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::NoGradGuard noGrad;
        auto& cluster = static_cast<ClusterState&>(state);
        admit(cluster, inputs);
        const at::ScalarType type = computeType(inputs.q);
        const auto byKv = [&](const at::Tensor& x) { return x.to(type).reshape({x.size(0), m_shape.kvHeads, -1, x.size(3)}); };
        const at::Tensor scores = at::matmul(byKv(inputs.q) * scale(), cluster.kept.keys().transpose(2, 3));
        const at::Tensor maximum = at::amax(scores, -1, true);
        const at::Tensor e = at::exp(scores - maximum);
        at::Tensor numerator = at::matmul(e, cluster.kept.values()), denominator = e.sum(-1, true);
        if (cluster.sums.defined()) {
            const at::Tensor read = at::matmul(m_map.queries(byKv(featureQueries(inputs)), maximum), cluster.sums);
            numerator = numerator + read.narrow(3, 0, m_shape.headDim);
            denominator = denominator + read.narrow(3, m_shape.headDim, 1);
        }
        return (numerator / denominator).reshape(inputs.q.sizes()).to(inputs.q.scalar_type());
    }

    at::Tensor plainLoops(const AttentionInputs& inputs, std::int64_t head) const override {
        const std::int64_t kv = head / groups();
        const std::vector<NamedTensor> map = m_map.parameters();
        const auto learned = [&](std::size_t part) { return numbersOf(map[part].tensor[kv]); };
        const reference::ClusterShape shape{inputs.q.size(2), m_shape.headDim, m_map.clusters(), m_geometry.window,
                                            m_geometry.sinks};
        const AttentionInputs wide = converted(inputs, at::kDouble);
        const std::vector<double> y =
            reference::runningCluster(shape, numbersOf(wide.q[0][head]), numbersOf(wide.k[0][kv]), numbersOf(wide.v[0][kv]),
                                      numbersOf(featureQueries(wide)[0][head]), numbersOf(featureKeys(wide)[0][kv]),
                                      {learned(0), learned(1), learned(2), learned(3), numbersOf(decayOf(at::kDouble)[kv])});
        return at::tensor(y, at::kDouble).view({shape.tokens, m_shape.headDim});
    }

    bool startsFromData() const override { return true; }

    void startFrom(const AttentionInputs& inputs) override {
        const std::int64_t sinks = std::min(m_geometry.sinks, inputs.k.size(2) - 1); // they never reach the clusters
        const AttentionInputs behind = tokensOf(inputs, sinks, inputs.k.size(2) - sinks);
        m_map.start(featureQueries(behind), featureKeys(behind), lostByMean(behind), m_shape.seed);
    }

    std::vector<NamedTensor> maps() const override { return m_map.parameters(); }
    std::vector<NamedTensor> factors() const override {
        return m_decays ? std::vector<NamedTensor>{{"cluster_decay", m_decay}} : std::vector<NamedTensor>{};
    }
    std::int64_t window() const override { return m_geometry.window; }
    std::int64_t sinks() const override { return m_geometry.sinks; }

    std::int64_t stateBytes(std::int64_t tokens) const override {
        const std::int64_t sums = m_shape.kvHeads * m_map.clusters() * (m_shape.headDim + 1);
        return (tokens > 0 ? keptKeysBytes(m_geometry, m_shape.kvHeads, m_shape.headDim) : 0) +
               (anyLeft(m_geometry, tokens) ? sums * static_cast<std::int64_t>(sizeof(float)) : 0);
    }

private:
    std::int64_t groups() const { return m_shape.heads / m_shape.kvHeads; }
    double scale() const { return 1 / std::sqrt(static_cast<double>(m_shape.headDim)); }
    at::Tensor decayOf(at::ScalarType type) const { // [kv_heads, 1, clusters]
        return m_decays ? kLargestDecay * at::sigmoid(m_decay.to(type))
                        : at::zeros_like(m_decay, m_decay.options().dtype(type));
    }

    // Keys as the map sees them: averaged over the distances that they will be read from, so that they fit far ones too.
    at::Tensor featureKeys(const AttentionInputs& inputs) const {
        return m_turns ? inputs.k.to(computeType(inputs.k)) : meanOf(inputs.plainK);
    }
    at::Tensor featureQueries(const AttentionInputs& inputs) const {
        return (m_turns ? inputs.q : inputs.plainQ).to(computeType(inputs.q));
    }
    at::Tensor meanOf(const at::Tensor& plain) const {
        const at::ScalarType type = computeType(plain);
        return rotated(plain.to(type), m_meanCosine.to(type), m_meanSine.to(type));
    }
    // The features' keys of tokens of which the state has kept only the rotated form.
    at::Tensor turnedBack(const at::Tensor& k, const at::Tensor& positions) const {
        if (m_turns)
            return k;
        const at::Tensor angles = at::outer(positions.to(at::kDouble), m_frequencies);
        return meanOf(rotated(k, angles.cos().to(k.scalar_type()), -angles.sin().to(k.scalar_type())));
    }
    // What a key's entries vary by over those distances: a pair of length r whose mean has length s keeps (r^2 - s^2) / 2 each.
    at::Tensor lostByMean(const AttentionInputs& inputs) const {
        if (m_turns)
            return at::zeros({m_shape.kvHeads, m_shape.headDim});
        const at::Tensor squares = inputs.plainK.to(at::kDouble).square().mean({0, 2}); // [kv_heads, head_dim]
        const std::vector<at::Tensor> halves = squares.chunk(2, -1);
        const at::Tensor left = (1 - m_meanCosine.square() - m_meanSine.square()).clamp_min(0) / 2;
        const at::Tensor lost = (halves[0] + halves[1]) * left;
        return at::cat({lost, lost}, -1);
    }

    // The state as after these tokens too: old keys fade, and those that leave the window join them.
    void admit(ClusterState& state, const AttentionInputs& inputs) const {
        const std::int64_t count = inputs.k.size(2);
        const KeysLeft left = count == 1 ? state.kept.admit(inputs.k, inputs.v) : state.kept.fill(inputs.k, inputs.v);
        if (state.sums.defined())
            state.sums.mul_(at::exp(-decayOf(state.sums.scalar_type()) * count).transpose(1, 2));
        if (left.count() == 0)
            return;
        const std::int64_t newest = state.kept.tokens() - 1;
        const at::Tensor distances =
            at::arange(newest - left.first, newest - left.first - left.count(), -1, left.k.options()).unsqueeze(1);
        const at::Tensor features =
            m_map.keys(turnedBack(left.k, at::arange(left.first, left.first + left.count(), m_frequencies.options()))) *
            at::exp(-decayOf(left.k.scalar_type()) * distances);
        const at::Tensor added = stateOf(features, withOnes(left.v));
        state.sums = state.sums.defined() ? state.sums.add_(added) : added;
    }

    // Tokens that follow what the state has seen: they read what it keeps, each other, and its sums.
    at::Tensor mixedBehind(const AttentionInputs& inputs, ClusterState& state) const {
        const at::ScalarType type = computeType(inputs.q);
        const std::int64_t seen = state.kept.tokens(), count = inputs.q.size(2);
        const at::Tensor behind = at::arange(seen, seen + count, at::device(inputs.q.device()).dtype(at::kLong));
        const at::Tensor positions = at::cat({state.kept.positions(), behind});
        const at::Tensor near = softmaxKeys(m_geometry, positions, seen, count);
        const at::Tensor k = at::cat({state.kept.orderedKeys(), inputs.k.to(type)}, 2);
        const at::Tensor v = withOnes(at::cat({state.kept.orderedValues(), inputs.v.to(type)}, 2));
        const auto byKv = [&](const at::Tensor& x) { return x.to(type).reshape({x.size(0), m_shape.kvHeads, -1, x.size(3)}); };
        const auto rows = [&](const at::Tensor& mask) { return mask.repeat({groups(), 1}); };
        const at::Tensor scores = at::matmul(byKv(inputs.q) * scale(), k.transpose(2, 3))
                                      .masked_fill_(~rows(near), -std::numeric_limits<double>::infinity());
        const at::Tensor maximum = at::amax(scores, -1, true);
        const at::Tensor decay = decayOf(type);
        const auto faded = [&](const at::Tensor& at) { return at::exp(-decay * (at - seen).unsqueeze(1)); };
        const at::Tensor phiQ = m_map.queries(byKv(featureQueries(inputs)), maximum) * faded(behind).repeat({1, groups(), 1});
        const at::Tensor mapped =
            at::cat({turnedBack(state.kept.orderedKeys(), state.kept.positions()), featureKeys(inputs)}, 2);
        const at::Tensor phiK = m_map.keys(mapped) * faded(-positions + 2 * seen);
        const at::Tensor far = (positions <= behind.unsqueeze(1)).logical_and_(~near);
        const at::Tensor products = at::matmul(phiQ, phiK.transpose(2, 3)) * rows(far);
        at::Tensor sums = at::matmul(at::exp(scores - maximum), v) + at::matmul(products, v);
        if (state.sums.defined()) // as of the newest token seen, one before the first of these
            sums = sums + at::matmul(phiQ * at::exp(-decay), state.sums);
        admit(state, inputs);
        const at::Tensor y = sums.narrow(-1, 0, m_shape.headDim) / sums.narrow(-1, m_shape.headDim, 1);
        return y.reshape(inputs.q.sizes()).to(inputs.q.scalar_type());
    }

    // [chunks, batch, heads, chunk, size] with the queries of one key-value head as rows of one product.
    at::Tensor grouped(const at::Tensor& chunks) const {
        return chunks.reshape({chunks.size(0), chunks.size(1), m_shape.kvHeads, -1, chunks.size(4)});
    }

    // sum of phi_q.(exp(-a (i - j)) phi_k(k_j)) [v_j, 1] over the keys behind the window, [chunks, batch, kv_heads, rows,
    // size]. Distances fall into the query's own, from its chunk's beginning, and the key's, to its chunk's end: each is at
    // most one.
    at::Tensor linearSums(const at::Tensor& phiQ, const at::Tensor& keys, const at::Tensor& v, const ChunkMasks& masks) const {
        const std::int64_t count = phiQ.size(0), tokens = keys.size(2), chunk = masks.chunk;
        const std::int64_t skipped = std::min(tokens, m_geometry.sinks);
        const at::Tensor features =
            at::constant_pad_nd(m_map.keys(keys.narrow(2, skipped, tokens - skipped)), {0, 0, skipped, 0});
        const at::Tensor decay = decayOf(phiQ.scalar_type());
        const at::Tensor offsets = at::arange(chunk, decay.options()).unsqueeze(1);
        const at::Tensor phiK = intoChunks(features, chunk, 1) * at::exp(-decay * (chunk - offsets));
        const at::Tensor read = phiQ * at::exp(-decay * offsets).repeat({1, groups(), 1});
        const at::Tensor whole = at::exp(-decay * chunk); // one chunk farther
        const at::Tensor far = farSums(read * whole, phiK.narrow(0, 1, count), v.narrow(0, 1, count), whole);
        if (!masks.linear.defined())
            return far;
        const std::int64_t own = masks.linear.size(1) - chunk; // columns of the query's own chunk, in chunks of several windows
        const auto near = [&](const at::Tensor& blocks, const at::Tensor& nearer) {
            const at::Tensor previous = blocks.narrow(0, 0, count);
            return own == 0 ? previous : at::cat({previous, blocks.narrow(0, 1, count).narrow(3, 0, own) * nearer}, 3);
        };
        const at::Tensor mask = masks.linear.to(phiQ.scalar_type()).repeat({groups(), 1});
        const at::Tensor products = at::matmul(read, near(phiK, 1 / whole).transpose(3, 4)) * mask;
        return at::matmul(products, near(v, at::ones({1}, v.options()))) + far;
    }

    // What each chunk's queries read from the chunks that lie two or more back.
    static at::Tensor farSums(const at::Tensor& phiQ, const at::Tensor& phiK, const at::Tensor& v, const at::Tensor& whole) {
        const std::int64_t count = phiQ.size(0);
        std::vector<std::int64_t> shape = phiQ.sizes().vec();
        shape.back() = v.size(-1);
        if (count <= 2)
            return at::zeros(shape, phiQ.options());
        const at::Tensor added = at::matmul(phiK.narrow(0, 0, count - 2).transpose(3, 4), v.narrow(0, 0, count - 2));
        const at::Tensor kept = whole.transpose(1, 2); // [kv_heads, clusters, 1]
        std::vector<at::Tensor> states = {added[0]};
        for (std::int64_t i = 1; i < count - 2; ++i)
            states.push_back(states.back() * kept + added[i]);
        shape.front() = 2;
        return at::cat({at::zeros(shape, phiQ.options()), at::matmul(phiQ.narrow(0, 2, count - 2), at::stack(states))});
    }

    MixerShape m_shape;
    WindowGeometry m_geometry;
    bool m_turns;  // the features see rotated keys and queries
    bool m_decays; // old keys fade
    ClusterMap m_map;
    ChunkMasks m_masks;
    at::Tensor m_decay;       // [kv_heads, 1, clusters]
    at::Tensor m_frequencies; // float64
    at::Tensor m_meanCosine;  // [1, head_dim / 2], float64
    at::Tensor m_meanSine;
};

std::unique_ptr<AttentionMixer> makeCluster(const MixerShape& shape, const std::string&, const OptionValues& options) {
    WindowGeometry geometry;
    geometry.window = integerOption(options, "window");
    geometry.sinks = integerOption(options, "sinks");
    const bool turns = textOption(options, "cluster_positions") == "rotated";
    if (!turns && shape.frequencies.empty())
        throw Refusal("PLAN-VALUE",
                      "This model's rotary positions change with the length of the text, so its keys cannot be turned back for "
                      "the clusters.",
                      "Set cluster_positions to rotated.");
    return std::make_unique<ClusterAttention>(shape, geometry, integerOption(options, "clusters"), turns,
                                              flagOption(options, "cluster_decay"));
}

} // namespace

AttentionPart clusterPart() {
    return {{"cluster",
             "Window and clusters",
             "Softmax attention on the last tokens and on the first few; older keys stand for the cluster that they fall into, "
             "read in the softmax's own scale. It starts from the data and holds up beyond the training length.",
             {windowOption(), sinksOption(),
              describedWhole("clusters", "Clusters", 64, 1, 1024, "",
                             "Clusters of the keys of each key-value head; each costs as much memory as half a token of the "
                             "window."),
              describedWord("cluster_positions", "Keys for clusters", {"plain", "rotated"},
                            "Plain: before rotary positions, averaged over far distances, which holds at lengths that training "
                            "has not seen. Rotated: with their positions, which is closer at the training length alone."),
              describedFlag("cluster_decay", "Old keys fade", true,
                            "Each cluster learns how fast its keys lose weight with distance.")}},
            false,
            makeCluster};
}

} // namespace lolcats
