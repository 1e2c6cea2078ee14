// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings.h"
#include "tests/support/sentences.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace lolcats;

class TestSettings : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path() const { return m_folder.filePath("lolcats/workbench.ini"); }

    void write(const QByteArray& bytes) const {
        QDir().mkpath(QFileInfo(path()).path());
        QFile file(path());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }

private Q_SLOTS:
    void init() {
        lolcats::testing::failOnAnyWarning();
        m_folder = QTemporaryDir();
    }

    void whatIsSetIsThereAtTheNextStart() {
        {
            Settings settings(path());
            settings.setTheme("dark");
            settings.setGeometry("abc");
            settings.addRecentModel("/models/one.gguf");
            settings.addKnownRun("/runs/a.lolcats");
        }
        const Settings settings(path());
        QVERIFY(settings.setAside().isEmpty());
        QCOMPARE(settings.theme(), QString("dark"));
        QCOMPARE(settings.geometry(), QByteArray("abc"));
        QCOMPARE(settings.recentModels(), QStringList{"/models/one.gguf"});
        QCOMPARE(settings.knownRuns(), QStringList{"/runs/a.lolcats"});
    }

    void theFirstStartHasTheSystemsThemeAndNothingElse() {
        const Settings settings(path());
        QVERIFY(settings.setAside().isEmpty());
        QCOMPARE(settings.theme(), QString("system"));
        QVERIFY(settings.geometry().isEmpty());
        QVERIFY(settings.recentModels().isEmpty());
    }

    void recentPathsAreNewestFirstOnceEachAndTwelveAtMost() {
        Settings settings(path());
        for (int number = 0; number < 15; ++number)
            settings.addKnownRun(QString("/runs/%1").arg(number));
        settings.addKnownRun("/runs/10");
        const QStringList runs = settings.knownRuns();
        QCOMPARE(runs.size(), 12);
        QCOMPARE(runs.mid(0, 3), (QStringList{"/runs/10", "/runs/14", "/runs/13"}));
        QCOMPARE(runs.count("/runs/10"), 1);
    }

    void aBrokenFileIsSetAsideAndTheProgramGoesOn_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("no pairs") << QByteArray("this is not\nan ini file\n");
        QTest::newRow("no version") << QByteArray("[window]\ntheme=dark\n");
        QTest::newRow("newer version") << QByteArray("[General]\nversion=99\n");
        QTest::newRow("bytes") << QByteArray::fromHex("00ff10203040fffe0a00");
    }

    void aBrokenFileIsSetAsideAndTheProgramGoesOn() {
        QFETCH(QByteArray, bytes);
        write(bytes);
        {
            Settings settings(path());
            QCOMPARE(settings.setAside(), path() + ".broken");
            QCOMPARE(settings.theme(), QString("system"));
            settings.setTheme("light");
        }
        QFile aside(path() + ".broken");
        QVERIFY(aside.open(QIODevice::ReadOnly));
        QCOMPARE(aside.readAll(), bytes);
        QCOMPARE(Settings(path()).theme(), QString("light"));
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "test_settings.moc"
