// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/start_options.h"
#include "app/workbench.h"

#include <QApplication>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("lolcats-workbench"));
    QApplication::setApplicationDisplayName(QStringLiteral("Lolcats Workbench"));
    QApplication::setApplicationVersion(QStringLiteral(LOLCATS_VERSION));
    const lolcats::StartOptions options = lolcats::startOptions(application);
    spdlog::set_default_logger(spdlog::stderr_color_mt("lolcats"));
    lolcats::Theme theme;
    theme.applyTo(application);
    lolcats::Workbench workbench(theme);
    workbench.start(options);
    return QApplication::exec();
}
