// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/json_file.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using lolcats::testing::refusalCode;

class TestJsonFile : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void whatIsNotStrictJsonIsRefused_data() {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("code");
        const auto row = [](const char* name, const QByteArray& text, const char* code) {
            QTest::newRow(name) << text << QString::fromLatin1(code);
        };
        row("empty", "", "CFG-JSON");
        row("same key twice", R"({"a":1,"a":2})", "CFG-DUP");
        row("same key twice, once escaped", R"({"a":1,"\u0061":2})", "CFG-DUP");
        row("same key twice, deep inside", R"({"x":[{"a":1,"b":2,"a":3}]})", "CFG-DUP");
        row("comment", "{/* no */}", "CFG-JSON");
        row("NaN", R"({"a":NaN})", "CFG-JSON");
        row("infinite", R"({"a":1e999})", "CFG-JSON");
        row("lone surrogate", R"({"a":"\ud800"})", "CFG-JSON");
        row("trailing comma", R"({"a":1,})", "CFG-JSON");
        row("two values", "{} {}", "CFG-JSON");
        row("NUL at the end", QByteArray("{}\0", 3), "CFG-JSON");
        row("byte-order mark", "\xEF\xBB\xBF{}", "CFG-JSON");
        row("not UTF-8", "{\"a\":\"\xFF\"}", "CFG-JSON");
        row("65 levels", QByteArray(65, '[') + QByteArray(65, ']'), "CFG-DEPTH");
        row("64 levels", QByteArray(64, '[') + QByteArray(64, ']'), "none");
        row("same key in two objects", R"([{"a":1},{"a":2}])", "none");
    }

    void whatIsNotStrictJsonIsRefused() {
        QFETCH(QByteArray, text);
        QFETCH(QString, code);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { parseStrictJson(text.toStdString(), "config.json", "CFG"); }),
                             code.toStdString());
    }

    void valuesAndTheirOrderAreKept() {
        const std::string text = R"({"z":[1,-2,2.5,true,null,"\u00e4"],"a":{"big":18446744073709551615}})";
        const Json json = parseStrictJson(text, "x", "CFG");
        LOLCATS_COMPARE_TEXT(json.dump(), "{\"z\":[1,-2,2.5,true,null,\"\xC3\xA4\"],\"a\":{\"big\":18446744073709551615}}");
    }

    void theSentenceNamesFileAndPlace() {
        try {
            parseStrictJson("{\n  \"a\": 1,\n  oops\n}", "/models/config.json", "CFG");
            QFAIL("nothing was refused");
        } catch (const Refusal& refusal) {
            QVERIFY(refusal.failure().summary.find("/models/config.json") != std::string::npos);
            QVERIFY(refusal.failure().summary.find("line 3") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestJsonFile)
#include "test_json_file.moc"
