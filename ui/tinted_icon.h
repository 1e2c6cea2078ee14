// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// An icon engine over one of our line drawings: drawn at the size asked for, in a token's colour of the theme of the moment.

#include "ui/theme.h"

#include <QIconEngine>
#include <QPointer>

namespace lolcats {

class TintedIcon : public QIconEngine {
public:
    TintedIcon(QString name, Token tint, const Theme& theme);

    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override;
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override;
    QIconEngine* clone() const override;
    QString iconName() override { return m_name; }

private:
    QColor colorFor(QIcon::Mode mode) const;

    QString m_name;
    Token m_tint;
    QPointer<const Theme> m_theme;
};

} // namespace lolcats
