// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The log at the bottom of the window: newest line last, levels as words, old lines fall off.

#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QFrame>

class QPlainTextEdit;

namespace lolcats {

class LogDrawer : public QFrame {
    Q_OBJECT

public:
    explicit LogDrawer(Theme& theme, QWidget* parent = nullptr);

    void add(const LogLine& line);
    QString text() const;

Q_SIGNALS:
    void closeRequested();

private:
    QPlainTextEdit* m_text;
};

} // namespace lolcats
