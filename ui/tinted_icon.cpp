// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/tinted_icon.h"

#include <QFile>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>

namespace lolcats {

TintedIcon::TintedIcon(QString name, Token tint, const Theme& theme) : m_name(std::move(name)), m_tint(tint), m_theme(&theme) {}

QIconEngine* TintedIcon::clone() const {
    return new TintedIcon(*this);
}

QColor TintedIcon::colorFor(QIcon::Mode mode) const {
    if (m_theme.isNull())
        return {};
    if (mode == QIcon::Disabled)
        return m_theme->color(Token::Disabled);
    if (mode == QIcon::Active && m_tint == Token::Muted)
        return m_theme->color(Token::Text);
    return m_theme->color(m_tint);
}

QPixmap TintedIcon::pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) {
    const QColor color = colorFor(mode);
    if (!color.isValid() || size.isEmpty())
        return {};
    const QString key =
        QStringLiteral("lolcats-icon/%1/%2/%3x%4").arg(m_name, color.name()).arg(size.width()).arg(size.height());
    QPixmap found;
    if (QPixmapCache::find(key, &found))
        return found;
    QFile file(QStringLiteral(":/icons/%1.svg").arg(m_name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QByteArray drawing = file.readAll();
    drawing.replace("currentColor", color.name().toLatin1());
    QPixmap drawn(size);
    drawn.fill(Qt::transparent);
    QPainter painter(&drawn);
    QSvgRenderer(drawing).render(&painter);
    painter.end();
    QPixmapCache::insert(key, drawn);
    return drawn;
}

void TintedIcon::paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) {
    const qreal ratio = painter->device() != nullptr ? painter->device()->devicePixelRatioF() : 1.0;
    QPixmap drawn = pixmap(rect.size() * ratio, mode, state);
    if (!drawn.isNull())
        painter->drawPixmap(rect, drawn);
}

} // namespace lolcats
