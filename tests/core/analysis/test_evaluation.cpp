// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/evaluation.h"
#include "core/analysis/window_only.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

AttentionInputs someInputs(std::int64_t tokens) {
    const auto wave = [&](std::int64_t heads, double pace) {
        return at::sin(at::arange(heads * tokens * 8, at::kFloat) * pace).mul(2).reshape({1, heads, tokens, 8});
    };
    return {wave(4, 0.37), wave(2, 0.53), wave(2, 0.71)};
}

EvaluationTable tableOf(double student, double window) {
    EvaluationTable table;
    for (const auto& [name, kl] :
         {std::pair{"teacher", 0.0}, std::pair{"untrained-window", window}, std::pair{"student", student}}) {
        EvaluationRow row;
        row.name = name;
        row.kl = kl;
        table.rows.push_back(row);
    }
    return table;
}

} // namespace

class TestEvaluation : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void figuresAreThoseOfTheWholeDistributions() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        ConversionPlan plan = smallPlan();
        const DecoderModel student = untrainedStudent(teacher, plan), window = untrainedWindow(teacher, plan);
        TokenRows rows = someRows(3, 40);
        for (std::size_t i = 10; i < 20; ++i)
            rows.labels[i] = kNotLearned;
        KeepingProgress progress;
        const EvaluationTable table =
            evaluate({{"teacher", &teacher}, {"untrained-window", &window}, {"student", &student}}, rows, 8, progress);
        QCOMPARE(table.tokens, std::int64_t{120});
        QCOMPARE(table.rows.size(), std::size_t{3});
        QCOMPARE(table.rows[0].kl, 0.0);
        QCOMPARE(table.rows[0].agreement, 1.0);

        const RowSumsByHand wanted = byHand(teacher, student, rows, 16);
        const EvaluationRow& row = table.rows[2];
        QVERIFY(std::abs(row.kl - wanted.kl) < 1e-6);
        QVERIFY(std::abs(row.klBeyond - wanted.klBeyond) < 1e-6);
        QVERIFY(std::abs(row.loss - wanted.loss) < 1e-5);
        QVERIFY(std::abs(row.perplexity - std::exp(wanted.loss)) < 1e-4 * row.perplexity);
        QVERIFY(std::abs(row.agreement - wanted.agree) < 1e-9);
        QCOMPARE(row.stateBytes, student.stateBytes(40));
        QVERIFY(row.kl > 1e-3 && table.rows[1].kl > 1e-3);
        QVERIFY(!table.verdict.empty());
        QCOMPARE(progress.last.step, std::int64_t{3});
    }

    void bandsOfPositionsAddUpToTheWhole() {
        const DecoderModel teacher = tinyLlama();
        KeepingProgress progress;
        const DecoderModel student = untrainedStudent(teacher, smallPlan());
        const EvaluationTable table = evaluate({{"teacher", &teacher}, {"student", &student}}, someRows(2, 300), 8, progress);
        QCOMPARE(table.bands, (std::vector<std::int64_t>{0, 64, 128, 256}));
        const std::vector<double>& kl = table.rows[1].bandKl;
        QCOMPARE(kl.size(), std::size_t{4});
        const double whole = (64 * kl[0] + 64 * kl[1] + 128 * kl[2] + 43 * kl[3]) / 299; // the last position has no next token
        QVERIFY(std::abs(whole - table.rows[1].kl) < 1e-9);
        QCOMPARE(table.rows[0].bandKl, (std::vector<double>{0, 0, 0, 0}));
    }

    void theVerdictBeyondNamesWhereHarmBegins() {
        EvaluationTable table;
        table.length = 512;
        table.bands = {0, 64, 128, 256};
        table.rows = {{"teacher", 1, 2, 0, 0, 1, 9, {0, 0, 0, 0}},
                      {"untrained-window", 1, 2, 0.3, 0.3, 0.8, 9, {0.1, 0.2, 0.3, 0.4}},
                      {"student", 1, 2, 0.2, 0.2, 0.8, 9, {0.15, 0.1, 0.2, 0.5}}};
        LOLCATS_COMPARE_TEXT(verdictBeyond(table, 128),
                             "Beyond the 128 tokens it was trained on it does harm: from position 256 on, KL 0.5 against its "
                             "window's 0.4.");
        table.rows[2].bandKl[3] = 0.35;
        QVERIFY(verdictBeyond(table, 128).starts_with("It still beats its window at 512 tokens"));
        table.rows[2].bandKl[3] = std::nan(""); // worse than anything
        QVERIFY(verdictBeyond(table, 128).starts_with("Beyond the 128 tokens"));
        table.rows.pop_back();
        QVERIFY(verdictBeyond(table, 128).empty());
    }

    void rowsAreGluedWhole() {
        const TokenRows glued = gluedRows(someRows(5, 10), 2);
        QCOMPARE(glued.length, std::int64_t{20});
        QCOMPARE(glued.rows(), std::int64_t{2});
        const TokenRows rows = someRows(5, 10);
        QVERIFY(std::equal(glued.ids.begin(), glued.ids.end(), rows.ids.begin()));
        QCOMPARE(glued.labels.size(), glued.ids.size());
    }

    void withoutPositionsBeyondThereIsNoFigureForThem() {
        const DecoderModel teacher = tinyLlama();
        KeepingProgress progress;
        QVERIFY(std::isnan(evaluate({{"teacher", &teacher}}, someRows(1, 16), 8, progress).rows[0].klBeyond));
    }

    void aStopEndsTheEvaluationWithItsCode() {
        const DecoderModel teacher = tinyLlama();
        KeepingProgress progress;
        progress.answer = [](std::int64_t question) { return JobRequests{question == 2, false}; };
        LOLCATS_COMPARE_TEXT(refusalCode([&] {
                                 evaluate({{"teacher", &teacher}}, someRows(3, 16), 8, progress);
                             }),
                             "INT-STOPPED");
    }

    void theUntrainedWindowHasFourSinksAndKeepsKeptLayers() {
        const at::NoGradGuard guard;
        const DecoderModel teacher = tinyLlama();
        ConversionPlan plan = smallPlan();
        plan.options["sinks"] = std::int64_t{0};
        plan.keepSoftmax = {1};
        const DecoderModel window = untrainedWindow(teacher, plan);
        QCOMPARE(window.blocks()[0].mixer->sinks(), std::int64_t{4});
        QCOMPARE(window.blocks()[0].mixer->window(), std::int64_t{8});
        QVERIFY(window.blocks()[1].mixer == teacher.blocks()[1].mixer);
        // Within the window it is the teacher.
        const at::Tensor ids = at::arange(8, at::kLong).unsqueeze(0);
        QVERIFY(largestDifference(window.hidden(ids), teacher.hidden(ids)) < 1e-5);
    }

    void threeViewsOfTheWindowAgree() {
        const at::NoGradGuard guard;
        for (const bool terraced : {false, true})
            for (const std::int64_t sinks : {0, 3})
                for (const std::int64_t tokens : {5, 64, 200}) {
                    const WindowGeometry geometry{8, sinks, terraced};
                    const auto mixer = makeWindowOnly({4, 2, 8, 0, at::dtype(at::kFloat)}, geometry);
                    const AttentionInputs inputs = someInputs(tokens);
                    const at::Tensor weights = mixer->weights(inputs).softmax;
                    const at::Tensor wanted = at::matmul(weights, inputs.v.repeat_interleave(2, 1));
                    QVERIFY(largestDifference(mixer->mix(inputs), wanted) < 1e-5);
                    const std::int64_t seen = (weights[0][0][tokens - 1] > 0).sum().item<std::int64_t>();
                    QCOMPARE(seen, softmaxKeys(geometry, 0, tokens, at::kCPU)[tokens - 1].sum().item<std::int64_t>());
                    const auto state = mixer->emptyState();
                    const auto part = [&](std::int64_t from, std::int64_t count) {
                        return AttentionInputs{inputs.q.narrow(2, from, count), inputs.k.narrow(2, from, count),
                                               inputs.v.narrow(2, from, count)};
                    };
                    mixer->prefill(part(0, 2), *state);
                    for (std::int64_t i = 2; i < tokens; ++i)
                        QVERIFY(largestDifference(mixer->step(part(i, 1), *state), wanted.narrow(2, i, 1)) < 1e-5);
                    QCOMPARE(state->bytes(), mixer->stateBytes(tokens));
                }
    }

    void theVerdictSaysWhetherTheWindowIsBeaten() {
        QVERIFY(verdictOf(tableOf(0.21, 0.25)).find("beats its own untrained window") != std::string::npos);
        QVERIFY(verdictOf(tableOf(0.21, 0.25)).find("16 % lower") != std::string::npos);
        QVERIFY(verdictOf(tableOf(0.30, 0.25)).find("does not beat") != std::string::npos);
        QVERIFY(verdictOf(tableOf(0.30, 0.25)).find("20 % higher") != std::string::npos);
        QVERIFY(verdictOf(tableOf(0.25, 0.25)).find("does not beat") != std::string::npos);
        QVERIFY(verdictOf(tableOf(std::nan(""), 0.25)).find("not finite") != std::string::npos);
        QVERIFY(verdictOf(tableOf(2e-8, 1e-8)).starts_with("Neither"));
        QVERIFY(verdictOf(EvaluationTable()).empty());
    }

private:
    struct RowSumsByHand {
        double loss = 0, kl = 0, klBeyond = 0, agree = 0;
    };
    static RowSumsByHand byHand(const DecoderModel& teacher, const DecoderModel& student, const TokenRows& rows,
                                std::int64_t beyond) {
        RowSumsByHand sums;
        double learned = 0, positions = 0, far = 0;
        for (std::int64_t row = 0; row < rows.rows(); ++row) {
            const std::vector<std::int64_t> ids(rows.ids.begin() + row * rows.length,
                                                rows.ids.begin() + (row + 1) * rows.length);
            const at::Tensor batch = at::tensor(ids, at::kLong).unsqueeze(0);
            const at::Tensor truth = at::log_softmax(teacher.logits(teacher.hidden(batch)).to(at::kDouble), -1)[0];
            const at::Tensor found = at::log_softmax(student.logits(student.hidden(batch)).to(at::kDouble), -1)[0];
            for (std::int64_t i = 0; i + 1 < rows.length; ++i) {
                const std::int32_t label = rows.labels[static_cast<std::size_t>(row * rows.length + i + 1)];
                const double kl = (truth[i].exp() * (truth[i] - found[i])).sum().item<double>();
                sums.kl += kl;
                positions += 1;
                sums.klBeyond += i >= beyond ? kl : 0;
                far += i >= beyond ? 1 : 0;
                sums.agree += truth[i].argmax().equal(found[i].argmax()) ? 1 : 0;
                if (label != kNotLearned) {
                    sums.loss -= found[i][label].item<double>();
                    learned += 1;
                }
            }
        }
        return {sums.loss / learned, sums.kl / positions, sums.klBeyond / far, sums.agree / positions};
    }
};

QTEST_GUILESS_MAIN(TestEvaluation)
#include "test_evaluation.moc"
