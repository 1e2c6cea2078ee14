// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/map_file.h"
#include "core/files/safetensors.h"
#include "tests/support/sentences.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;

class TestMapFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { lolcats::testing::failOnAnyWarning(); }
    void ourOwnReaderReadsIt();
    void aFolderThatIsNotThereLeavesNothing();
};

void TestMapFile::ourOwnReaderReadsIt() {
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("maps.safetensors")).toStdString();
    const auto half = halfFromFloat;
    MapSnapshot snapshot;
    snapshot.probe = "a b";
    snapshot.tokens = {"a", " b"};
    HeadMap head;
    head.layer = 3;
    head.head = 1;
    head.teacher.half = {half(1), half(0.25F), half(0.75F)};
    head.studentSoftmax.half = {half(1), half(0.5F), half(0.125F)};
    head.studentLinear.half = {half(0), half(0), half(0.375F)};
    snapshot.maps = {head};
    head.head = 2;
    head.teacher.half.clear(); // a snapshot may lack the teacher's
    snapshot.maps.push_back(head);
    writeMapFile(path, snapshot);
    const SafetensorsFile file(path);
    QCOMPARE(file.entries().size(), 5U);
    QVERIFY(file.find("layer3.head1.teacher")->shape == (std::vector<std::int64_t>{2, 2}));
    QVERIFY(file.readFloats("layer3.head1.teacher") == (std::vector<float>{1, 0, 0.25F, 0.75F}));
    QVERIFY(file.readFloats("layer3.head2.student_linear") == (std::vector<float>{0, 0, 0, 0.375F}));
    QVERIFY(file.find("layer3.head2.teacher") == nullptr);
    LOLCATS_COMPARE_TEXT(file.metadata().at("probe"), "a b");
}

void TestMapFile::aFolderThatIsNotThereLeavesNothing() {
    QTemporaryDir folder;
    const std::string path = folder.filePath(QStringLiteral("no/maps.safetensors")).toStdString();
    LOLCATS_COMPARE_TEXT(lolcats::testing::refusalCode([&] { writeMapFile(path, {}); }), "RES-DISK");
    QVERIFY(QDir(folder.path()).isEmpty());
}

QTEST_GUILESS_MAIN(TestMapFile)
#include "test_map_file.moc"
