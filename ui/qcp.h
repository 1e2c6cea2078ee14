// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// QCustomPlot under QT_NO_KEYWORDS: its header still writes the keywords, so they exist while it is read and no longer.
// The only place that includes it.

#include <QObject>

#define signals Q_SIGNALS
#define slots Q_SLOTS
#define emit
#define foreach Q_FOREACH
#include <qcustomplot.h>
#undef signals
#undef slots
#undef emit
#undef foreach
