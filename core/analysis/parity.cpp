// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/parity.h"

#include "core/records/failure.h"
#include "core/text/wording.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {

constexpr double kSingleLimit = 1e-4; // float32: 2^-24 a sum, over at most some thousand terms
constexpr double kShortLimit = 2e-2;  // bfloat16: y itself is rounded to 2^-9, and so are q, k and v on the way to a state

at::Tensor byDefinition(const AttentionMixer& mixer, const AttentionInputs& inputs) {
    const AttentionInputs wide = converted(inputs, at::kDouble);
    const AttentionWeights weights = mixer.weights(wide);
    const at::Tensor all = (weights.linear.defined() ? weights.softmax + weights.linear : weights.softmax).to(at::kDouble);
    return at::matmul(all, wide.v.repeat_interleave(wide.q.size(1) / wide.v.size(1), 1));
}

// The first tokens as a prompt in two pieces (0: none), the others one by one.
at::Tensor decoded(const AttentionMixer& mixer, const AttentionInputs& inputs, std::int64_t prompt) {
    const std::unique_ptr<MixerState> state = mixer.emptyState();
    std::vector<at::Tensor> rows;
    const std::int64_t half = prompt / 2;
    for (const auto& [first, count] : {std::pair{std::int64_t{0}, half}, std::pair{half, prompt - half}})
        if (count > 0)
            rows.push_back(mixer.prefill(tokensOf(inputs, first, count), *state));
    for (std::int64_t i = prompt; i < inputs.q.size(2); ++i)
        rows.push_back(mixer.step(tokensOf(inputs, i, 1), *state));
    return at::cat(rows, 2);
}

// Keeps what one layer reads.
class InputsOfLayer : public AttentionObserver {
public:
    explicit InputsOfLayer(std::int64_t layer) : m_layer(layer) {}
    void attended(std::int64_t layer, const AttentionInputs& read, const at::Tensor&) override {
        if (layer == m_layer)
            inputs = read;
    }
    AttentionInputs inputs;

private:
    std::int64_t m_layer;
};

class ParityObserver : public AttentionObserver {
public:
    explicit ParityObserver(const DecoderModel& model) : m_model(model) {}

    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor&) override {
        const AttentionMixer& mixer = *m_model.blocks()[static_cast<std::size_t>(layer)].mixer;
        const at::Tensor truth = byDefinition(mixer, inputs);
        const double largest = truth.abs().max().item<double>();
        const auto difference = [&](const at::Tensor& y) {
            return (y.to(at::kDouble) - truth).abs().max().item<double>() / largest;
        };
        LayerParity found{layer, difference(mixer.mix(inputs)), 0, 0};
        for (std::int64_t head = 0; head < inputs.q.size(1); ++head)
            if (const at::Tensor plain = mixer.plainLoops(inputs, head); plain.defined())
                found.plain = std::max(found.plain.value_or(0), (plain - truth[0][head]).abs().max().item<double>() / largest);
        if (mixer.decodesAsItTrains()) { // else its options ask for a difference
            found.recurrent = difference(decoded(mixer, inputs, 0));
            found.continued = difference(decoded(mixer, inputs, inputs.q.size(2) / 2));
        }
        layers.push_back(found);
    }
    std::vector<LayerParity> layers;

private:
    const DecoderModel& m_model;
};

} // namespace

double LayerParity::worst() const {
    double largest = 0;
    for (const double one : {chunked, recurrent, continued, plain.value_or(0)})
        largest = std::isfinite(one) ? std::max(largest, one) : std::numeric_limits<double>::infinity();
    return largest;
}

std::vector<LayerParity> layerParity(const DecoderModel& model, const std::vector<std::int32_t>& ids) {
    if (ids.size() < 2)
        throw Refusal("ARG-PROBE", "The text to check the student's writings on has fewer than two tokens.",
                      "Give a text of a few words.");
    const at::NoGradGuard guard;
    const std::vector<std::int64_t> wide(ids.begin(), ids.end());
    ParityObserver observer(model);
    model.observe(at::tensor(wide, at::kLong).unsqueeze(0).to(model.embedding().device()), observer);
    return observer.layers;
}

LongDecoding longDecoding(const DecoderModel& model, const std::vector<std::int32_t>& ids, std::int64_t layer,
                          std::int64_t head, std::int64_t tokens, const std::function<bool(std::int64_t done)>& goOn) {
    const at::NoGradGuard guard;
    const AttentionMixer& mixer = *model.blocks()[static_cast<std::size_t>(layer)].mixer;
    std::vector<std::int64_t> text;
    for (std::int64_t i = 0; i < tokens; ++i)
        text.push_back(ids[static_cast<std::size_t>(i) % ids.size()]);
    InputsOfLayer observer(layer);
    model.observe(at::tensor(text, at::kLong).unsqueeze(0).to(model.embedding().device()), observer, layer + 1);
    const AttentionInputs& inputs = observer.inputs;
    const at::Tensor truth = mixer.plainLoops(inputs, head);
    if (!truth.defined())
        throw Refusal("ARG-LONG", "Layer " + std::to_string(layer) + " has no definition in plain loops to decode against.",
                      "Leave --long out: this form of attention is there to repeat published numbers.");
    const std::unique_ptr<MixerState> state = mixer.emptyState();
    double largest = 0;
    for (std::int64_t i = 0; i < tokens; ++i) {
        const at::Tensor y = mixer.step(tokensOf(inputs, i, 1), *state)[0][head][0];
        const double difference = (y.to(at::kCPU, at::kDouble) - truth[i]).abs().max().item<double>();
        largest = std::isfinite(difference) ? std::max(largest, difference) : std::numeric_limits<double>::infinity();
        if (i % 64 == 63 && !goOn(i + 1))
            throw Refusal("INT-STOPPED", "The check was stopped after " + std::to_string(i + 1) + " tokens.",
                          "Start it again.");
    }
    return {layer, head, tokens, largest / truth.abs().max().item<double>()};
}

CheckDone longCheck(const LongDecoding& found) {
    CheckDone check;
    check.id = "long";
    check.passed = found.error <= kLongLimit;
    check.sentence = std::to_string(found.tokens) + " decoded tokens of layer " + std::to_string(found.layer) + ", head " +
                     std::to_string(found.head) + ", are " + scientific(found.error) +
                     " off the definition in double; the limit is " + scientific(kLongLimit);
    check.figures = {
        {"long", found.error, ""}, {"tokens", static_cast<double>(found.tokens), ""}, {"long-limit", kLongLimit, ""}};
    return check;
}

double parityLimit(const DecoderModel& model) {
    return model.embedding().scalar_type() == at::kFloat || model.embedding().scalar_type() == at::kDouble ? kSingleLimit
                                                                                                           : kShortLimit;
}

CheckDone layerCheck(const LayerParity& layer, double limit) {
    CheckDone check;
    check.id = "layer " + std::to_string(layer.layer);
    check.passed = layer.worst() <= limit;
    check.sentence = "layer " + std::to_string(layer.layer) + ": chunked " + scientific(layer.chunked) + ", recurrent " +
                     scientific(layer.recurrent) + ", prompt then steps " + scientific(layer.continued);
    check.figures = {{"chunked", layer.chunked, ""}, {"recurrent", layer.recurrent, ""}, {"continued", layer.continued, ""}};
    if (layer.plain)
        check.figures.push_back({"plain-loops", *layer.plain, ""});
    check.figures.push_back({"limit", limit, ""});
    return check;
}

CheckDone parityCheck(const std::vector<LayerParity>& layers, double limit) {
    const auto worst = std::max_element(layers.begin(), layers.end(),
                                        [](const LayerParity& a, const LayerParity& b) { return a.worst() < b.worst(); });
    CheckDone check;
    check.id = "parity";
    check.passed = worst != layers.end() && worst->worst() <= limit;
    check.sentence = std::string(check.passed ? "all forms of attention agree" : "the forms of attention do not agree") +
                     ": largest relative difference " + scientific(worst->worst()) + " in layer " +
                     std::to_string(worst->layer) + " of " + std::to_string(layers.size()) + ", limit " + scientific(limit);
    check.figures = {{"parity", worst->worst(), ""}};
    return check;
}

} // namespace lolcats
