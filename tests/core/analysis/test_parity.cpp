// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/parity.h"
#include "core/records/failure.h"
#include "core/training/checkpointing.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <ATen/ATen.h>

#include <cmath>
#include <limits>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

std::vector<std::int32_t> someIds(int count) {
    std::vector<std::int32_t> ids;
    for (int i = 0; i < count; ++i)
        ids.push_back((i * 37 + 5) % 250);
    return ids;
}

// A mixer whose writings are made to disagree: from its 20th decoded token on, y is a little too large.
class Drifting : public AttentionMixer {
public:
    Drifting(std::shared_ptr<AttentionMixer> inner, double factor) : m_inner(std::move(inner)), m_factor(factor) {}
    at::Tensor mix(const AttentionInputs& inputs) const override { return m_inner->mix(inputs); }
    AttentionWeights weightRows(const AttentionInputs& inputs, std::int64_t first, std::int64_t count) const override {
        return m_inner->weightRows(inputs, first, count);
    }
    std::unique_ptr<MixerState> emptyState() const override {
        m_decoded = 0;
        return m_inner->emptyState();
    }
    at::Tensor prefill(const AttentionInputs& inputs, MixerState& state) const override {
        return m_inner->prefill(inputs, state);
    }
    at::Tensor step(const AttentionInputs& inputs, MixerState& state) const override {
        const at::Tensor y = m_inner->step(inputs, state);
        return ++m_decoded < 20 ? y : y * m_factor;
    }
    std::int64_t stateBytes(std::int64_t tokens) const override { return m_inner->stateBytes(tokens); }

private:
    std::shared_ptr<AttentionMixer> m_inner;
    double m_factor;
    mutable int m_decoded = 0;
};

DecoderModel studentOf(const DecoderModel& teacher, const ConversionPlan& plan, Students& students) {
    students = makeStudents(plan, teacher.shape());
    DecoderModel student = teacher.shared();
    installStudents(student, students);
    return student;
}

} // namespace

class TestParity : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void everyMixerAgreesWithItsDefinition_data() {
        QTest::addColumn<QString>("attention");
        for (const AttentionPart& part : attentionParts())
            QTest::newRow(part.choice.id.c_str()) << QString::fromStdString(part.choice.id);
    }
    void everyMixerAgreesWithItsDefinition() {
        QFETCH(QString, attention);
        const DecoderModel teacher = tinyLlama();
        ConversionPlan plan = smallPlan();
        plan.attention = attention.toStdString();
        plan.keepSoftmax = {1};
        Students students;
        const auto layers = layerParity(studentOf(teacher, plan, students), someIds(100));
        QCOMPARE(layers.size(), std::size_t{4}); // a layer that stayed softmax is looked at as well
        for (const LayerParity& layer : layers) {
            QVERIFY2(layer.worst() < 1e-5, layerCheck(layer, 1e-5).sentence.c_str());
            QVERIFY(layer.worst() > 0); // float32 against double is never the same to the last digit
        }
        QVERIFY(parityCheck(layers, parityLimit(teacher)).passed);
    }

    void aMixerThatDriftsWhileDecodingIsFound_data() {
        QTest::addColumn<double>("factor");
        QTest::newRow("a little too large") << 1.001;
        QTest::newRow("not a number") << std::numeric_limits<double>::quiet_NaN();
    }
    void aMixerThatDriftsWhileDecodingIsFound() {
        QFETCH(double, factor);
        const DecoderModel teacher = tinyLlama();
        Students students;
        studentOf(teacher, smallPlan(), students);
        students[2] = std::make_shared<Drifting>(students[2], factor);
        DecoderModel student = teacher.shared();
        installStudents(student, students);
        const auto layers = layerParity(student, someIds(60));
        const double limit = parityLimit(student);
        QVERIFY(layerCheck(layers[1], limit).passed);
        QVERIFY(!layerCheck(layers[2], limit).passed);
        QVERIFY(layers[2].chunked < limit);
        QVERIFY(!(layers[2].recurrent < limit) && !(layers[2].continued < limit));
        const CheckDone all = parityCheck(layers, limit);
        QVERIFY(!all.passed);
        QVERIFY2(all.sentence.starts_with("the forms of attention do not agree") &&
                     all.sentence.find("in layer 2 of 4") != std::string::npos,
                 all.sentence.c_str());
    }

    void aTextOfOneTokenIsRefused() {
        LOLCATS_COMPARE_TEXT(refusalCode([] { layerParity(tinyLlama(), {7}); }), "ARG-PROBE");
    }
};

QTEST_GUILESS_MAIN(TestParity)
#include "test_parity.moc"
