// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/start_options.h"

#include <QCommandLineParser>

namespace lolcats {

StartOptions startOptions(const QCoreApplication& application) {
    const QCommandLineOption size(QStringLiteral("window-size"), QStringLiteral("Size of the window."),
                                  QStringLiteral("WIDTHxHEIGHT"));
    const QCommandLineOption sample(QStringLiteral("sample"), QStringLiteral("Open the sample's plan."));
    const QCommandLineOption shot(QStringLiteral("shot"), QStringLiteral("Write a picture of the window and end."),
                                  QStringLiteral("FILE"));
    const QCommandLineOption page(QStringLiteral("page"),
                                  QStringLiteral("The page to show: home, plan, train, attention, runs, export."),
                                  QStringLiteral("ID"));
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Converts softmax attention to linear attention, and shows how it learns."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addOptions({size, sample, shot, page});
    parser.addPositionalArgument(QStringLiteral("path"), QStringLiteral("A run file, a model, a plan (JSON) or data to open."),
                                 QStringLiteral("[path]"));
    parser.process(application);

    StartOptions options;
    options.path = parser.positionalArguments().value(0);
    const QStringList sides = parser.value(size).split(QLatin1Char('x'));
    if (sides.size() == 2 && sides[0].toInt() > 0 && sides[1].toInt() > 0)
        options.windowSize = QSize(sides[0].toInt(), sides[1].toInt());
    options.sample = parser.isSet(sample);
    options.page = parser.value(page);
    options.pictureFile = parser.value(shot);
    return options;
}

} // namespace lolcats
