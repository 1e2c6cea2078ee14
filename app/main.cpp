// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench.h"

#include <QApplication>
#include <QCommandLineParser>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("lolcats-workbench"));
    QApplication::setApplicationDisplayName(QStringLiteral("Lolcats Workbench"));
    QApplication::setApplicationVersion(QStringLiteral(LOLCATS_VERSION));
    QCommandLineParser options;
    options.setApplicationDescription(
        QStringLiteral("Converts softmax attention to linear attention, and shows how it learns."));
    options.addHelpOption();
    options.addVersionOption();
    options.addPositionalArgument(QStringLiteral("path"), QStringLiteral("A run file, a model, a plan (JSON) or data to open."),
                                  QStringLiteral("[path]"));
    options.addOption({QStringLiteral("window-size"), QStringLiteral("Size of the window."), QStringLiteral("WIDTHxHEIGHT")});
    options.addOption({QStringLiteral("sample"), QStringLiteral("Open the sample's plan.")});
    options.addOption(
        {QStringLiteral("shot"), QStringLiteral("Write a picture of the window and end."), QStringLiteral("FILE")});
    options.addOption({QStringLiteral("page"), QStringLiteral("The page to show: home, plan, train, attention, runs, export."),
                       QStringLiteral("ID")});
    options.process(application);

    spdlog::set_default_logger(spdlog::stderr_color_mt("lolcats"));
    lolcats::Theme theme;
    theme.applyTo(application);
    lolcats::Workbench workbench(theme);
    const QStringList size = options.value(QStringLiteral("window-size")).split(QLatin1Char('x'));
    workbench.show(size.size() == 2 ? QSize(size[0].toInt(), size[1].toInt()) : QSize());
    if (options.isSet(QStringLiteral("sample")))
        workbench.trySample();
    if (!options.positionalArguments().isEmpty())
        workbench.open(options.positionalArguments().constFirst());
    if (options.isSet(QStringLiteral("shot")))
        workbench.takePicture(options.value(QStringLiteral("shot")), options.value(QStringLiteral("page")));
    else if (options.isSet(QStringLiteral("page")))
        workbench.window().showPage(options.value(QStringLiteral("page")));
    return QApplication::exec();
}
