// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/figures.h"

#include <QCoreApplication>
#include <QDir>
#include <QLocale>

#include <array>
#include <cmath>

namespace lolcats {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("figures", text);
}

QString scaled(double value, double base, const std::array<const char*, 5>& units, int (*decimals)(double)) {
    std::size_t unit = 0;
    while (value >= base * 0.9995 && unit + 1 < units.size()) {
        value /= base;
        ++unit;
    }
    const QString number = QString::number(value, 'f', unit == 0 ? 0 : decimals(value));
    return units[unit][0] == '\0' ? number : number + QLatin1Char(' ') + QLatin1String(units[unit]);
}

} // namespace

QString bytesText(std::int64_t bytes) {
    return scaled(static_cast<double>(bytes), 1024, {"B", "KiB", "MiB", "GiB", "TiB"},
                  [](double value) { return value < 99.95 ? 1 : 0; });
}

QString countText(std::int64_t count) {
    QString text = QString::number(count);
    for (auto place = text.size() - 3; place > (count < 0 ? 1 : 0); place -= 3)
        text.insert(place, QLatin1Char(','));
    return text;
}

QString shortCountText(std::int64_t count) {
    return scaled(static_cast<double>(count), 1000, {"", "k", "M", "B", "T"},
                  [](double value) { return value < 9.995 ? 2 : 1; });
}

QString durationText(double seconds) {
    if (!(seconds >= 0) || !std::isfinite(seconds))
        return QStringLiteral("–");
    const auto whole = static_cast<qlonglong>(std::llround(seconds));
    if (whole < 90)
        return tr("%1 s").arg(whole);
    const qlonglong minutes = (whole + 30) / 60;
    if (minutes < 60)
        return tr("%1 min").arg(minutes);
    if (minutes < 48 * 60)
        return tr("%1 h %2 min").arg(minutes / 60).arg(minutes % 60, 2, 10, QLatin1Char('0'));
    return tr("%1 days").arg(QString::number(static_cast<double>(minutes) / 1440, 'f', 1));
}

QString errorText(double value) {
    if (std::isnan(value))
        return QStringLiteral("NaN");
    if (std::isinf(value))
        return QStringLiteral("inf");
    return QString::number(value, 'f', value < 10 ? 3 : value < 1000 ? 1 : 0);
}

QString momentText(double secondsSince1970) {
    if (!(secondsSince1970 > 0))
        return QStringLiteral("–");
    const QDateTime moment = QDateTime::fromSecsSinceEpoch(static_cast<qint64>(secondsSince1970));
    const qint64 days = moment.date().daysTo(QDate::currentDate());
    const QString time = QLocale::c().toString(moment.time(), QStringLiteral("HH:mm"));
    if (days == 0)
        return tr("today %1").arg(time);
    if (days == 1)
        return tr("yesterday %1").arg(time);
    const bool thisYear = moment.date().year() == QDate::currentDate().year();
    return QLocale::c().toString(moment, thisYear ? QStringLiteral("d MMM, HH:mm") : QStringLiteral("d MMM yyyy"));
}

QString shortPath(const QString& path) {
    const QString home = QDir::homePath();
    return home.size() > 1 && path.startsWith(home + QLatin1Char('/')) ? QLatin1Char('~') + path.mid(home.size()) : path;
}

} // namespace lolcats
