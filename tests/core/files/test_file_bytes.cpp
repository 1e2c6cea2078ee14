// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/files/file_bytes.h"
#include "tests/support/sentences.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace lolcats;
using lolcats::testing::refusalCode;

class TestFileBytes : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)).toStdString(); }
    QStringList names() const {
        return QDir(m_folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
    }

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }

    void whatWasWrittenIsRead() {
        writeFile(path("a.txt"), "hello");
        const FileBytes file(path("a.txt"));
        QCOMPARE(file.size(), std::uint64_t{5});
        std::string part(3, ' ');
        file.read(1, std::as_writable_bytes(std::span(part)));
        LOLCATS_COMPARE_TEXT(part, "ell");
        LOLCATS_COMPARE_TEXT(readTextFile(path("a.txt"), 5, "CFG"), "hello");
    }

    void aRangeBeyondTheEndIsRefused() {
        writeFile(path("short"), "12345");
        const FileBytes file(path("short"));
        std::string part(3, ' ');
        for (const std::uint64_t offset : {std::uint64_t{3}, std::uint64_t{6}, UINT64_MAX})
            LOLCATS_COMPARE_TEXT(refusalCode([&] { file.read(offset, std::as_writable_bytes(std::span(part))); }), "FILE-CUT");
    }

    void aFileCutShortWhileItIsOpenIsRefused() {
        writeFile(path("cut"), "12345");
        const FileBytes file(path("cut"));
        QCOMPARE(::truncate(path("cut").c_str(), 2), 0);
        std::string part(5, ' ');
        LOLCATS_COMPARE_TEXT(refusalCode([&] { file.read(0, std::as_writable_bytes(std::span(part))); }), "FILE-CUT");
    }

    void onlyRegularFilesAreOpened() {
        LOLCATS_COMPARE_TEXT(refusalCode([&] { FileBytes(path("none")); }), "FILE-MISSING");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { FileBytes(m_folder.path().toStdString()); }), "FILE-KIND");
        QCOMPARE(::mkfifo(path("fifo").c_str(), 0600), 0);
        LOLCATS_COMPARE_TEXT(refusalCode([&] { FileBytes(path("fifo")); }), "FILE-KIND");
        LOLCATS_COMPARE_TEXT(refusalCode([] { FileBytes("/dev/zero"); }), "FILE-KIND");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { readTextFile(path("none"), 10, "CFG"); }), "CFG-FILE");
        writeFile(path("long"), "12345678901");
        LOLCATS_COMPARE_TEXT(refusalCode([&] { readTextFile(path("long"), 10, "CFG"); }), "CFG-FILE");
    }

    void withoutCommitNothingIsLeft() {
        writeFile(path("kept"), "old");
        const QStringList before = names();
        {
            FileWriter writer(path("kept"));
            writer.write("new, but given up");
            QVERIFY(names() != before);
        }
        QCOMPARE(names(), before);
        LOLCATS_COMPARE_TEXT(readTextFile(path("kept"), 100, "CFG"), "old");
    }

    void aWriteThatFailsLeavesNothing() {
        LOLCATS_COMPARE_TEXT(refusalCode([&] { writeFile(path("no/such/folder"), "x"); }), "FILE-WRITE");
        const QStringList before = names();
        // A limit on a file's size stands for a disk that gives an error in the middle.
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit old = {};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &old), 0);
        const rlimit small = {1000, old.rlim_max};
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
        const std::string code = refusalCode([&] { writeFile(path("large"), std::string(5000, 'x')); });
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &old), 0);
        LOLCATS_COMPARE_TEXT(code, "FILE-WRITE");
        QCOMPARE(names(), before);
    }

    void aFullDiskSaysSo() {
        const QByteArray mount =
            "mount -t tmpfs -o size=64k tmpfs " + QFile::encodeName(m_folder.filePath("tiny")) + " 2>/dev/null";
        QVERIFY(QDir(m_folder.path()).mkdir("tiny"));
        if (std::system(mount.constData()) != 0)
            QSKIP("a small tmpfs cannot be mounted here");
        const std::string code = refusalCode([&] { writeFile(path("tiny/file"), std::string(1 << 20, 'x')); });
        const QStringList left =
            QDir(m_folder.filePath("tiny")).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
        const QByteArray unmount = "umount " + QFile::encodeName(m_folder.filePath("tiny"));
        QCOMPARE(std::system(unmount.constData()), 0);
        LOLCATS_COMPARE_TEXT(code, "RES-DISK");
        QVERIFY(left.isEmpty());
    }

    void hashesAreSha256() {
        writeFile(path("abc"), "abc");
        const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        LOLCATS_COMPARE_TEXT(sha256OfFile(path("abc"), {}), expected);
        LOLCATS_COMPARE_TEXT(sha256OfBytes(std::as_bytes(std::span("abc", 3))), expected);
    }

    void hashingCanBeStopped() {
        writeFile(path("big"), std::string(9U << 20U, 'x'));
        std::vector<std::uint64_t> asked;
        const std::string hash = sha256OfFile(path("big"), [&](std::uint64_t done) {
            asked.push_back(done);
            return asked.size() < 2;
        });
        LOLCATS_COMPARE_TEXT(hash, "");
        QCOMPARE(asked.size(), std::size_t{2});
        QVERIFY(asked[0] < asked[1] && asked[1] < (9U << 20U));
    }
};

QTEST_GUILESS_MAIN(TestFileBytes)
#include "test_file_bytes.moc"
