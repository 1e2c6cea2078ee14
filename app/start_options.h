// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What the program was started with.

#include <QCoreApplication>
#include <QSize>
#include <QString>

namespace lolcats {

struct StartOptions {
    QString path;        // a run file, a model, a plan or data; empty: none
    QSize windowSize;    // invalid: as it was the last time
    bool sample = false; // opens the sample's plan
    QString page;        // id of the page to show; empty: what follows from the rest
    QString pictureFile; // a picture of the window goes there and the program ends; empty: none
};

// Ends the program with a sentence where an option is not known.
StartOptions startOptions(const QCoreApplication& application);

} // namespace lolcats
