// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/safetensors.h"
#include "tests/core/files/crafted_files.h"
#include "tests/support/oracles.h"
#include "tests/support/sentences.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace lolcats;
using lolcats::testing::craftedSafetensors;
using lolcats::testing::rawBytes;
using lolcats::testing::refusalCode;

namespace {

const std::string entryA = R"("a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]})";
const std::string entryB = R"("b":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]})";

std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
}

SafetensorsSource source(const std::string& name, const std::string& dtype, std::vector<std::int64_t> shape,
                         const std::string& bytes) {
    return {name, dtype, std::move(shape), [bytes] {
                const auto view = std::as_bytes(std::span(bytes));
                return std::vector<std::byte>(view.begin(), view.end());
            }};
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string path(const std::string& name) const { return m_folder.filePath(QString::fromStdString(name)).toStdString(); }
    std::string codeOf(const std::string& bytes) const {
        writeFile(path("crafted.safetensors"), bytes);
        return refusalCode([&] { SafetensorsFile(path("crafted.safetensors")); });
    }
    static void row(const char* name, const std::string& bytes, const char* code) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString::fromLatin1(code);
    }
    static void header(const char* name, const std::string& text, std::size_t data, const char* code) {
        row(name, craftedSafetensors(text, data), code);
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void aDamagedFileIsRefusedByItsCode_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("code");
        const std::string good = "{" + entryA + "}";
        row("empty", "", "ST-SHORT");
        row("seven bytes", "1234567", "ST-SHORT");
        row("header of no bytes", rawBytes(std::uint64_t{0}), "ST-JSON");
        row("header beyond the file", rawBytes(std::uint64_t{1000}) + good, "ST-HDR-BEYOND");
        row("header of 100,000,001", rawBytes(std::uint64_t{100000001}) + good, "ST-HDR-LIMIT");
        row("header of 2^64-1", rawBytes(UINT64_MAX) + good, "ST-HDR-LIMIT");
        row("header one byte short", rawBytes(std::uint64_t{good.size() - 1}) + good + std::string(16, '\0'), "ST-JSON");
        row("header one byte long", rawBytes(std::uint64_t{good.size() + 1}) + good + std::string(16, '\0'), "ST-JSON");
        header("FF in a name", "{\"a\xFF\":{}}", 0, "ST-UTF8");
        header("raw surrogate", "{\"a\xED\xA0\x80\":{}}", 0, "ST-UTF8");
        header("byte-order mark", "\xEF\xBB\xBF" + good, 16, "ST-JSON");
        header("a list", "[]", 0, "ST-JSON");
        header("null", "null", 0, "ST-JSON");
        header("NUL padding", good + std::string(3, '\0'), 16, "ST-JSON");
        header("lone surrogate", R"({"\ud800":{}})", 0, "ST-JSON");
        header("escaped NUL in a name", R"({"a\u0000":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", 16, "ST-NAME");
        header("empty name", R"({"":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", 16, "ST-NAME");
        header("name of 1,025 bytes", "{\"" + std::string(1025, 'n') + "\":{}}", 0, "ST-NAME");
        header("same name twice", "{" + entryA + "," + entryA + "}", 16, "ST-DUP");
        header("same name twice, once escaped",
               "{" + entryA + R"(,"\u0061":{"dtype":"I32","shape":[4],"data_offsets":[0,16]}})", 16, "ST-DUP");
        header("metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "ST-DUP");
        header("metadata key twice", R"({"__metadata__":{"k":"1","k":"2"}})", 0, "ST-DUP");
        header("dtype twice", R"({"a":{"dtype":"F32","dtype":"I32","shape":[4],"data_offsets":[0,16]}})", 16, "ST-DUP");
        header("unknown field", R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16],"stride":[1]}})", 16, "ST-FIELD");
        header("no dtype", R"({"a":{"shape":[4],"data_offsets":[0,16]}})", 16, "ST-FIELD");
        header("no shape", R"({"a":{"dtype":"F32","data_offsets":[0,16]}})", 16, "ST-FIELD");
        header("no offsets", R"({"a":{"dtype":"F32","shape":[4]}})", 16, "ST-FIELD");
        header("entry a list", R"({"a":["F32",[4],[0,16]]})", 16, "ST-FIELD");
        header("entry null", R"({"a":null})", 0, "ST-FIELD");
        header("F31", one(R"("F31")", "[4]", "[0,16]"), 16, "ST-DTYPE");
        header("f32", one(R"("f32")", "[4]", "[0,16]"), 16, "ST-DTYPE");
        header("dtype a number", one("32", "[4]", "[0,16]"), 16, "ST-DTYPE");
        header("dtype an object", one(R"({"F32":null})", "[4]", "[0,16]"), 16, "ST-DTYPE");
        for (const char* shape :
             {"[2.0]", "[2e0]", "[-2]", "[-0]", "[\"2\"]", "[18446744073709551616]", "4", "[1,1,1,1,1,1,1,1,4]"})
            header(shape, one(R"("F32")", shape, "[0,16]"), 16, "ST-SHAPE");
        header("shape 02", one(R"("F32")", "[02]", "[0,16]"), 16, "ST-JSON");
        for (const char* shape : {"[4294967296,4294967296]", "[4611686018427387908]",
                                  "[0,9223372036854775807,9223372036854775807]", "[9223372036854775807,9223372036854775807,0]"})
            header(shape, one(R"("F32")", shape, "[0,16]"), 16, "ST-OVERFLOW");
        header("offsets reversed", one(R"("F32")", "[4]", "[16,0]"), 16, "ST-OFFSET");
        header("one offset", one(R"("F32")", "[4]", "[16]"), 16, "ST-FIELD");
        header("three offsets", one(R"("F32")", "[4]", "[0,16,16]"), 16, "ST-FIELD");
        header("negative offset", one(R"("F32")", "[4]", "[-1,16]"), 16, "ST-OFFSET");
        header("begins at 4", one(R"("F32")", "[4]", "[4,20]"), 20, "ST-HOLE");
        header("overlap", "{" + entryA + R"(,"b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}})", 20, "ST-OVERLAP");
        header("range too small", one(R"("F32")", "[4]", "[0,12]"), 12, "ST-SIZE");
        header("one byte after", good, 17, "ST-TRAIL");
        header("one byte missing", good, 15, "ST-TRUNC");
        header("all data missing", good, 0, "ST-TRUNC");
        for (const char* value : {"1", "{}", "[]", "null", "true"})
            header(value, std::string(R"({"__metadata__":{"k":)") + value + "}}", 0, "ST-META");
        header("metadata a text", R"({"__metadata__":"x"})", 0, "ST-META");
        header("F4 with 3 elements", one(R"("F4")", "[3]", "[0,1]"), 1, "ST-SUBBYTE");
        header("200 levels", R"({"a":{"x":)" + std::string(200, '[') + std::string(200, ']') + "}}", 0, "ST-DEPTH");
        row("zip", std::string("PK\x03\x04", 4) + std::string(100, 'x'), "SEC-PICKLE");
        row("pickle", "\x80\x02}q" + std::string(100, 'x'), "SEC-PICKLE");
        row("GGUF", "GGUF" + std::string(100, 'x'), "ST-KIND");
        row("LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "ST-LFS");
        row("web page", "<!DOCTYPE html><html><head>", "ST-KIND");
    }

    void aDamagedFileIsRefusedByItsCode() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, code);
        LOLCATS_COMPARE_TEXT(codeOf(bytes.toStdString()), code.toStdString());
    }

    void whatIsLegalLoads_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("code");
        header("white space around", " \t\r\n{" + entryA + "} \t\n", 16, "none");
        header("scalar", one(R"("F32")", "[]", "[0,4]"), 4, "none");
        header("no tensors", "{}", 0, "none");
        header("metadata null", R"({"__metadata__":null,)" + entryA + "}", 16, "none");
        header("empty metadata", R"({"__metadata__":{}})", 0, "none");
        header("zero-size tensor shares a begin", R"({"z":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},)" + entryA + "}",
               16, "none");
        header("file order is not name order", "{" + entryB + "," + entryA + "}", 32, "none");
        header("odd offset",
               R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
               5, "none");
    }

    void whatIsLegalLoads() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, code);
        LOLCATS_COMPARE_TEXT(codeOf(bytes.toStdString()), code.toStdString());
    }

    void entriesComeInFileOrder() {
        codeOf(craftedSafetensors("{" + entryB + "," + entryA + R"(,"__metadata__":{"format":"pt"}})", 32));
        const SafetensorsFile file(path("crafted.safetensors"));
        QCOMPARE(file.entries().size(), std::size_t{2});
        LOLCATS_COMPARE_TEXT(file.entries()[0].name, "a");
        LOLCATS_COMPARE_TEXT(file.metadata().at("format"), "pt");
        QVERIFY(file.find("b") != nullptr && file.find("c") == nullptr);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.readFloats("c"); }), "ST-MISSING");
    }

    void everyNumberTypeIsRead() {
        std::vector<SafetensorsSource> tensors = {
            source("f32", "F32", {2}, rawBytes(1.5F) + rawBytes(-0.0F)),
            source("f64", "F64", {1}, rawBytes(0.1)),
            source("f16", "F16", {4},
                   rawBytes(std::uint16_t{0x3C00}) + rawBytes(std::uint16_t{0x0001}) + rawBytes(std::uint16_t{0xFC00}) +
                       rawBytes(std::uint16_t{0x7BFF})),
            source("bf16", "BF16", {1}, rawBytes(std::uint16_t{0xC040})),
            source("i64", "I64", {1}, rawBytes(INT64_MIN)),
            source("i32", "I32", {1}, rawBytes(std::int32_t{-7})),
            source("u8", "U8", {1}, "\xFF"),
            source("bool", "BOOL", {2}, std::string("\x02\x00", 2)),
        };
        writeSafetensors(path("types.safetensors"), tensors, {});
        const SafetensorsFile file(path("types.safetensors"));
        QCOMPARE(file.readFloats("f32"), (std::vector<float>{1.5F, -0.0F}));
        QVERIFY(std::signbit(file.readFloats("f32")[1]));
        QCOMPARE(file.readFloats("f64"), std::vector<float>{0.1F});
        QCOMPARE(file.readFloats("f16"), (std::vector<float>{1.0F, 0x1p-24F, -INFINITY, 65504.0F}));
        QCOMPARE(file.readFloats("bf16"), std::vector<float>{-3.0F});
        QCOMPARE(file.readIntegers("i64"), std::vector<std::int64_t>{INT64_MIN});
        QCOMPARE(file.readIntegers("i32"), std::vector<std::int64_t>{-7});
        QCOMPARE(file.readIntegers("u8"), std::vector<std::int64_t>{255});
        QCOMPARE(file.readIntegers("bool"), (std::vector<std::int64_t>{1, 0}));
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.readFloats("i32"); }), "ST-DTYPE");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.readIntegers("f32"); }), "ST-DTYPE");
    }

    void bfloat16RoundsToNearestEven() {
        QCOMPARE(bfloat16FromFloat(1.0F), std::uint16_t{0x3F80});
        QCOMPARE(bfloat16FromFloat(std::bit_cast<float>(0x3F808000U)), std::uint16_t{0x3F80});
        QCOMPARE(bfloat16FromFloat(std::bit_cast<float>(0x3F818000U)), std::uint16_t{0x3F82});
        QCOMPARE(bfloat16FromFloat(std::bit_cast<float>(0x3F808001U)), std::uint16_t{0x3F81});
        QCOMPARE(bfloat16FromFloat(INFINITY), std::uint16_t{0x7F80});
        QVERIFY(std::isnan(floatFromBfloat16(bfloat16FromFloat(std::bit_cast<float>(0x7F800001U)))));
    }

    void equalContentGivesEqualBytes() {
        const SafetensorsSource half = source("z", "F16", {1}, "12"), first = source("a", "F32", {1}, "1234"),
                                second = source("b", "F32", {1}, "5678");
        writeSafetensors(path("one"), {half, second, first}, {{"format", "pt"}});
        writeSafetensors(path("two"), {first, half, second}, {{"format", "pt"}});
        LOLCATS_COMPARE_TEXT(sha256OfFile(path("one"), {}), sha256OfFile(path("two"), {}));
        const SafetensorsFile file(path("one"));
        LOLCATS_COMPARE_TEXT(file.entries()[0].name + file.entries()[1].name + file.entries()[2].name, "abz");
        QCOMPARE(file.entries()[0].begin % 8, std::uint64_t{0});
    }

    // Files of the reference's own writer, read and written again.
    void theReferencesFilesComeBackByteForByte() {
        int compared = 0;
        for (const char* kind : {"gguf", "models", "tiny-llama", "tiny", "attention", "schedules", "models/tiny/llama-f16"}) {
            for (const std::string& name : lolcats::testing::oracleFiles(kind, ".safetensors")) {
                const SafetensorsFile file(name);
                std::vector<SafetensorsSource> tensors;
                for (const SafetensorsEntry& entry : file.entries())
                    tensors.push_back({entry.name, entry.dtype, entry.shape, [&file, &entry] { return file.read(entry); }});
                writeSafetensors(path("again"), tensors, file.metadata());
                QVERIFY2(sha256OfFile(path("again"), {}) == sha256OfFile(name, {}), name.c_str());
                ++compared;
            }
        }
        if (compared == 0)
            QSKIP("the folder of oracles holds no safetensors files");
    }

    void twoTensorsOfOneNameAreNotWritten() {
        const SafetensorsSource tensor = source("a", "F32", {1}, "1234");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { writeSafetensors(path("twice"), {tensor, tensor}, {}); }), "ST-DUP");
        QVERIFY(!QFile::exists(m_folder.filePath("twice")));
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
