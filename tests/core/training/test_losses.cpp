// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/packing.h"
#include "core/training/adamw.h"
#include "core/training/losses.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

constexpr std::int64_t kTokens = 300, kHidden = 12, kWords = 50; // more tokens than two chunks

// Numbers without a generator: the same on every machine.
at::Tensor wave(std::int64_t rows, std::int64_t columns, double pace) {
    return at::sin(at::arange(rows * columns, at::kDouble) * pace).reshape({rows, columns});
}

struct Setting {
    at::Tensor student = wave(kTokens, kHidden, 0.37).requires_grad_(true);
    at::Tensor teacher = wave(kTokens, kHidden, 0.41) * 2;
    at::Tensor head = wave(kWords, kHidden, 0.73);
    at::Tensor labels = (at::arange(kTokens, at::kLong) * 7).remainder(kWords);
    Setting() { labels.narrow(0, 40, 100).fill_(kNotLearned); }
};

at::Tensor plainKl(const Setting& s) {
    const at::Tensor truth = at::log_softmax(at::linear(s.teacher, s.head), -1);
    const at::Tensor found = at::log_softmax(at::linear(s.student, s.head), -1);
    return (truth.exp() * (truth - found)).sum(-1);
}

at::Tensor gradientOf(const at::Tensor& loss, const at::Tensor& leaf) {
    leaf.mutable_grad().reset();
    (loss * 3).backward(); // not 1, so that a backward that forgets the factor shows
    return leaf.grad().clone();
}

} // namespace

class TestLosses : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void klInChunksIsPlainKlWithItsGradient() {
        const Setting s;
        const at::Tensor wanted = plainKl(s).mean(), found = klLoss(s.student, s.teacher, s.head);
        QVERIFY(largestDifference(found, wanted) < 1e-12);
        QVERIFY(largestDifference(gradientOf(found, s.student), gradientOf(wanted, s.student)) < 1e-12);
    }

    void nextTokenLossInChunksIsPlainCrossEntropyWithItsGradient() {
        const Setting s;
        const at::Tensor wanted = at::cross_entropy_loss(at::linear(s.student, s.head), s.labels);
        const at::Tensor found = nextTokenLoss(s.student, s.labels, s.head);
        QVERIFY(largestDifference(found, wanted) < 1e-12);
        QVERIFY(largestDifference(gradientOf(found, s.student), gradientOf(wanted, s.student)) < 1e-12);
    }

    void rowsWithoutALearnedTokenHaveNoLossAndNoGradient() {
        const Setting s;
        const at::Tensor loss = nextTokenLoss(s.student, at::full_like(s.labels, kNotLearned), s.head);
        QCOMPARE(loss.item<double>(), 0.0);
        QCOMPARE(gradientOf(loss, s.student).abs().max().item<double>(), 0.0);
    }

    void scoresAreThoseOfEachPosition() {
        const Setting s;
        const PositionScores scores = scorePositions(s.student, s.teacher, s.labels, s.head);
        QVERIFY(largestDifference(scores.kl, plainKl(s)) < 1e-12);
        const at::Tensor learned = s.labels != kNotLearned;
        const at::Tensor wanted = at::cross_entropy_loss(at::linear(s.student, s.head), s.labels);
        QVERIFY(largestDifference(scores.loss.sum() / learned.sum(), wanted) < 1e-12);
        QCOMPARE(scores.loss.narrow(0, 40, 100).abs().max().item<double>(), 0.0);
        const at::Tensor same = at::linear(s.student, s.head).argmax(-1) == at::linear(s.teacher, s.head).argmax(-1);
        QVERIFY(at::equal(scores.agree.to(at::kBool), same));
        QVERIFY(!scorePositions(s.student, {}, s.labels, s.head).kl.defined());
    }

    void adamwStepsAsItsFormulaSays() {
        const at::Tensor x = at::tensor({1.0, -2.0, 3.0}, at::kDouble).requires_grad_(true);
        const at::Tensor y = at::tensor({0.5}, at::kDouble).requires_grad_(true);
        AdamW optimizer({{{{"x", x}}, 1}, {{{"y", y}}, 5}});
        std::vector<double> value = {1.0, -2.0, 3.0, 0.5}, m(4, 0.0), v(4, 0.0);
        const double rates[] = {1e-2, 3e-3, 0.0, 1e-2};
        for (int step = 1; step <= 4; ++step) {
            (x.square().sum() + (y * y * y).sum()).backward();
            optimizer.step(rates[step - 1]);
            for (std::size_t i = 0; i < 4; ++i) {
                const double g = i < 3 ? 2 * value[i] : 3 * value[i] * value[i];
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                const double unbiased = std::sqrt(v[i] / (1 - std::pow(0.999, step))) + 1e-8;
                value[i] -= rates[step - 1] * (i < 3 ? 1 : 5) * m[i] / (1 - std::pow(0.9, step)) / unbiased;
            }
        }
        for (std::int64_t i = 0; i < 3; ++i)
            QVERIFY(std::abs(x[i].item<double>() - value[static_cast<std::size_t>(i)]) < 1e-12);
        QVERIFY(std::abs(y[0].item<double>() - value[3]) < 1e-12);
    }

    void aGradientThatIsNoNumberChangesNothing() {
        const at::Tensor x = at::ones({2}, at::kFloat).requires_grad_(true);
        AdamW optimizer({{{{"x", x}}, 1}});
        x.mutable_grad() = at::tensor({1.0F, std::numeric_limits<float>::quiet_NaN()});
        QVERIFY(!std::isfinite(optimizer.step(0.1)));
        LOLCATS_COMPARE_TEXT(optimizer.nonFinite(), "x");
        QCOMPARE(optimizer.steps(), std::int64_t{0});
        QVERIFY(at::equal(x, at::ones({2})));
        QVERIFY(!x.grad().defined());
        for (const TensorBytes& moment : optimizer.state())
            for (const std::byte byte : moment.bytes)
                QVERIFY(byte == std::byte{0});
    }
};

QTEST_GUILESS_MAIN(TestLosses)
#include "test_losses.moc"
