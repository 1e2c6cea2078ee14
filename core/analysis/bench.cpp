// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/bench.h"

#include "core/analysis/counting_allocator.h"
#include "core/attention/weights_cross_entropy.h"
#include "core/text/wording.h"
#include "core/training/layer_measure.h"
#include "core/training/losses.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

namespace lolcats {

namespace {

constexpr std::array<std::int64_t, 4> kLengths = {1024, 2048, 4096, 8192};
constexpr double kMostGrowth = 2.1; // of memory, for twice the tokens
constexpr double kLargestError = 1e-4;
constexpr int kTurns = 5; // of a timing; the middle one counts

std::string hundredths(double value) {
    char text[32] = {};
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

at::Tensor drawn(at::IntArrayRef shape, double spread, at::Generator& generator) {
    return at::empty(shape).normal_(0, spread, generator);
}

DecoderShape benchShape() {
    DecoderShape shape;
    shape.vocabulary = 512;
    shape.hidden = 256;
    shape.intermediate = 512;
    shape.layers = 2;
    shape.heads = 8;
    shape.kvHeads = 4;
    shape.headDim = 32;
    return shape;
}

DecoderModel randomDecoder() {
    const DecoderShape shape = benchShape();
    at::Generator generator = at::detail::createCPUGenerator(1);
    const double spread = 1 / std::sqrt(static_cast<double>(shape.hidden));
    const auto matrix = [&](std::int64_t out, std::int64_t in) { return drawn({out, in}, spread, generator); };
    const MixerShape mixer{shape.heads, shape.kvHeads, shape.headDim, 0, at::dtype(at::kFloat)};
    std::vector<DecoderBlock> blocks;
    for (std::int64_t layer = 0; layer < shape.layers; ++layer) {
        DecoderBlock block;
        block.attentionNorm = block.feedForwardNorm = at::ones({shape.hidden});
        block.q.weight = matrix(shape.heads * shape.headDim, shape.hidden);
        block.k.weight = matrix(shape.kvHeads * shape.headDim, shape.hidden);
        block.v.weight = matrix(shape.kvHeads * shape.headDim, shape.hidden);
        block.o.weight = matrix(shape.hidden, shape.heads * shape.headDim);
        block.gate = matrix(shape.intermediate, shape.hidden);
        block.up = matrix(shape.intermediate, shape.hidden);
        block.down = matrix(shape.hidden, shape.intermediate);
        block.mixer = makeMixer("softmax", mixer, "", {});
        blocks.push_back(std::move(block));
    }
    const at::Tensor embedding = matrix(shape.vocabulary, shape.hidden);
    return {shape, embedding, at::ones({shape.hidden}), embedding, std::move(blocks)};
}

// Teacher and student, and the four pieces of work that a person meets.
class MemoryBench {
public:
    MemoryBench() : m_teacher(randomDecoder()), m_students(makeStudents(ConversionPlan(), m_teacher.shape())) {
        installStudents(m_student, m_students);
        attachLora(m_student, loraSettings(ConversionPlan()));
    }

    void transfer(const at::Tensor& ids) {
        const at::NoGradGuard guard;
        LayerMeasure measure(m_teacher, m_students, {1, 0, false, nullptr});
        m_teacher.observe(ids, measure);
        forgetGradients();
    }
    void finetune(const at::Tensor& ids) {
        at::Tensor truth;
        {
            const at::NoGradGuard guard;
            truth = m_teacher.hidden(ids).flatten(0, 1);
        }
        klLoss(m_student.hidden(ids).flatten(0, 1), truth, m_student.head()).backward();
        forgetGradients();
    }
    void prefill(const at::Tensor& ids) {
        const at::NoGradGuard guard;
        DecoderState state = m_student.emptyState();
        m_student.prefill(ids, state);
    }
    // Both maps of a layer, in rows: the loss of the attention weights.
    void maps(const at::Tensor& ids) {
        const at::NoGradGuard guard;
        LayerMeasure measure(m_teacher, m_students, {0, 1, false, nullptr});
        m_teacher.observe(ids, measure);
        forgetGradients();
    }

private:
    void forgetGradients() {
        for (std::vector<NamedTensor> all : {studentTensors(m_students), loraTensors(m_student)})
            for (NamedTensor& named : all)
                named.tensor.mutable_grad() = at::Tensor();
    }

    DecoderModel m_teacher;
    DecoderModel m_student = m_teacher.shared();
    Students m_students;
};

double formulaBytes(const DecoderShape& shape) {
    const std::int64_t heads = shape.heads * shape.headDim, keys = shape.kvHeads * shape.headDim;
    return static_cast<double>(sizeof(float)) *
           static_cast<double>(4 * shape.hidden + heads + 2 * keys + 3 * heads + 2 * shape.intermediate);
}

CheckDone memoryCheck(const std::string& name, const std::vector<double>& peaks) {
    CheckDone check;
    check.id = name;
    double growth = 0;
    for (std::size_t i = 0; i < peaks.size(); ++i) {
        check.figures.push_back({std::to_string(kLengths[i]) + " tokens", peaks[i], "bytes"});
        growth = i == 0 ? 0 : std::max(growth, peaks[i] / peaks[i - 1]);
    }
    const std::size_t last = peaks.size() - 1;
    const double slope = (peaks[last] - peaks[last - 1]) / static_cast<double>(kLengths[last] - kLengths[last - 1]);
    check.figures.push_back({"slope", slope, "bytes a token"});
    check.figures.push_back({"formula", formulaBytes(benchShape()), "bytes a token"});
    check.passed = growth <= kMostGrowth;
    check.sentence = name + ": " + std::to_string(std::llround(slope)) + " bytes a token; twice the tokens take at most " +
                     hundredths(growth) + " times the memory";
    return check;
}

double medianOf(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

struct Rivals {
    std::string name; // "chunked against all pairs, 2048 tokens"
    std::function<at::Tensor()> ours;
    std::function<at::Tensor()> other;
    std::function<at::Tensor()> truth; // what `ours` has to give
};

CheckDone timed(const Rivals& rivals) {
    const at::NoGradGuard guard;
    CheckDone check;
    check.id = rivals.name;
    const at::Tensor truth = rivals.truth();
    const double error = ((rivals.ours() - truth).abs().max() / truth.abs().max()).item<double>();
    if (!(error <= kLargestError)) {
        check.sentence = rivals.name + ": not timed, because the two differ by " + scientific(error);
        return check;
    }
    const auto seconds = [](const std::function<at::Tensor()>& work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::vector<double> ours, other, ratios;
    for (int turn = 0; turn < kTurns; ++turn) {
        ours.push_back(seconds(rivals.ours));
        other.push_back(seconds(rivals.other));
        ratios.push_back(other.back() / ours.back());
    }
    check.passed = true;
    check.figures = {
        {"ratio", medianOf(ratios), "times"}, {"ours", medianOf(ours), "seconds"}, {"other", medianOf(other), "seconds"}};
    check.sentence = rivals.name + ": " + hundredths(medianOf(ratios)) + " times as fast";
    return check;
}

struct SpeedBench {
    MixerShape shape{8, 4, 64, 0, at::dtype(at::kFloat)};
    std::unique_ptr<AttentionMixer> hybrid = makeMixer("hybrid", shape, "hedgehog", {});
    std::unique_ptr<AttentionMixer> softmax = makeMixer("softmax", shape, "", {});

    AttentionInputs inputs(std::int64_t tokens) const {
        at::Generator generator = at::detail::createCPUGenerator(2);
        const auto random = [&](std::int64_t heads) { return drawn({1, heads, tokens, shape.headDim}, 1, generator); };
        return {random(shape.heads), random(shape.kvHeads), random(shape.kvHeads)};
    }
    Rivals chunkedAgainstAllPairs(std::int64_t tokens) const {
        const AttentionInputs read = inputs(tokens);
        const auto pairs = [this, read] {
            const AttentionWeights weights = hybrid->weights(read);
            return at::matmul(weights.softmax + weights.linear, read.v.repeat_interleave(shape.heads / shape.kvHeads, 1));
        };
        return {"chunked against all pairs, " + std::to_string(tokens) + " tokens", [this, read] { return hybrid->mix(read); },
                pairs, pairs};
    }
    // The last token again and again behind the same text, whose states were filled before.
    Rivals stepAgainstSoftmax(std::int64_t tokens) const {
        const AttentionInputs read = inputs(tokens + 1), last = tokensOf(read, tokens, 1);
        const auto stepping = [&](const AttentionMixer& mixer) {
            const std::shared_ptr<MixerState> state = mixer.emptyState();
            mixer.prefill(tokensOf(read, 0, tokens), *state);
            return [&mixer, state, last] { return mixer.step(last, *state); };
        };
        return {"one token against softmax with a cache, behind " + std::to_string(tokens) + " tokens", stepping(*hybrid),
                stepping(*softmax), [this, read, tokens] { return hybrid->mix(read).narrow(2, tokens, 1); }};
    }
};

} // namespace

std::vector<CheckDone> measuredMemory(const BenchGoOn& goOn) {
    MemoryBench bench;
    using Work = void (MemoryBench::*)(const at::Tensor&);
    const std::vector<std::pair<std::string, Work>> works = {{"transfer", &MemoryBench::transfer},
                                                             {"finetune", &MemoryBench::finetune},
                                                             {"prefill", &MemoryBench::prefill},
                                                             {"maps", &MemoryBench::maps}};
    std::vector<CheckDone> checks;
    for (const auto& [name, work] : works) {
        std::vector<double> peaks;
        for (const std::int64_t tokens : kLengths) {
            if (!goOn(name + ", " + std::to_string(tokens) + " tokens"))
                return checks;
            const at::Tensor ids = at::remainder(at::arange(tokens, at::kLong) * 7919 + 13, 512).unsqueeze(0);
            const CountingAllocator allocator;
            (bench.*work)(ids);
            peaks.push_back(static_cast<double>(allocator.peak()));
        }
        checks.push_back(memoryCheck(name, peaks));
    }
    return checks;
}

std::vector<CheckDone> measuredSpeed(const BenchGoOn& goOn) {
    const SpeedBench bench;
    std::vector<std::function<Rivals()>> works;
    for (const std::int64_t tokens : {512, 1024, 2048})
        works.push_back([&bench, tokens] { return bench.chunkedAgainstAllPairs(tokens); });
    for (const std::int64_t tokens : {1024, 4096, 16384})
        works.push_back([&bench, tokens] { return bench.stepAgainstSoftmax(tokens); });
    std::vector<CheckDone> checks;
    for (const auto& work : works) {
        const at::NoGradGuard guard;
        const Rivals rivals = work();
        if (!goOn(rivals.name))
            return checks;
        checks.push_back(timed(rivals));
    }
    return checks;
}

} // namespace lolcats
