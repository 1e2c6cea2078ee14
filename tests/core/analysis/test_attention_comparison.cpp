// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/analysis/attention_comparison.h"
#include "tests/core/model/oracle_tensors.h"
#include "tests/core/training/training_support.h"
#include "tests/support/sentences.h"

#include <QTest>

#include <cmath>

using namespace lolcats;
using namespace lolcats::testing;

namespace {

ComparisonRequest request(std::int64_t tokens) {
    ComparisonRequest asked;
    for (std::int64_t i = 0; i < tokens; ++i)
        asked.ids.push_back(static_cast<std::int32_t>((i * 37 + 5) % 250));
    asked.pieces.assign(static_cast<std::size_t>(tokens), "x");
    asked.probe = "probe";
    return asked;
}

std::size_t cell(std::int64_t i, std::int64_t j) {
    return static_cast<std::size_t>(i * (i + 1) / 2 + j);
}

} // namespace

class TestAttentionComparison : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        failOnAnyWarning();
        if (!hasTinyLlama())
            QSKIP("the oracles' folder has no tiny-llama");
    }

    void aSnapshotHoldsTheConvertedLayersAndRowsThatSumToOne() {
        const DecoderModel teacher = tinyLlama();
        ConversionPlan plan = smallPlan();
        plan.keepSoftmax = {1};
        const MapSnapshot snapshot = compareAttention(teacher, makeStudents(plan, teacher.shape()), request(30));
        QCOMPARE(snapshot.maps.size(), std::size_t{12}); // three layers of four heads
        QCOMPARE(snapshot.window, 8);
        QCOMPARE(snapshot.sinks, 2);
        QCOMPARE(snapshot.kvHeads, 2);
        QCOMPARE(snapshot.tokens.size(), std::size_t{30});
        for (const HeadMap& map : snapshot.maps) {
            QVERIFY(map.layer != 1);
            QCOMPARE(map.teacher.half.size(), std::size_t{465});
            QCOMPARE(map.studentLinear.half.size(), std::size_t{465});
            double beyondTeacher = 0, beyondStudent = 0, kl = 0;
            for (std::int64_t i = 0; i < 30; ++i) {
                double teacherSum = 0, studentSum = 0;
                for (std::int64_t j = 0; j <= i; ++j) {
                    const double wanted = floatFromHalf(map.teacher.half[cell(i, j)]);
                    const double softmax = floatFromHalf(map.studentSoftmax.half[cell(i, j)]);
                    const double linear = floatFromHalf(map.studentLinear.half[cell(i, j)]);
                    const bool inWindow = j > i - 8 || j < 2;
                    QCOMPARE(linear > 0, !inWindow);
                    QVERIFY(inWindow || softmax == 0);
                    teacherSum += wanted;
                    studentSum += softmax + linear;
                    beyondTeacher += inWindow ? 0 : wanted / 30;
                    beyondStudent += linear / 30;
                    kl += wanted * std::log(wanted / (softmax + linear)) / 30;
                }
                QVERIFY(std::abs(teacherSum - 1) < 5e-3 && std::abs(studentSum - 1) < 5e-3);
            }
            QVERIFY(std::abs(map.beyondTeacher - beyondTeacher) < 2e-3);
            QVERIFY(std::abs(map.beyondStudent - beyondStudent) < 2e-3);
            QVERIFY(std::abs(map.kl - kl) < 5e-3);
            QVERIFY(map.kl > 0);
        }
    }

    void onlyWhatIsAskedForIsKept() {
        const DecoderModel teacher = tinyLlama();
        ComparisonRequest asked = request(12);
        asked.layers = {3, 0};
        asked.heads = {2};
        asked.withTeacher = false;
        const MapSnapshot snapshot = compareAttention(teacher, makeStudents(smallPlan(), teacher.shape()), asked);
        QCOMPARE(snapshot.maps.size(), std::size_t{2});
        QCOMPARE(snapshot.maps[0].layer, 0);
        QCOMPARE(snapshot.maps[1].layer, 3);
        QCOMPARE(snapshot.maps[1].head, 2);
        QVERIFY(snapshot.maps[0].teacher.half.empty());
    }

    void layersAndHeadsThatDoNotExistAreRefused() {
        const DecoderModel teacher = tinyLlama();
        const Students students = makeStudents(smallPlan(), teacher.shape());
        ComparisonRequest layers = request(5), heads = request(5);
        layers.layers = {4};
        heads.heads = {-1};
        LOLCATS_COMPARE_TEXT(refusalCode([&] { compareAttention(teacher, students, layers); }), "ARG-MAPS");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { compareAttention(teacher, students, heads); }), "ARG-MAPS");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { compareAttention(teacher, students, ComparisonRequest()); }), "ARG-MAPS");
    }
};

QTEST_GUILESS_MAIN(TestAttentionComparison)
#include "test_attention_comparison.moc"
