// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/training/student_start.h"

#include "core/training/row_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace lolcats {

namespace {

constexpr std::int64_t kMostRows = 8;
constexpr std::int64_t kMostTokens = 8192;

class StartObserver final : public AttentionObserver {
public:
    StartObserver(const Students& students, const std::function<void(std::int64_t)>& started)
        : m_students(students), m_started(started) {}

    void attended(std::int64_t layer, const AttentionInputs& inputs, const at::Tensor&) override {
        const auto& student = m_students[static_cast<std::size_t>(layer)];
        if (student && student->startsFromData())
            student->startFrom(inputs);
        m_started(layer + 1);
    }

private:
    const Students& m_students;
    const std::function<void(std::int64_t)>& m_started;
};

} // namespace

bool anyStartsFromData(const Students& students) {
    return std::any_of(students.begin(), students.end(), [](const auto& one) { return one && one->startsFromData(); });
}

void startStudents(const DecoderModel& teacher, const Students& students, const TokenRows& rows, const std::string& device,
                   const std::function<void(std::int64_t)>& started) {
    const at::NoGradGuard guard;
    const std::int64_t count = std::min({rows.rows(), kMostRows, std::max<std::int64_t>(1, kMostTokens / rows.length)});
    std::vector<std::int64_t> which(static_cast<std::size_t>(count));
    std::iota(which.begin(), which.end(), 0);
    StartObserver observer(students, started);
    teacher.observe(batchOf(rows, which, device).ids, observer);
}

Students copiesOf(const Students& students, const ConversionPlan& plan, const DecoderShape& shape) {
    const at::NoGradGuard guard;
    Students copies = makeStudents(plan, shape);
    for (std::size_t layer = 0; layer < copies.size(); ++layer) {
        if (!copies[layer])
            continue;
        const auto source = learnedTensors(*students[layer]), target = learnedTensors(*copies[layer]);
        for (std::size_t i = 0; i < source.size(); ++i)
            target[i].tensor.copy_(source[i].tensor);
    }
    return copies;
}

} // namespace lolcats
