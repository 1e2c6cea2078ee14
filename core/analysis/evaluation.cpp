// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation.h"

#include "core/analysis/window_only.h"
#include "core/records/failure.h"
#include "core/training/losses.h"
#include "core/training/row_batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

namespace lolcats {

namespace {

constexpr std::int64_t kFewestSinks = 4;     // of the untrained window: a bar that every student meets
constexpr double kNoDifference = 1e-5;       // nats; rounding in float32 alone makes 1e-8
constexpr std::int64_t kStandardWindow = 64; // where a student has no window of its own

std::vector<std::int64_t> bandsOf(std::int64_t length) {
    std::vector<std::int64_t> bands = {0};
    for (std::int64_t first = 64; first < length - 1; first *= 2)
        bands.push_back(first);
    return bands;
}

struct RowSums {
    double loss = 0, kl = 0, klBeyond = 0, agree = 0;
    std::int64_t learned = 0, positions = 0, beyond = 0;
    std::vector<double> bandKl;
    std::vector<std::int64_t> bandPositions;

    void addBands(const at::Tensor& ofPositions, const std::vector<std::int64_t>& bands) {
        bandKl.resize(bands.size());
        bandPositions.resize(bands.size());
        for (std::size_t i = 0; i < bands.size(); ++i) {
            const std::int64_t end = i + 1 < bands.size() ? bands[i + 1] : ofPositions.size(0);
            bandKl[i] += ofPositions.narrow(0, bands[i], end - bands[i]).sum(at::kDouble).item<double>();
            bandPositions[i] += end - bands[i];
        }
    }
    void add(const PositionScores& scores, const at::Tensor& labels, std::int64_t firstBeyond) {
        const std::int64_t count = labels.size(0);
        loss += scores.loss.sum(at::kDouble).item<double>();
        learned += (labels != kNotLearned).sum().item<std::int64_t>();
        kl += scores.kl.sum(at::kDouble).item<double>();
        agree += scores.agree.sum(at::kDouble).item<double>();
        positions += count;
        if (firstBeyond < count) {
            klBeyond += scores.kl.narrow(0, firstBeyond, count - firstBeyond).sum(at::kDouble).item<double>();
            beyond += count - firstBeyond;
        }
    }
    EvaluationRow row(const EvaluatedModel& model, std::int64_t length) const {
        const auto mean = [](double sum, std::int64_t count) {
            return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
        };
        EvaluationRow row;
        row.name = model.name;
        row.loss = mean(loss, learned);
        row.perplexity = std::exp(row.loss);
        row.kl = mean(kl, positions);
        row.klBeyond = mean(klBeyond, beyond);
        row.agreement = mean(agree, positions);
        row.stateBytes = model.model->stateBytes(length);
        for (std::size_t i = 0; i < bandKl.size(); ++i)
            row.bandKl.push_back(mean(bandKl[i], bandPositions[i]));
        return row;
    }
};

void tell(Progress& progress, std::int64_t row, std::int64_t rows) {
    StageProgress news;
    news.stage = Stage::Measure;
    news.step = row;
    news.steps = rows;
    news.doing = "row";
    progress.report(news);
}

void askWhetherToGoOn(Progress& progress) {
    if (progress.mayGoOn().stop)
        throw Refusal("INT-STOPPED", "The evaluation was stopped before its last row.", "Start it again.");
}

struct Rivals {
    const EvaluationRow* window = nullptr;
    const EvaluationRow* student = nullptr;
};

Rivals rivals(const EvaluationTable& table) {
    Rivals found;
    for (const EvaluationRow& row : table.rows) {
        if (row.name == "untrained-window")
            found.window = &row;
        else if (row.name.rfind("student", 0) == 0)
            found.student = &row; // the last of them has come furthest
    }
    return found;
}

std::string threeDigits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

} // namespace

EvaluationTable evaluate(const std::vector<EvaluatedModel>& models, const TokenRows& rows, std::int64_t window,
                         Progress& progress) {
    const at::NoGradGuard guard;
    std::vector<RowSums> sums(models.size());
    const std::vector<std::int64_t> bands = bandsOf(rows.length);
    const std::string device = models.front().model->embedding().device().str();
    for (std::int64_t row = 0; row < rows.rows(); ++row) {
        tell(progress, row, rows.rows());
        const RowBatch batch = batchOf(rows, {row}, device);
        std::vector<ScoredModel> scored;
        for (const EvaluatedModel& model : models) {
            askWhetherToGoOn(progress);
            // The last position has no next token.
            scored.push_back({model.model->hidden(batch.ids)[0].narrow(0, 0, rows.length - 1), model.model->head()});
        }
        const at::Tensor labels = batch.labels[0].narrow(0, 1, rows.length - 1);
        const std::vector<PositionScores> scores = scoreAll(scored, labels);
        for (std::size_t i = 0; i < models.size(); ++i) {
            sums[i].add(scores[i], labels, 2 * window);
            sums[i].addBands(scores[i].kl, bands);
        }
    }
    tell(progress, rows.rows(), rows.rows());
    EvaluationTable table;
    table.tokens = rows.rows() * rows.length;
    table.length = rows.length;
    table.bands = bands;
    for (std::size_t i = 0; i < models.size(); ++i)
        table.rows.push_back(sums[i].row(models[i], rows.length));
    table.verdict = verdictOf(table);
    return table;
}

DecoderModel untrainedWindow(const DecoderModel& teacher, const ConversionPlan& plan) {
    const DecoderShape& shape = teacher.shape();
    const auto shapeWord = plan.options.find("window_shape");
    Students windows = makeStudents(plan, shape);
    for (auto& student : windows) {
        if (!student)
            continue;
        WindowGeometry geometry;
        geometry.window = student->window() > 0 ? student->window() : kStandardWindow;
        geometry.sinks = std::max(kFewestSinks, student->sinks());
        geometry.terraced = shapeWord != plan.options.end() && shapeWord->second != OptionValue(std::string("sliding"));
        const at::TensorOptions tensors = at::device(teacher.embedding().device()).dtype(at::kFloat);
        student = makeWindowOnly({shape.heads, shape.kvHeads, shape.headDim, 0, tensors}, geometry);
    }
    DecoderModel model = teacher.shared();
    installStudents(model, windows);
    return model;
}

DecoderModel untrainedStudent(const DecoderModel& teacher, const ConversionPlan& plan) {
    DecoderModel model = teacher.shared();
    installStudents(model, makeStudents(plan, teacher.shape()));
    return model;
}

std::string verdictOf(const EvaluationTable& table) {
    const auto [window, student] = rivals(table);
    if (window == nullptr || student == nullptr)
        return {};
    if (!std::isfinite(student->kl))
        return "The student's distribution is not finite: it cannot be used.";
    if (std::max(student->kl, window->kl) < kNoDifference)
        return "Neither the student nor its untrained window can be told from the teacher on this text: KL below " +
               threeDigits(kNoDifference) + ".";
    const std::string figures = "KL to the teacher " + threeDigits(student->kl) + " against " + threeDigits(window->kl);
    if (!(student->kl < window->kl))
        return "The student does not beat its own untrained window: " + figures + ", " +
               threeDigits(100 * (student->kl / window->kl - 1)) + " % higher. Its linear part does more harm than good here.";
    return "The student beats its own untrained window: " + figures + ", " + threeDigits(100 * (1 - student->kl / window->kl)) +
           " % lower.";
}

std::string verdictBeyond(const EvaluationTable& table, std::int64_t trainedLength) {
    const auto [window, student] = rivals(table);
    if (window == nullptr || student == nullptr)
        return {};
    const std::string length = std::to_string(table.length), trained = std::to_string(trainedLength);
    for (std::size_t i = 0; i < table.bands.size(); ++i)
        if (!(student->bandKl[i] < std::max(window->bandKl[i], kNoDifference)) && table.bands[i] >= trainedLength)
            return "Beyond the " + trained + " tokens it was trained on it does harm: from position " +
                   std::to_string(table.bands[i]) + " on, KL " + threeDigits(student->bandKl[i]) + " against its window's " +
                   threeDigits(window->bandKl[i]) + ".";
    return "It still beats its window at " + length + " tokens, on rows longer than the " + trained +
           " it was trained on: KL " + threeDigits(student->bandKl.back()) + " against " + threeDigits(window->bandKl.back()) +
           " in the last part.";
}

TokenRows gluedRows(const TokenRows& rows, std::int64_t times) {
    TokenRows glued = rows;
    glued.length = rows.length * times;
    const auto whole = static_cast<std::size_t>(rows.rows() / times * glued.length);
    glued.ids.resize(whole);
    if (!glued.labels.empty())
        glued.labels.resize(whole);
    return glued;
}

} // namespace lolcats
