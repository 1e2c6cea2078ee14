// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/row_split.h"

#include "tests/support/sentences.h"

#include <algorithm>
#include <numeric>

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

TokenRows countingRows(std::int64_t rows) {
    TokenRows counting{2, Ids(static_cast<std::size_t>(2 * rows)), {}};
    std::iota(counting.ids.begin(), counting.ids.end(), 0);
    counting.labels = counting.ids;
    return counting;
}

} // namespace

class TestRowSplit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void anOrderIsAPermutationDecidedBySeedAndPass() {
        for (const std::int64_t rows : {0, 1, 2, 7, 1000}) {
            std::vector<std::int64_t> order = rowOrder(rows, 3, 4);
            QCOMPARE(order, rowOrder(rows, 3, 4));
            std::sort(order.begin(), order.end());
            std::vector<std::int64_t> natural(static_cast<std::size_t>(rows));
            std::iota(natural.begin(), natural.end(), 0);
            QCOMPARE(order, natural);
        }
        QVERIFY(rowOrder(1000, 3, 4) != rowOrder(1000, 3, 5));
        QVERIFY(rowOrder(1000, 3, 4) != rowOrder(1000, 4, 4));
        QVERIFY(rowOrder(1000, 3, 4) != rowOrder(1000, 4, 3));
    }

    void everyRowIsAsLikelyToComeFirst() {
        std::vector<int> first(10);
        for (std::int64_t seed = 0; seed < 10'000; ++seed)
            ++first[static_cast<std::size_t>(rowOrder(10, seed, 0).front())];
        for (const int count : first)
            QVERIFY(count > 850 && count < 1150); // five standard deviations of 30
    }

    void aTenthIsHeldOutAtMost_data() {
        QTest::addColumn<int>("rows");
        QTest::addColumn<int>("asked");
        QTest::addColumn<int>("heldout");
        QTest::newRow("two rows") << 2 << 20 << 1;
        QTest::newRow("a tenth") << 100 << 20 << 10;
        QTest::newRow("as many as asked for") << 1000 << 20 << 20;
        QTest::newRow("none") << 1000 << 0 << 0;
    }
    void aTenthIsHeldOutAtMost() {
        QFETCH(int, rows);
        QFETCH(int, asked);
        QFETCH(int, heldout);
        ConversionPlan plan;
        plan.heldoutRows = asked;
        PreparedText text;
        splitRows(countingRows(rows), plan, text);
        QCOMPARE(text.heldout.rows(), heldout);
        QCOMPARE(text.train.rows(), rows - heldout);
        Ids all = text.train.ids;
        all.insert(all.end(), text.heldout.ids.begin(), text.heldout.ids.end());
        std::sort(all.begin(), all.end());
        QCOMPARE(all, countingRows(rows).ids);
    }

    void chosenRowsKeepTheirTokensTogether() {
        QCOMPARE(chosenRows(countingRows(4), {3, 1}).ids, (Ids{6, 7, 2, 3}));
        QCOMPARE(firstRows(countingRows(4), 9).rows(), 4);
        QCOMPARE(firstRows(countingRows(4), 1).labels, (Ids{0, 1}));
    }
};

QTEST_GUILESS_MAIN(TestRowSplit)
#include "test_row_split.moc"
