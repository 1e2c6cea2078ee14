// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/tensorboard.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <cstring>

using namespace lolcats;

namespace {

// Bit by bit, as the definition has it; checked against the published value for "123456789" below.
std::uint32_t crc32c(const QByteArray& bytes) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char byte : bytes) {
        crc ^= static_cast<unsigned char>(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 1U) != 0 ? (crc >> 1U) ^ 0x82F63B78U : crc >> 1U;
    }
    return ~crc;
}

std::uint32_t masked(const QByteArray& bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return ((crc >> 15U) | (crc << 17U)) + 0xA282EAD8U;
}

template <typename Number> Number numberAt(const QByteArray& bytes, qsizetype at) {
    Number number{};
    std::memcpy(&number, bytes.constData() + at, sizeof number);
    return number;
}

} // namespace

class TestTensorboard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }
    void recordsHaveTheirLengthAndChecksums();
};

void TestTensorboard::recordsHaveTheirLengthAndChecksums() {
    QCOMPARE(crc32c("123456789"), 0xE3069283U);
    QTemporaryDir folder;
    RunRecord run;
    run.name = "made-up";
    run.started = 1700000000;
    const std::vector<Metric> metrics = {{Stage::Transfer, "transfer.mse", 300, 12, 0.5},
                                         {Stage::Finetune, "finetune.loss", 1, -1, 2}};
    const std::string target = folder.filePath(QStringLiteral("new/board")).toStdString();
    const std::string path = writeTensorboard(target, run, metrics);
    QFile file(QString::fromStdString(path));
    QVERIFY(file.open(QFile::ReadOnly));
    const QByteArray bytes = file.readAll();
    QList<QByteArray> messages;
    for (qsizetype at = 0; at < bytes.size();) {
        const auto length = static_cast<qsizetype>(numberAt<std::uint64_t>(bytes, at));
        QCOMPARE(numberAt<std::uint32_t>(bytes, at + 8), masked(bytes.mid(at, 8)));
        const QByteArray message = bytes.mid(at + 12, length);
        QCOMPARE(message.size(), length);
        QCOMPARE(numberAt<std::uint32_t>(bytes, at + 12 + length), masked(message));
        messages.append(message);
        at += 16 + length;
    }
    QCOMPARE(messages.size(), 3);
    QVERIFY(messages[0].endsWith("brain.Event:2"));
    // Step 300 as a varint, then the summary with one value: its tag and, as a float, its number.
    const QByteArray tag = "transfer/transfer.mse/layer_12";
    QByteArray value = QByteArray("\x0a") + static_cast<char>(tag.size()) + tag + "\x15" + QByteArray("\0\0\0\x3f", 4);
    value = QByteArray("\x0a") + static_cast<char>(value.size()) + value;
    QCOMPARE(messages[1].mid(9), QByteArray("\x10\xac\x02\x2a") + static_cast<char>(value.size()) + value);
    QVERIFY(messages[2].contains("finetune/finetune.loss"));
    LOLCATS_COMPARE_TEXT(lolcats::testing::refusalCode([&] { writeTensorboard(target, run, metrics); }), "ARG-EXISTS");
}

QTEST_GUILESS_MAIN(TestTensorboard)
#include "test_tensorboard.moc"
