// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What plots do to numbers before they are drawn: smoothing, thinning to pixel columns, ticks, words for a value, labels that
// push apart.

#include <QString>

#include <vector>

namespace lolcats {

// Exponential mean with the start taken out: m / (1 − weight^n). A value that is no number leaves a gap and no trace.
std::vector<double> smoothed(const std::vector<double>& values, double weight);

struct PlotPoint {
    double x = 0;
    double y = 0;
};
// Of each of `columns` equal parts of [low, high] the least and the greatest value, in the order in which they came, so that
// no spike is lost; and the first and last point. What lies outside is left out but for one neighbour at each side.
std::vector<PlotPoint> thinned(const std::vector<PlotPoint>& points, double low, double high, int columns);

// Numbers 1, 2, 5 times a power of ten within [low, high]; only powers of ten when there would be more than `most`.
std::vector<double> oneTwoFive(double low, double high, int most);
double oneTwoFiveBelow(double value);
double oneTwoFiveAbove(double value);

QString plainNumber(double value);                 // "0.05", "1,500": no powers, no noughts that say nothing
QString decimalNumber(double value, int decimals); // "0.380", "NaN", with a true minus
QString figureText(double value);                  // three decimals, or enough digits where three say nothing
QString countText(double value);                   // "1,184"
QString signedPercent(double share);               // "+4.1 %"

// Positions as near to the wanted ones as can be, at least `distance` apart, within [low, high] where they all fit.
std::vector<double> pushedApart(const std::vector<double>& wanted, double distance, double low, double high);

} // namespace lolcats
