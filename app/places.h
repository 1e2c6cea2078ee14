// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where the program keeps its things: runs, settings, the sample. And the line that says what machine this is.

#include <QString>

namespace lolcats::places {

QString runsFolder();   // $XDG_DATA_HOME/lolcats/runs, made where it is missing
QString settingsFile(); // $XDG_CONFIG_HOME/lolcats/workbench.ini
// $XDG_DATA_HOME/lolcats/runs/NAME.lolcats for a model's path, with a number where the name is taken.
QString freeRunPath(const QString& model);

struct Sample {
    bool isThere = false;
    QString model;
    QString train;
    QString heldout;
    QString how; // what there is, or how to get it
};
Sample sample(); // $LOLCATS_SAMPLE or $XDG_DATA_HOME/lolcats/sample

QString machine(); // "CPU only: 2 cores, 15 GiB free …"

} // namespace lolcats::places
