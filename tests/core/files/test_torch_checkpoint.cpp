// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/torch_checkpoint.h"
#include "tests/core/files/crafted_checkpoints.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <cstring>
#include <fstream>
#include <limits>
#include <random>

using namespace lolcats;
using namespace lolcats::testing;
namespace p = lolcats::testing::pickle;

namespace {

std::string floats(const std::vector<float>& values) {
    std::string text(values.size() * sizeof(float), '\0');
    std::memcpy(text.data(), values.data(), text.size());
    return text;
}

SafetensorsSource counting(const std::string& name, const std::vector<std::int64_t>& shape, const std::string& dtype = "F32") {
    return {name, dtype, shape, [shape, bytes = safetensorsElementBytes(dtype)] {
                std::uint64_t count = bytes;
                for (const std::int64_t size : shape)
                    count *= static_cast<std::uint64_t>(size);
                std::vector<std::byte> all(count);
                for (std::uint64_t i = 0; i < count; ++i)
                    all[i] = static_cast<std::byte>(i * 7);
                return all;
            }};
}

const std::string kGood = p::whole(p::dictionary("w", p::tensor(6, 0, {2, 3}, {3, 1})));
const std::string kSix = floats({0, 1, 2, 3, 4, 5});

} // namespace

class TestTorchCheckpoint : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string write(const std::string& bytes) {
        const std::string path = m_folder.filePath(QStringLiteral("x.pt")).toStdString();
        std::ofstream(path, std::ios::binary) << bytes; // no writer of ours: thousands of files need not outlast a power cut
        return path;
    }
    std::vector<float> values(const std::string& bytes) {
        const TorchCheckpoint checkpoint(write(bytes));
        return checkpoint.readFloats(checkpoint.tensors().front());
    }
    std::string codeOf(const std::string& bytes) {
        return refusalCode([&] {
            const TorchCheckpoint checkpoint(write(bytes));
            for (const TorchTensor& tensor : checkpoint.tensors())
                checkpoint.read(tensor);
        });
    }
    std::string codeOf(const ZipCraft& zip) { return codeOf(zip.bytes()); }
    static ZipCraft goodZip() {
        ZipCraft zip;
        zip.entries = {{"a/data.pkl", kGood}, {"a/data/0", kSix}, {"a/version", "3\n"}};
        return zip;
    }

private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void whatIsWrittenIsRead() {
        const std::string path = m_folder.filePath(QStringLiteral("written.pt")).toStdString();
        const std::vector<SafetensorsSource> tensors = {counting("b", {2, 3, 4}), counting("a", {1, 4, 1, 1}, "BF16"),
                                                        counting("c", {5})};
        writeTorchCheckpoint(path, tensors, {{"step", 12}, {"large", 1LL << 40}});
        const TorchCheckpoint read(path);
        QCOMPARE(read.tensors().size(), tensors.size());
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            LOLCATS_COMPARE_TEXT(read.tensors()[i].name, tensors[i].name);
            LOLCATS_COMPARE_TEXT(read.tensors()[i].dtype, tensors[i].dtype);
            QCOMPARE(read.tensors()[i].shape, tensors[i].shape);
            QVERIFY(read.read(read.tensors()[i]) == tensors[i].bytes());
        }
        QCOMPARE(read.numbers().at("step"), 12.0);
        QCOMPARE(read.numbers().at("large"), 1099511627776.0);
        const std::string again = m_folder.filePath(QStringLiteral("again.pt")).toStdString();
        writeTorchCheckpoint(again, tensors, {{"step", 12}, {"large", 1LL << 40}});
        LOLCATS_COMPARE_TEXT(sha256OfFile(path, {}), sha256OfFile(again, {}));
    }

    void viewsAreGathered() {
        const auto one = [](const std::string& tensor) {
            return craftedCheckpoint(p::whole(p::dictionary("w", tensor)), {{"0", kSix}});
        };
        QCOMPARE(values(one(p::tensor(6, 0, {2, 3}, {3, 1}))), (std::vector<float>{0, 1, 2, 3, 4, 5}));
        QCOMPARE(values(one(p::tensor(6, 0, {3, 2}, {1, 3}))), (std::vector<float>{0, 3, 1, 4, 2, 5}));
        QCOMPARE(values(one(p::tensor(6, 2, {2}, {3}))), (std::vector<float>{2, 5}));
        QCOMPARE(values(one(p::tensor(6, 1, {4}, {0}))), (std::vector<float>{1, 1, 1, 1}));
        QCOMPARE(values(one(p::tensor(6, 5, {}, {}))), (std::vector<float>{5}));
        QCOMPARE(values(one(p::tensor(6, 0, {0, 7}, {7, 1}))), std::vector<float>());
    }

    void tensorsLargerThanTheirBytesAreRefused() {
        const auto one = [this](const std::string& tensor, const std::string& content = kSix) {
            return codeOf(craftedCheckpoint(p::whole(p::dictionary("w", tensor)), {{"0", content}}));
        };
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 0, {2, 4}, {4, 1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 1, {2, 3}, {3, 1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 6, {1}, {1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 0, {2, 2}, {2147483647, 1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 0, {2147483647, 2147483647, 2147483647}, {0, 0, 0})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(7, 0, {1}, {1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(2147483647, 0, {1}, {1})), "PT-TENSOR");
        LOLCATS_COMPARE_TEXT(one(p::tensor(6, 0, {2}, {1}), kSix.substr(1)), "PT-TENSOR");
    }

    void otherThingsThanTensorsAreRefused() {
        const auto with = [this](const std::string& body) { return codeOf(craftedCheckpoint(p::whole(body), {{"0", kSix}})); };
        LOLCATS_COMPARE_TEXT(with(p::tensor(6, 0, {6}, {1})), "PT-KIND");
        LOLCATS_COMPARE_TEXT(with(p::dictionary("w", p::text("x"))), "PT-KIND");
        LOLCATS_COMPARE_TEXT(with(p::dictionary("model_state_dict", p::number(1))), "PT-KIND");
        LOLCATS_COMPARE_TEXT(with("}" + p::number(1) + p::number(2) + "s"), "PT-KIND");
        const std::string tensor = p::tensor(6, 0, {6}, {1});
        LOLCATS_COMPARE_TEXT(with("}(" + p::text("w") + tensor + p::text("w") + tensor + "u"), "PT-KIND");
        LOLCATS_COMPARE_TEXT(with(p::dictionary("w", p::name("posix", "system") + "(" + p::text("true") + "tR")), "SEC-PICKLE");
        ZipCraft script = goodZip();
        script.entries.push_back({"a/constants.pkl", "x"});
        LOLCATS_COMPARE_TEXT(codeOf(script), "SEC-PICKLE");
        ZipCraft reversed = goodZip();
        reversed.entries.push_back({"a/byteorder", "big"});
        LOLCATS_COMPARE_TEXT(codeOf(reversed), "PT-KIND");
    }

    void archivesAreReadNarrowAndWide() {
        LOLCATS_COMPARE_TEXT(codeOf(goodZip()), "none");
        ZipCraft wide = goodZip();
        wide.wideEnd = true;
        for (ZipCraft::Entry& entry : wide.entries)
            entry.wide = true;
        LOLCATS_COMPARE_TEXT(codeOf(wide), "none");
        QCOMPARE(values(wide.bytes()).size(), std::size_t{6});
    }

    void archivesThatLieAreRefused_data() {
        QTest::addColumn<int>("nothing");
        for (const char* name : {"compressed", "encrypted", "two of a name", "place outside", "place in another",
                                 "longer than it is", "far too long", "another name in its header", "directory outside",
                                 "more entries than there are", "no pickle", "two pickles", "sixty-four bits too long"})
            QTest::newRow(name) << 0;
    }
    void archivesThatLieAreRefused() {
        ZipCraft zip = goodZip();
        const std::string what = QTest::currentDataTag();
        ZipCraft::Entry& tensor = zip.entries[1];
        if (what == "compressed")
            tensor.method = 8;
        else if (what == "encrypted")
            tensor.flags = 1;
        else if (what == "two of a name")
            zip.entries[2].name = "a/data/0";
        else if (what == "place outside")
            tensor.place = 1 << 30;
        else if (what == "place in another")
            tensor.place = 0;
        else if (what == "longer than it is")
            tensor.bytes = static_cast<std::int64_t>(kSix.size()) + 20;
        else if (what == "far too long")
            tensor.bytes = 0xFFFFFFFE;
        else if (what == "another name in its header")
            tensor.localName = "a/data/1";
        else if (what == "directory outside")
            zip.directoryAt = 1 << 30;
        else if (what == "more entries than there are")
            zip.count = 7;
        else if (what == "no pickle")
            zip.entries[0].name = "a/data.txt";
        else if (what == "two pickles")
            zip.entries[2].name = "b/data.pkl";
        else {
            tensor.wide = true;
            tensor.bytes = std::numeric_limits<std::int64_t>::max();
        }
        const std::string code = codeOf(zip);
        QVERIFY2(code.starts_with("PT-"), code.c_str());
    }

    void damagedBytesAreNoticed() {
        std::string bytes = goodZip().bytes();
        bytes[bytes.find(kSix) + 5] ^= 1;
        LOLCATS_COMPARE_TEXT(codeOf(bytes), "PT-ZIP");
    }

    // Cut at every place, and with a byte changed at every place: refused or read, never anything else.
    void cutAndChangedFilesNeverEndTheProgram() {
        const std::string good = goodZip().bytes();
        for (std::size_t end = 0; end < good.size(); ++end)
            QVERIFY2(codeOf(good.substr(0, end)) != "none", qPrintable(QString::number(end)));
        std::mt19937 draw(1);
        for (std::size_t at = 0; at < good.size(); ++at)
            for (int turn = 0; turn < 3; ++turn) {
                std::string changed = good;
                changed[at] = static_cast<char>(draw());
                const std::string code = codeOf(changed);
                QVERIFY2(code == "none" || code.starts_with("PT-") || code == "SEC-PICKLE", code.c_str());
            }
    }

    void otherFilesAreNoCheckpoints() {
        LOLCATS_COMPARE_TEXT(codeOf(""), "PT-ZIP");
        LOLCATS_COMPARE_TEXT(codeOf(kGood), "PT-ZIP");
        QVERIFY(!TorchCheckpoint::isOne(write(kGood)));
        QVERIFY(TorchCheckpoint::isOne(write(goodZip().bytes())));
    }
};

QTEST_GUILESS_MAIN(TestTorchCheckpoint)
#include "test_torch_checkpoint.moc"
