// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/packing.h"

#include "tests/support/sentences.h"

#include <numeric>

using namespace lolcats;
using namespace lolcats::testing;
using Ids = std::vector<std::int32_t>;

namespace {

TokenDocument counting(std::int32_t from, std::int32_t count) {
    TokenDocument document;
    document.ids.resize(static_cast<std::size_t>(count));
    std::iota(document.ids.begin(), document.ids.end(), from);
    return document;
}

} // namespace

class TestPacking : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void aFullBufferWaitsForOneMoreToken() {
        QCOMPARE(packDocuments({counting(0, 4)}, 4).rows(), 0);
        QCOMPARE(packDocuments({counting(0, 5)}, 4).rows(), 1);
        QCOMPARE(packDocuments({counting(0, 8)}, 4).rows(), 1);
        QCOMPARE(packDocuments({counting(0, 8), counting(8, 1)}, 4).rows(), 2);
    }

    void documentsAreJoinedInOrder() {
        const TokenRows rows = packDocuments({counting(0, 3), counting(10, 3), counting(20, 3)}, 4);
        QCOMPARE(rows.ids, (Ids{0, 1, 2, 10, 11, 12, 20, 21}));
        QCOMPARE(rows.labels, rows.ids);
        QCOMPARE(rows.documents, (Ids{0, 0, 0, 1, 1, 1, 2, 2}));
    }

    void rowsWithoutALearnedTokenAreRemoved() {
        TokenDocument masked = counting(0, 5);
        masked.labels.assign(5, kNotLearned);
        const TokenRows rows = packDocuments({masked, counting(5, 4)}, 4);
        QCOMPARE(rows.ids, (Ids{4, 5, 6, 7}));
        QCOMPARE(rows.labels, (Ids{kNotLearned, 5, 6, 7}));
    }

    void rowsOfPlainTextBeginWithTheBeginToken() {
        const TokenRows rows = packText({counting(10, 4), counting(20, 3)}, 4, 1, true);
        QCOMPARE(rows.ids, (Ids{1, 10, 11, 12, 1, 13, 20, 21}));
        QCOMPARE(rows.labels.size(), rows.ids.size());
        QCOMPARE(rows.documents, (Ids{0, 0, 0, 0, 0, 0, 1, 1})); // a begin token is of the document behind it
    }

    void plainTextWithoutABeginTokenFillsTheWholeRow() {
        QCOMPARE(packText({counting(0, 8)}, 4, 0, false).ids, counting(0, 8).ids);
        QCOMPARE(packText({counting(0, 7)}, 4, 0, false).rows(), 1);
    }

    void nothingGivesNoRows() {
        QCOMPARE(packDocuments({}, 4).rows(), 0);
        QCOMPARE(packText({}, 4, 1, true).rows(), 0);
        QCOMPARE(packText({counting(0, 9)}, 1, 1, true).rows(), 0);
    }
};

QTEST_GUILESS_MAIN(TestPacking)
#include "test_packing.moc"
