// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Ticks in plain numbers: 1-2-5 on logarithmic axes, counts with thousands commas, minutes on time axes.

#include "ui/plots/numbers.h"
#include "ui/qcp.h"

#include <cmath>

namespace lolcats {

class LogTicker : public QCPAxisTicker {
protected:
    double getTickStep(const QCPRange&) override { return 1; }
    int getSubTickCount(double) override { return 0; }
    QVector<double> createTickVector(double, const QCPRange& range) override {
        const std::vector<double> ticks = oneTwoFive(range.lower, range.upper, 8);
        return {ticks.begin(), ticks.end()};
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override { return plainNumber(tick); }
};

class PlainTicker : public QCPAxisTicker {
protected:
    int getSubTickCount(double) override { return 0; }
    double getTickStep(const QCPRange& range) override {
        const double step = QCPAxisTicker::getTickStep(range);
        m_decimals = 0;
        for (double scaled = step; m_decimals < 9 && std::abs(scaled - std::round(scaled)) > 1e-6 * scaled; scaled *= 10)
            ++m_decimals;
        return m_whole ? std::max(1.0, step) : step;
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override {
        return std::abs(tick) < 1e-12 ? QStringLiteral("0") : decimalNumber(tick, m_whole ? 0 : m_decimals);
    }
    bool m_whole = false;

private:
    int m_decimals = 0;
};

class CountTicker : public PlainTicker {
public:
    CountTicker() { m_whole = true; }
};

// Seconds as 90 s, 5 min, 2 h: one unit for the whole axis.
class DurationTicker : public QCPAxisTicker {
protected:
    int getSubTickCount(double) override { return 0; }
    double getTickStep(const QCPRange& range) override {
        m_unit = range.size() > 2 * 3600 ? 3600 : range.size() > 180 ? 60 : 1;
        return m_unit * QCPAxisTicker::getTickStep({range.lower / m_unit, range.upper / m_unit});
    }
    QString getTickLabel(double tick, const QLocale&, QChar, int) override {
        const QString unit = m_unit == 3600 ? QStringLiteral(" h")
                             : m_unit == 60 ? QStringLiteral(" min")
                                            : QStringLiteral(" s");
        return tick == 0 ? QStringLiteral("0") : plainNumber(tick / m_unit) + unit;
    }

private:
    double m_unit = 1;
};

} // namespace lolcats
