// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A bar 6 high that is filled from the left, with ticks of one pixel where something of note lies.

#include "ui/theme.h"

#include <QVector>
#include <QWidget>

namespace lolcats {

class ProgressLine : public QWidget {
    Q_OBJECT

public:
    explicit ProgressLine(Theme& theme, QWidget* parent = nullptr);

    void setValue(double share); // 0 to 1; outside: cut to it
    double value() const { return m_share; }
    void setTicks(const QVector<double>& shares);
    void setFill(Token fill);
    QSize sizeHint() const override { return {152, 6}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    Theme& m_theme;
    double m_share = 0;
    QVector<double> m_ticks;
    Token m_fill = Token::Accent;
};

} // namespace lolcats
