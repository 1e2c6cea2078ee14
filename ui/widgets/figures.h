// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Numbers as the window writes them: bytes, counts with commas, durations, errors; never with more figures than they have.

#include <QDateTime>
#include <QString>

#include <cstdint>

namespace lolcats {

QString bytesText(std::int64_t bytes);       // "257 MiB"
QString countText(std::int64_t count);       // "51,760"
QString shortCountText(std::int64_t count);  // "134.5 M"
QString durationText(double seconds);        // "14 min", "2 h 05 min"; below 0: "–"
QString errorText(double value);             // "0.121"; not a number: "NaN"
QString momentText(double secondsSince1970); // "today 18:40", "20 Nov, 09:15"
QString shortPath(const QString& path);      // home as ~

} // namespace lolcats
