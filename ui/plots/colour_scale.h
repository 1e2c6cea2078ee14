// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// From a value to a colour of the sequential or the difference scale, and the small bar in a card's header that says which
// value has which colour.

#include "ui/theme.h"

#include <QImage>
#include <QWidget>

#include <array>

namespace lolcats {

// 256 colours from the theme's stops.
std::array<QRgb, 256> colourTable(const QVector<QColor>& stops);

class ColourBar : public QWidget {
    Q_OBJECT

public:
    enum class Kind { Sequential, Difference };
    ColourBar(const Theme& theme, Kind kind, QWidget* parent = nullptr);

    void setCompact(bool compact); // a shorter bar for narrow cards
    void setEnds(const QString& low, const QString& high);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    Kind m_kind;
    int m_bar = 72;
    QString m_low;
    QString m_high;
};

} // namespace lolcats
