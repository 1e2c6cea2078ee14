// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/numbers.h"

#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lolcats {

std::vector<double> smoothed(const std::vector<double>& values, double weight) {
    std::vector<double> result(values.size());
    double mean = 0;
    double missing = 1;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            result[i] = std::numeric_limits<double>::quiet_NaN();
            continue;
        }
        mean = weight * mean + (1 - weight) * values[i];
        missing *= weight;
        result[i] = mean / (1 - missing);
    }
    return result;
}

std::vector<PlotPoint> thinned(const std::vector<PlotPoint>& points, double low, double high, int columns) {
    const auto before = [](const PlotPoint& point, double x) { return point.x < x; };
    auto first = std::lower_bound(points.begin(), points.end(), low, before);
    auto last = std::lower_bound(first, points.end(), high, before);
    if (first != points.begin())
        --first;
    if (last != points.end())
        ++last;
    const auto count = static_cast<std::size_t>(last - first);
    if (count <= static_cast<std::size_t>(2 * std::max(columns, 1)) || high <= low)
        return {first, last};

    std::vector<PlotPoint> result{*first};
    const double perColumn = columns / (high - low);
    for (auto point = first + 1; point != last - 1;) {
        const double column = std::floor((point->x - low) * perColumn);
        auto least = point;
        auto most = point;
        for (; point != last - 1 && std::floor((point->x - low) * perColumn) == column; ++point) {
            if (point->y < least->y)
                least = point;
            if (point->y > most->y)
                most = point;
        }
        result.push_back(*std::min(least, most));
        if (least != most)
            result.push_back(*std::max(least, most));
    }
    result.push_back(*(last - 1));
    return result;
}

std::vector<double> oneTwoFive(double low, double high, int most) {
    if (!(low > 0) || !(high > low))
        return {};
    const double slack = 1e-9;
    std::vector<double> all;
    std::vector<double> powers;
    const int firstPower = static_cast<int>(std::floor(std::log10(low)));
    const int lastPower = static_cast<int>(std::ceil(std::log10(high)));
    for (int power = firstPower; power <= lastPower; ++power)
        for (const int factor : {1, 2, 5}) {
            const double tick = factor * std::pow(10.0, power);
            if (tick < low * (1 - slack) || tick > high * (1 + slack))
                continue;
            all.push_back(tick);
            if (factor == 1)
                powers.push_back(tick);
        }
    if (static_cast<int>(all.size()) <= most || powers.size() < 2)
        return all;
    const std::size_t every = 1 + powers.size() / static_cast<std::size_t>(std::max(most, 1) + 1);
    std::vector<double> kept;
    for (std::size_t i = 0; i < powers.size(); i += every)
        kept.push_back(powers[i]);
    return kept;
}

double oneTwoFiveBelow(double value) {
    const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
    for (const double factor : {5.0, 2.0})
        if (factor * power <= value * (1 + 1e-9))
            return factor * power;
    return power;
}

double oneTwoFiveAbove(double value) {
    const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-9));
    for (const double factor : {1.0, 2.0, 5.0})
        if (factor * power >= value * (1 - 1e-9))
            return factor * power;
    return 10 * power;
}

namespace {

// Decimal point, commas between thousands, whatever the machine's language.
QString inDecimals(double value, int decimals) {
    QLocale plain = QLocale::c();
    plain.setNumberOptions(QLocale::DefaultNumberOptions);
    return plain.toString(value, 'f', decimals);
}

QString withTrueMinus(QString text) {
    return text.replace(QLatin1Char('-'), QChar(0x2212));
}

QString notANumber(double value) {
    if (std::isnan(value))
        return QStringLiteral("NaN");
    return value > 0 ? QStringLiteral("inf") : QString(QChar(0x2212)) + QStringLiteral("inf");
}

} // namespace

QString decimalNumber(double value, int decimals) {
    if (!std::isfinite(value))
        return notANumber(value);
    return withTrueMinus(inDecimals(value, decimals));
}

QString plainNumber(double value) {
    if (!std::isfinite(value))
        return notANumber(value);
    if (value == 0)
        return QStringLiteral("0");
    const int digits = static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9));
    const int decimals = std::clamp(3 - digits, 0, 15);
    QString text = inDecimals(value, decimals);
    if (text.contains(QLatin1Char('.'))) {
        while (text.endsWith(QLatin1Char('0')))
            text.chop(1);
        if (text.endsWith(QLatin1Char('.')))
            text.chop(1);
    }
    return withTrueMinus(text);
}

QString figureText(double value) {
    if (!std::isfinite(value))
        return notANumber(value);
    const double size = std::abs(value);
    if (size >= 1000)
        return decimalNumber(value, 0);
    if (size >= 100)
        return decimalNumber(value, 1);
    if (size >= 0.01 || size == 0)
        return decimalNumber(value, 3);
    const int digits = static_cast<int>(std::floor(std::log10(size)));
    return digits < -7 ? withTrueMinus(QString::number(value, 'e', 1)) : decimalNumber(value, 1 - digits);
}

QString countText(double value) {
    return decimalNumber(std::round(value), 0);
}

QString signedPercent(double share) {
    if (!std::isfinite(share))
        return QStringLiteral("–");
    const QString sign = share < 0 ? QString() : QStringLiteral("+");
    return sign + decimalNumber(share * 100, 1) + QStringLiteral(" %");
}

std::vector<double> pushedApart(const std::vector<double>& wanted, double distance, double low, double high) {
    std::vector<std::size_t> order(wanted.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return wanted[a] < wanted[b]; });
    std::vector<double> places(wanted);
    double floor = low;
    for (const std::size_t i : order) {
        places[i] = std::max(places[i], floor);
        floor = places[i] + distance;
    }
    double ceiling = high;
    for (auto i = order.rbegin(); i != order.rend(); ++i) {
        places[*i] = std::min(places[*i], ceiling);
        ceiling = places[*i] - distance;
    }
    return places;
}

} // namespace lolcats
