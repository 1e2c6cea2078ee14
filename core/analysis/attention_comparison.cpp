// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention_comparison.h"

#include "core/records/failure.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace lolcats {

namespace {

constexpr double kSmallestWeight = 1e-12; // as in the features: keeps a logarithm finite where a weight has vanished

// weights [tokens, tokens], float32, contiguous, on the CPU.
Triangle triangleOf(const at::Tensor& weights) {
    const std::int64_t tokens = weights.size(0);
    const auto cell = weights.accessor<float, 2>();
    Triangle triangle;
    triangle.half.reserve(static_cast<std::size_t>(tokens * (tokens + 1) / 2));
    for (std::int64_t i = 0; i < tokens; ++i)
        for (std::int64_t j = 0; j <= i; ++j)
            triangle.half.push_back(halfFromFloat(cell[i][j]));
    return triangle;
}

at::Tensor ofHead(const at::Tensor& weights, std::int64_t head) {
    return weights[0][head].to(at::kCPU, at::kFloat).contiguous();
}

class ComparingObserver : public AttentionObserver {
public:
    ComparingObserver(const DecoderModel& teacher, const Students& students, const ComparisonRequest& request,
                      const std::vector<std::int64_t>& layers, const std::vector<std::int64_t>& heads, MapSnapshot& snapshot)
        : m_teacher(teacher), m_students(students), m_request(request), m_layers(layers), m_heads(heads), m_snapshot(snapshot) {
    }

    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor&) override {
        if (std::find(m_layers.begin(), m_layers.end(), layer) == m_layers.end())
            return;
        const auto index = static_cast<std::size_t>(layer);
        const AttentionWeights teacher = m_teacher.blocks()[index].mixer->weights(inputs);
        const AttentionWeights student = m_students[index] ? m_students[index]->weights(inputs) : teacher;
        for (const std::int64_t head : m_heads)
            compare(layer, head, teacher, student);
    }

private:
    void compare(std::int64_t layer, std::int64_t head, const AttentionWeights& teacher, const AttentionWeights& student) {
        const at::Tensor truth = ofHead(teacher.softmax, head);
        const at::Tensor softmax = ofHead(student.softmax, head);
        const at::Tensor linear = student.linear.defined() ? ofHead(student.linear, head) : at::zeros_like(softmax);
        HeadMap map;
        map.layer = static_cast<int>(layer);
        map.head = static_cast<int>(head);
        if (m_request.withTeacher)
            map.teacher = triangleOf(truth);
        map.studentSoftmax = triangleOf(softmax);
        map.studentLinear = triangleOf(linear);
        const at::Tensor wanted = truth.to(at::kDouble), found = (softmax + linear).to(at::kDouble);
        const at::Tensor terms = wanted * (wanted.clamp_min(kSmallestWeight).log() - found.clamp_min(kSmallestWeight).log());
        map.kl = terms.sum(-1).mean().item<double>();
        // A weight of the window that has vanished counts as outside; the teacher's is smaller still.
        map.beyondTeacher = wanted.masked_fill(softmax > 0, 0).sum(-1).mean().item<double>();
        map.beyondStudent = linear.to(at::kDouble).sum(-1).mean().item<double>();
        m_snapshot.maps.push_back(std::move(map));
    }

    const DecoderModel& m_teacher;
    const Students& m_students;
    const ComparisonRequest& m_request;
    const std::vector<std::int64_t>& m_layers;
    const std::vector<std::int64_t>& m_heads;
    MapSnapshot& m_snapshot;
};

std::vector<std::int64_t> chosen(std::vector<std::int64_t> asked, std::int64_t count, const std::string& word) {
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    for (const std::int64_t one : asked)
        if (one < 0 || one >= count)
            throw Refusal("ARG-MAPS",
                          "There is no " + word + " " + std::to_string(one) + ": the model has " + word + "s 0 to " +
                              std::to_string(count - 1) + ".",
                          "Name only " + word + "s that the model has.");
    return asked;
}

} // namespace

MapSnapshot compareAttention(const DecoderModel& teacher, const Students& students, const ComparisonRequest& request) {
    const at::NoGradGuard guard;
    const DecoderShape& shape = teacher.shape();
    if (request.ids.empty())
        throw Refusal("ARG-MAPS", "The text whose attention is to be compared has no token.", "Give a text of a few words.");
    std::vector<std::int64_t> layers = chosen(request.layers, shape.layers, "layer");
    std::vector<std::int64_t> heads = chosen(request.heads, shape.heads, "head");
    if (layers.empty())
        for (std::int64_t layer = 0; layer < shape.layers; ++layer)
            if (students[static_cast<std::size_t>(layer)])
                layers.push_back(layer);
    if (heads.empty()) {
        heads.resize(static_cast<std::size_t>(shape.heads));
        std::iota(heads.begin(), heads.end(), std::int64_t{0});
    }
    MapSnapshot snapshot;
    snapshot.probe = request.probe;
    snapshot.tokens = request.pieces;
    snapshot.layers = static_cast<int>(shape.layers);
    snapshot.heads = static_cast<int>(shape.heads);
    snapshot.kvHeads = static_cast<int>(shape.kvHeads);
    for (const auto& student : students)
        if (student) {
            snapshot.window = static_cast<int>(student->window());
            snapshot.sinks = static_cast<int>(student->sinks());
        }
    const std::vector<std::int64_t> wide(request.ids.begin(), request.ids.end());
    ComparingObserver observer(teacher, students, request, layers, heads, snapshot);
    teacher.observe(at::tensor(wide, at::kLong).unsqueeze(0).to(teacher.embedding().device()), observer);
    return snapshot;
}

std::string probeSentence() {
    return "Anna gave the blue notebook to Peter, and Peter gave the red pencil to Anna. Later that evening Anna could not "
           "find the "
           "notebook, so she asked Peter for it. \"The blue notebook,\" said Peter, \"is where the red pencil was.\" Anna "
           "looked, and "
           "there lay the blue notebook. The next morning it was the red pencil that nobody could find. Peter looked under the "
           "table, "
           "behind the door and in the garden, while Anna read aloud what she had written: Anna gave the blue notebook to "
           "Peter, and "
           "Peter gave the red pencil to Anna. \"Then you had it last,\" said Peter, and Anna laughed, for the red pencil was "
           "behind her "
           "ear.";
}

} // namespace lolcats
