// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/pickle_reader.h"
#include "tests/core/files/crafted_checkpoints.h"
#include "tests/support/sentences.h"

#include <QTest>

using namespace lolcats;
using namespace lolcats::testing;
namespace p = lolcats::testing::pickle;

namespace {

Pickle read(const std::string& bytes) {
    return readPickle(std::as_bytes(std::span(bytes)), "x.pt");
}

// Its code and its sentence; empty: it was read.
std::string complaint(const std::string& bytes) {
    try {
        read(bytes);
    } catch (const Refusal& refusal) {
        return refusal.failure().code + ": " + refusal.failure().summary;
    }
    return {};
}

// Instructions that call, name or build something, as an attacker would write them.
const std::vector<std::pair<std::string, std::string>>& dangers() {
    static const std::vector<std::pair<std::string, std::string>> all = {
        {"GLOBAL", p::name("os", "system")},
        {"GLOBAL", p::name("builtins", "eval")},
        {"GLOBAL", p::name("torch", "load")},
        {"GLOBAL", p::name("torch._utils", "_rebuild_tensor_v2 ")},
        {"GLOBAL", p::name("torch._utils._rebuild_tensor_v2", "")},
        {"GLOBAL", p::name("", "")},
        {"STACK_GLOBAL", p::text("os") + p::text("system") + "\x93"},
        {"REDUCE", p::text("os.system") + ")R"},
        {"REDUCE", p::name("collections", "OrderedDict") + p::tuple({1}) + "R"},
        {"REDUCE", p::name("torch", "FloatStorage") + p::tuple({8}) + "R"},
        {"REDUCE", p::name("torch._utils", "_rebuild_tensor_v2") + ")R"},
        {"REDUCE", p::name("torch._utils", "_rebuild_parameter") + p::tuple({1, 2, 3}) + "R"},
        {"INST", "(ios\nsystem\n"},
        {"OBJ", "(" + p::name("collections", "OrderedDict") + "o"},
        {"NEWOBJ", p::name("collections", "OrderedDict") + ")\x81"},
        {"NEWOBJ_EX", p::name("collections", "OrderedDict") + ")}\x92"},
        {"BUILD", p::hooks() + "}b"},
        {"EXT1", "\x82\x01"},
        {"EXT2", std::string("\x83\x01\x00", 3)},
        {"EXT4", std::string("\x84\x01\x00\x00\x00", 5)},
        {"PERSID", "Psomething\n"},
        {"BINPERSID", p::text("something") + "Q"},
        {"BINPERSID",
         "(" + p::text("module") + p::name("torch", "FloatStorage") + p::text("0") + p::text("cpu") + p::number(1) + "tQ"},
        {"BINPERSID", "(" + p::text("storage") + p::hooks() + p::text("0") + p::text("cpu") + p::number(1) + "tQ"},
        {"BINPERSID",
         "(" + p::text("storage") + p::name("torch", "FloatStorage") + p::text("0") + p::text("cpu") + p::number(-1) + "tQ"},
        {"where data should be", "}" + p::text("x") + p::name("torch", "FloatStorage") + "s"},
    };
    return all;
}

} // namespace

class TestPickleReader : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { failOnAnyWarning(); }

    void plainDataIsRead() {
        const Pickle read_ =
            read(p::whole("}(" + p::text("a") + p::number(-3) + p::text("b") + "G\x3f\xf8" + std::string(6, '\0') +
                          p::text("c") + "](K\x01NM\x02\x01" + "e" + p::text("d") + std::string("\x8a\x02\x00\xff", 4) + "u"));
        const PickleValue& root = read_.at(read_.root);
        QCOMPARE(root.kind, PickleKind::Dictionary);
        QCOMPARE(root.items.size(), std::size_t{8});
        QCOMPARE(read_.at(root.items[1]).integer, std::int64_t{-3});
        QCOMPARE(read_.at(root.items[3]).number, 1.5);
        const PickleValue& list = read_.at(root.items[5]);
        QCOMPARE(list.items.size(), std::size_t{3});
        QCOMPARE(read_.at(list.items[2]).integer, std::int64_t{258});
        QCOMPARE(read_.at(root.items[7]).integer, std::int64_t{-256});
    }

    void tensorsAndParametersAreDescriptions() {
        const std::string tensor = p::tensor(12, 2, {2, 3}, {3, 1});
        const Pickle plain = read(p::whole(p::dictionary("w", tensor)));
        const PickleValue& value = plain.at(plain.at(plain.root).items[1]);
        QCOMPARE(value.kind, PickleKind::Tensor);
        QCOMPARE(value.integer, std::int64_t{2});
        QCOMPARE(value.sizes, (std::vector<std::int64_t>{2, 3}));
        QCOMPARE(plain.at(value.items[0]).integer, std::int64_t{12});
        LOLCATS_COMPARE_TEXT(plain.at(value.items[0]).text, "F32");
        const Pickle wrapped = read(p::whole(
            p::dictionary("w", p::name("torch._utils", "_rebuild_parameter") + "(" + tensor + "\x88" + p::hooks() + "tR")));
        QCOMPARE(wrapped.at(wrapped.at(wrapped.root).items[1]).kind, PickleKind::Tensor);
    }

    // Each dangerous instruction by itself, as a dictionary's value and key, in a list, in a tuple, in the places of a tensor's
    // storage, sizes and hooks, and behind the end of what is a good checkpoint.
    void whateverCouldCallSomethingIsRefusedByName() {
        for (const auto& [word, bytes] : dangers()) {
            const std::string rebuilt = p::name("torch._utils", "_rebuild_tensor_v2") + "(";
            const std::vector<std::string> places = {
                p::whole(bytes),
                p::whole(p::dictionary("w", bytes)),
                p::whole("}" + bytes + p::number(1) + "s"),
                p::whole("](" + bytes + "e"),
                p::whole("(" + bytes + "t"),
                p::whole(rebuilt + bytes + p::number(0) + p::tuple({1}) + p::tuple({1}) + "\x89" + p::hooks() + "tR"),
                p::whole(rebuilt + p::storage("FloatStorage", 1) + p::number(0) + bytes + p::tuple({1}) + "\x89" + p::hooks() +
                         "tR"),
                p::whole(rebuilt + p::storage("FloatStorage", 1) + p::number(0) + p::tuple({1}) + p::tuple({1}) + "\x89" +
                         bytes + "tR"),
                p::whole(p::dictionary("w", p::tensor(1, 0, {1}, {1})) + bytes),
            };
            for (std::size_t i = 0; i < places.size(); ++i) {
                const std::string said = complaint(places[i]);
                const QByteArray what = QByteArray::fromStdString(word + " in place " + std::to_string(i) + ": " + said);
                QVERIFY2(said.starts_with("SEC-PICKLE"), what);
                QVERIFY2(said.find(word) != std::string::npos, what);
            }
        }
    }

    void everyUnknownInstructionIsRefused() {
        for (int opcode = 0; opcode < 256; ++opcode) {
            const std::string said =
                complaint(p::whole(p::number(1) + std::string(1, static_cast<char>(opcode)) + std::string(300, '\0')));
            QVERIFY2(!said.empty(), qPrintable(QString::number(opcode)));
        }
    }

    void brokenPicklesAreRefused() {
        for (const std::string& bytes : {std::string(),
                                         std::string("."),
                                         p::whole(""),
                                         p::whole("t"),
                                         p::whole("u"),
                                         p::whole("s"),
                                         p::whole("("),
                                         p::whole("h\x05"),
                                         p::whole(p::text("x") + p::text("y")),
                                         p::whole("}" + p::text("x") + "u"),
                                         p::whole("}(" + p::text("x") + "u"),
                                         p::whole("X\xff\xff\xff\xff"),
                                         p::whole("X\x01" + std::string(3, '\0') + "\xff"),
                                         std::string("\x80\x09N."),
                                         std::string("\x80\x02N.N"),
                                         p::whole("ctorch"),
                                         p::whole("]" + p::number(1) + p::number(2) + "s"),
                                         p::whole(p::tensor(4, 0, {2, 2}, {1})),
                                         p::whole(p::tensor(4, 0, {-2}, {1})),
                                         p::whole(p::tensor(1, 0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1}))}) {
            const std::string code = refusalCode([&] { read(bytes); });
            QVERIFY2(code == "PT-PICKLE" || code == "SEC-PICKLE", code.c_str());
        }
    }

    // Nested a hundred thousand deep, and a list that holds itself: neither overflows anything.
    void deepAndCircularPicklesAreNoDeeperThanOthers() {
        read(p::whole(")" + std::string(100000, '\x85')));
        read(p::whole("]q\x01h\x01" + std::string("a")));
        QVERIFY(complaint(p::whole(std::string(600000, ')'))).starts_with("PT-PICKLE"));
    }

    void aCutPickleIsRefusedWhereverItIsCut() {
        const std::string good =
            p::whole(p::dictionary("model_state_dict", p::dictionary("w", p::tensor(4, 0, {2, 2}, {2, 1}))));
        QVERIFY(complaint(good).empty());
        for (std::size_t end = 0; end < good.size(); ++end)
            QVERIFY2(!complaint(good.substr(0, end)).empty(), qPrintable(QString::number(end)));
    }
};

QTEST_GUILESS_MAIN(TestPickleReader)
#include "test_pickle_reader.moc"
