// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/gguf_blocks.h"
#include "core/files/gguf_file.h"
#include "tests/core/files/crafted_files.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;
using lolcats::testing::GgufCraft;
using lolcats::testing::rawBytes;
using lolcats::testing::refusalCode;

namespace {

GgufCraft small() {
    GgufCraft craft;
    craft.keys = {GgufCraft::textKey("general.architecture", "llama")};
    craft.addCounting("a.weight", {8, 2});
    craft.addCounting("b.weight", {8});
    return craft;
}

} // namespace

class TestGguf : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string write(const std::string& bytes) const {
        const std::string path = m_folder.filePath("crafted.gguf").toStdString();
        writeFile(path, bytes);
        return path;
    }
    std::string codeOf(const std::string& bytes) const {
        const std::string path = write(bytes);
        return refusalCode([&] { GgufFile file(path); });
    }
    static void row(const char* name, const std::string& bytes, const char* code) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString::fromLatin1(code);
    }
    static void withKey(const char* name, const std::string& record, const char* code) {
        GgufCraft craft = small();
        craft.keys.push_back(record);
        row(name, craft.bytes(), code);
    }
    static void withTensor(const char* name, const std::string& record, const char* code) {
        GgufCraft craft;
        craft.tensors = {record};
        craft.data = std::string(128, '\0');
        row(name, craft.bytes(), code);
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aDamagedHeaderIsRefusedByItsCode_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("code");
        const std::string good = small().bytes();
        row("good", good, "none");
        row("empty", "", "GG-SHORT");
        row("three bytes", "GGU", "GG-SHORT");
        GgufCraft craft = small();
        craft.magic = "GGML";
        row("GGML", craft.bytes(), "GG-MAGIC");
        for (const std::uint32_t version : {0U, 1U, 4U}) {
            craft = small();
            craft.version = version;
            row(("version " + std::to_string(version)).c_str(), craft.bytes(), "GG-VERSION");
        }
        craft.version = 2;
        row("version 2", craft.bytes(), "none");
        craft.version = 0x03000000;
        row("big-endian", craft.bytes(), "GG-ENDIAN");
        row("cut at 20 bytes", good.substr(0, 20), "GG-SHORT");
        const std::string start = "GGUF" + rawBytes(std::uint32_t{3});
        row("2^64-1 tensors", start + rawBytes(UINT64_MAX) + rawBytes(std::uint64_t{0}), "GG-COUNT");
        row("2^40 tensors", start + rawBytes(std::uint64_t{1} << 40U) + rawBytes(std::uint64_t{0}), "GG-COUNT");
        row("2^62 keys", start + rawBytes(std::uint64_t{0}) + rawBytes(std::uint64_t{1} << 62U), "GG-COUNT");
        row("zip", std::string("PK\x03\x04", 4) + std::string(100, 'x'), "SEC-PICKLE");
        row("LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "ST-LFS");
        craft = small();
        craft.alignment = 64;
        row("data aligned to 64, key says 32", craft.bytes(), "GG-TRAIL");
    }

    void aDamagedHeaderIsRefusedByItsCode() { check(); }

    void aDamagedKeyIsRefusedByItsCode_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("code");
        const auto list = [](std::uint32_t type, std::uint64_t count, const std::string& rest = {}) {
            return GgufCraft::key("k", 9, rawBytes(type) + rawBytes(count) + rest);
        };
        withKey("key of 2^64-1 bytes", rawBytes(UINT64_MAX) + "k", "GG-STRING");
        withKey("empty key", GgufCraft::numberKey("", 1), "GG-KEY");
        withKey("key not ASCII", GgufCraft::numberKey("k\xC3\xA4", 1), "GG-KEY");
        withKey("key with NUL", GgufCraft::numberKey(std::string("k\0x", 3), 1), "GG-KEY");
        withKey("key twice", GgufCraft::textKey("general.architecture", "llama"), "GG-DUP");
        withKey("type 13", GgufCraft::key("k", 13, "1234"), "GG-TYPE");
        withKey("type -1", GgufCraft::key("k", UINT32_MAX, "1234"), "GG-TYPE");
        withKey("list of lists", list(9, 0), "GG-NEST");
        withKey("list of type 13", list(13, 0), "GG-TYPE");
        withKey("list of 2^64-1", list(4, UINT64_MAX), "GG-ARRAY");
        withKey("list of 2^62", list(6, std::uint64_t{1} << 62U), "GG-ARRAY");
        withKey("list of 2^30 texts", list(8, std::uint64_t{1} << 30U), "GG-ARRAY");
        withKey("empty list", list(8, 0), "none");
        withKey("text of 2^62 bytes", GgufCraft::key("k", 8, rawBytes(std::uint64_t{1} << 62U)), "GG-STRING");
        withKey("truth value 2", GgufCraft::key("k", 7, "\x02"), "GG-BOOL");
        withKey("truth value 2 in a list", list(7, 2, "\x01\x02"), "GG-BOOL");
        withKey("text not UTF-8", GgufCraft::textKey("k", "\xFF"), "GG-UTF8");
        for (const std::uint32_t alignment : {0U, 1U, 13U, 131072U, 1U << 31U})
            withKey(("alignment " + std::to_string(alignment)).c_str(), GgufCraft::numberKey("general.alignment", alignment),
                    "GG-ALIGN");
        withKey("alignment of type i32", GgufCraft::key("general.alignment", 5, rawBytes(std::int32_t{32})), "GG-ALIGN");
        withKey("split in three", GgufCraft::key("split.count", 2, rawBytes(std::uint16_t{3})), "GG-SPLIT");
    }

    void aDamagedKeyIsRefusedByItsCode() { check(); }

    void aDamagedTensorRecordIsRefusedByItsCode_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("code");
        constexpr std::int64_t huge = std::int64_t{1} << 62U;
        withTensor("good", GgufCraft::tensor("a", {32}, 0, 0), "none");
        withTensor("name of 64 bytes", GgufCraft::tensor(std::string(64, 'n'), {32}, 0, 0), "GG-NAME");
        withTensor("name of 63 bytes", GgufCraft::tensor(std::string(63, 'n'), {32}, 0, 0), "none");
        withTensor("empty name", GgufCraft::tensor("", {32}, 0, 0), "GG-NAME");
        withTensor("name with NUL", GgufCraft::tensor(std::string("a\0b", 3), {32}, 0, 0), "GG-NAME");
        withTensor("no dimensions", GgufCraft::tensor("a", {}, 0, 0), "GG-NDIM");
        withTensor("five dimensions", GgufCraft::tensor("a", {2, 2, 2, 2, 2}, 0, 0), "GG-NDIM");
        withTensor("dimension -1", GgufCraft::tensor("a", {-1}, 0, 0), "GG-DIM");
        withTensor("dimension 0", GgufCraft::tensor("a", {0}, 0, 0), "GG-DIM");
        withTensor("2^33 x 2^33", GgufCraft::tensor("a", {std::int64_t{1} << 33U, std::int64_t{1} << 33U}, 0, 0),
                   "GG-OVERFLOW");
        withTensor("2^32 x 2^32", GgufCraft::tensor("a", {std::int64_t{1} << 32U, std::int64_t{1} << 32U}, 0, 0),
                   "GG-OVERFLOW");
        withTensor("2^61 x 2 of F64", GgufCraft::tensor("a", {std::int64_t{1} << 61U, 2}, 28, 0), "GG-OVERFLOW");
        withTensor("2^62-1 of F32", GgufCraft::tensor("a", {huge - 1}, 0, 0), "GG-OVERFLOW");
        withTensor("nearly 2^63 of I8", GgufCraft::tensor("a", {INT64_MAX}, 24, 0), "GG-OVERFLOW");
        for (const std::uint32_t type : {9999U, UINT32_MAX, 4U, 31U, 16U})
            withTensor(("type " + std::to_string(type)).c_str(), GgufCraft::tensor("a", {32}, type, 0), "GG-DTYPE");
        withTensor("Q4_0 row of 33", GgufCraft::tensor("a", {33}, 2, 0), "GG-BLOCK");
        withTensor("Q4_K row of 128", GgufCraft::tensor("a", {128}, 12, 0), "GG-BLOCK");
        withTensor("offset 4", GgufCraft::tensor("a", {32}, 0, 4), "GG-OFFSET");
        withTensor("offset 2^64-1", GgufCraft::tensor("a", {32}, 0, UINT64_MAX), "GG-OFFSET");
        withTensor("offset 2^40", GgufCraft::tensor("a", {32}, 0, std::uint64_t{1} << 40U), "GG-OFFSET");
        withTensor("begins at 32", GgufCraft::tensor("a", {24}, 0, 32), "GG-HOLE");
        withTensor("larger than the data", GgufCraft::tensor("a", {64}, 0, 0), "GG-TRUNC");
        withTensor("smaller than the data", GgufCraft::tensor("a", {8}, 0, 0), "GG-TRAIL");
        GgufCraft craft = small();
        craft.tensors[1] = GgufCraft::tensor("a.weight", {8}, 0, 64);
        row("name twice", craft.bytes(), "GG-DUP");
        craft.tensors[1] = GgufCraft::tensor(std::string("a.weight\0x", 10), {8}, 0, 64);
        row("name twice up to a NUL", craft.bytes(), "GG-DUP");
        craft.tensors[1] = GgufCraft::tensor("b.weight", {8}, 0, 32);
        row("overlap", craft.bytes(), "GG-OVERLAP");
        craft = small();
        std::swap(craft.tensors[0], craft.tensors[1]);
        row("listed in another order", craft.bytes(), "none");
        craft = small();
        craft.addCounting("c.weight", {1});
        row("last padding there", craft.bytes(), "none");
        row("last padding missing", craft.bytes().substr(0, craft.bytes().size() - 28), "none");
        row("one data byte short", craft.bytes().substr(0, craft.bytes().size() - 29), "GG-TRUNC");
        row("bytes after the data", craft.bytes() + "PK", "GG-TRAIL");
        std::string padded = craft.bytes();
        padded.back() = 'x';
        row("padding not zero", padded, "GG-PAD");
    }

    void aDamagedTensorRecordIsRefusedByItsCode() { check(); }

    void keysAndTensorsAreRead() {
        GgufCraft craft = small();
        craft.keys.push_back(GgufCraft::key("eps", 6, rawBytes(1e-5F)));
        craft.keys.push_back(GgufCraft::key("yes", 7, "\x01"));
        craft.keys.push_back(GgufCraft::key("large", 10, rawBytes(std::uint64_t{1} << 40U)));
        craft.keys.push_back(GgufCraft::textsKey("words", {"a", "", "cd"}));
        craft.keys.push_back(GgufCraft::numbersKey("numbers", {-1, 2}));
        const GgufFile file(write(craft.bytes()));
        LOLCATS_COMPARE_TEXT(*file.text("general.architecture"), "llama");
        QCOMPARE(*file.number("eps"), 1e-5);
        QCOMPARE(*file.flag("yes"), true);
        QCOMPARE(*file.integer("large"), std::int64_t{1} << 40U);
        QCOMPARE(file.array("words")->texts, (std::vector<std::string>{"a", "", "cd"}));
        QCOMPARE(file.array("numbers")->integers, (std::vector<std::int64_t>{-1, 2}));
        QVERIFY(file.text("absent") == nullptr && !file.integer("absent"));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.integer("eps"); }), "GG-TYPE");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.text("large"); }), "GG-TYPE");
        std::vector<float> values(2);
        file.read(file.tensors()[1], 4, std::as_writable_bytes(std::span(values)));
        QCOMPARE(values, (std::vector<float>{1, 2}));
    }

    void blocksThatCanBeReckonedByHand() {
        const auto unpack = [](const char* type, const std::string& bytes, std::size_t count) {
            std::vector<float> values(count);
            dequantise(type, std::as_bytes(std::span(bytes)), values);
            return values;
        };
        const std::string one = rawBytes(std::uint16_t{0x3C00});
        const auto q40 = unpack("Q4_0", one + std::string(16, '\x0F'), 32);
        QCOMPARE(q40[0], 7.0F);
        QCOMPARE(q40[16], -8.0F);
        QCOMPARE(unpack("Q8_0", rawBytes(std::uint16_t{0x3800}) + std::string(32, '\x80'), 32)[0], -64.0F);
        QCOMPARE(unpack("Q6_K", std::string(192, '\0') + std::string(16, '\1') + one, 256), std::vector<float>(256, -32.0F));
        QCOMPARE(unpack("Q4_K", std::string(2, '\0') + one + std::string(140, '\0'), 256), std::vector<float>(256, 0.0F));
    }

private:
    void check() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, code);
        LOLCATS_COMPARE_TEXT(codeOf(bytes.toStdString()), code.toStdString());
    }
};

QTEST_GUILESS_MAIN(TestGguf)
#include "test_gguf.moc"
