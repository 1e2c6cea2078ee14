// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/places.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QThread>

namespace lolcats::places {

namespace {

QString dataFolder() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation) + QStringLiteral("/lolcats");
}

double freeGibibytes() {
    QFile file(QStringLiteral("/proc/meminfo"));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    static const QRegularExpression available(QStringLiteral("MemAvailable:\\s+(\\d+) kB"));
    return available.match(QString::fromLatin1(file.readAll())).captured(1).toDouble() / 1048576;
}

} // namespace

QString runsFolder() {
    const QString folder = dataFolder() + QStringLiteral("/runs");
    QDir().mkpath(folder);
    return folder;
}

QString settingsFile() {
    return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) + QStringLiteral("/lolcats/workbench.ini");
}

QString freeRunPath(const QString& model) {
    const QFileInfo file(model);
    QString name = file.isFile() ? file.completeBaseName() : file.fileName();
    // "model.gguf" says nothing; its folder does.
    if (name == QLatin1String("model") || name == QLatin1String("main"))
        name = file.dir().dirName();
    name = name.toLower().replace(QRegularExpression(QStringLiteral("[^a-z0-9._-]+")), QStringLiteral("-"));
    if (name.isEmpty())
        name = QStringLiteral("run");
    const QString start = runsFolder() + QLatin1Char('/') + name;
    QString path = start + QStringLiteral(".lolcats");
    for (int number = 2; QFileInfo::exists(path); ++number)
        path = start + QStringLiteral("-%1.lolcats").arg(number);
    return path;
}

Sample sample() {
    const QString named = qEnvironmentVariable("LOLCATS_SAMPLE");
    const QString folder = named.isEmpty() ? dataFolder() + QStringLiteral("/sample") : named;
    Sample sample;
    sample.model = folder + QStringLiteral("/model.gguf");
    sample.train = folder + QStringLiteral("/train");
    sample.heldout = folder + QStringLiteral("/heldout");
    sample.isThere = QFileInfo(sample.model).isFile() && QFileInfo(sample.train).isDir() && QFileInfo(sample.heldout).isDir();
    sample.how =
        sample.isThere
            ? QStringLiteral(
                  "SmolLM2-135M and Jane Austen: four novels to train on, two held out. 20 + 20 steps, a few minutes.")
            : QStringLiteral("Not on this computer yet. To get it, run  bash packaging/fetch-sample.sh  in the source folder.");
    return sample;
}

QString machine() {
    const int cores = QThread::idealThreadCount();
    return QStringLiteral("CPU only: %1 %2, %3 GiB free. Fine for the sample and for models up to about 1 B.")
        .arg(cores)
        .arg(cores == 1 ? QStringLiteral("core") : QStringLiteral("cores"))
        .arg(freeGibibytes(), 0, 'f', 0);
}

} // namespace lolcats::places
