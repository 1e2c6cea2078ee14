// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What every test does first and what refusals are asked.

#include "core/records/failure.h"

#include <QRegularExpression>
#include <QTest>

#include <string>

namespace lolcats::testing {

// An unexpected Qt warning fails the test. Two that every machine without a screen prints are let through.
inline void failOnAnyWarning() {
    QTest::failOnWarning(
        QRegularExpression(QStringLiteral("^(?!This plugin does not support|QStandardPaths: XDG_RUNTIME_DIR|QFontDatabase).")));
}

// The code of the Refusal that `action` throws; "none" when it throws nothing. A refusal without a sentence or a remedy is
// named, so that the comparison fails on it.
template <typename Action> std::string refusalCode(Action&& action) {
    try {
        action();
    } catch (const Refusal& refusal) {
        if (refusal.failure().summary.empty() || refusal.failure().remedy.empty())
            return "no sentence: " + refusal.failure().code;
        return refusal.failure().code;
    }
    return "none";
}

} // namespace lolcats::testing

#define LOLCATS_COMPARE_TEXT(actual, expected) QCOMPARE(QString::fromStdString(actual), QString::fromStdString(expected))
