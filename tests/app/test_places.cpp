// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/places.h"
#include "tests/support/sentences.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;

class TestPlaces : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    static void touch(const QString& path) {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
    }

private Q_SLOTS:
    void init() {
        lolcats::testing::failOnAnyWarning();
        m_folder = QTemporaryDir();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        qunsetenv("LOLCATS_SAMPLE");
    }

    void aRunIsNamedAfterItsModelAndNeverOverAnother() {
        const QString first = places::freeRunPath("/models/SmolLM2 135M.gguf");
        QCOMPARE(first, m_folder.filePath("lolcats/runs/smollm2-135m.gguf.lolcats"));
        const QString model = m_folder.filePath("SmolLM2-135M.Q8.gguf");
        touch(model);
        QCOMPARE(places::freeRunPath(model), m_folder.filePath("lolcats/runs/smollm2-135m.q8.lolcats"));
        touch(m_folder.filePath("lolcats/runs/smollm2-135m.q8.lolcats"));
        QCOMPARE(places::freeRunPath(model), m_folder.filePath("lolcats/runs/smollm2-135m.q8-2.lolcats"));
    }

    void aModelFileWithoutANameTakesThatOfItsFolder() {
        QDir(m_folder.path()).mkpath("tiny");
        const QString model = m_folder.filePath("tiny/model.gguf");
        touch(model);
        QCOMPARE(places::freeRunPath(model), m_folder.filePath("lolcats/runs/tiny.lolcats"));
    }

    void theSampleIsThereWhenAllOfItIs() {
        QVERIFY(!places::sample().isThere);
        QVERIFY(places::sample().how.contains("fetch-sample.sh"));
        const QDir sample(m_folder.filePath("lolcats/sample"));
        QVERIFY(sample.mkpath("train") && sample.mkpath("heldout"));
        QVERIFY(!places::sample().isThere);
        touch(sample.filePath("model.gguf"));
        QVERIFY(places::sample().isThere);
        QCOMPARE(places::sample().model, sample.filePath("model.gguf"));
        qputenv("LOLCATS_SAMPLE", "/elsewhere");
        QVERIFY(!places::sample().isThere);
        QCOMPARE(places::sample().train, QString("/elsewhere/train"));
    }

    void theMachineIsSaidInOneLine() {
        QVERIFY(places::machine().contains("core"));
        QVERIFY(places::machine().contains("GiB free"));
        QVERIFY(!places::machine().contains('\n'));
    }
};

QTEST_GUILESS_MAIN(TestPlaces)
#include "test_places.moc"
