// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A run in one line of 32: state, name, what was made of what, error, perplexity, when.

#include "core/records/run_record.h"
#include "ui/theme.h"

#include <QAbstractButton>

namespace lolcats {

class RunRow : public QAbstractButton {
    Q_OBJECT

public:
    RunRow(const RunRecord& run, bool last, Theme& theme, QWidget* parent = nullptr);
    QSize sizeHint() const override { return {600, 32}; }

protected:
    void paintEvent(QPaintEvent*) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    Theme& m_theme;
    RunState m_state;
    bool m_last;
    QString m_name;
    QString m_made;
    QString m_error;
    QString m_perplexity;
    QString m_when;
};

// "SmolLM2-135M · hybrid, window 64", as far as the run says it.
QString madeOfText(const RunRecord& run);

} // namespace lolcats
