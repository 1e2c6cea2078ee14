// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/facts.h"

#include <QPainter>

#include <algorithm>

namespace lolcats {

namespace {

constexpr int kGap = 32;
constexpr int kPitch = 44;
constexpr int kIcon = 18;

} // namespace

Facts::Facts(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Facts::setFacts(const QVector<Fact>& facts) {
    m_facts = facts;
    QStringList said;
    for (const Fact& fact : facts)
        said << fact.title + QStringLiteral(": ") + fact.value;
    setAccessibleName(said.join(QStringLiteral(", ")));
    setToolTip(said.join(QLatin1Char('\n')));
    updateGeometry();
    update();
}

QString Facts::value(const QString& title) const {
    for (const Fact& fact : m_facts)
        if (fact.title == title)
            return fact.value;
    return {};
}

int Facts::widthOf(const Fact& fact) const {
    QFont font = m_theme.font(Role::Small);
    const int title = QFontMetrics(font).horizontalAdvance(fact.title);
    font.setWeight(fact.strong ? QFont::DemiBold : QFont::Normal);
    return std::max(title, QFontMetrics(font).horizontalAdvance(fact.value) + (fact.icon.isEmpty() ? 0 : kIcon)) + 2;
}

QVector<QPoint> Facts::places(int width) const {
    QVector<QPoint> found;
    int x = 0;
    int y = 0;
    for (const Fact& fact : m_facts) {
        const int wide = widthOf(fact);
        if (x > 0 && x + wide > width) {
            x = 0;
            y += kPitch;
        }
        found.append({x, y});
        x += wide + kGap;
    }
    return found;
}

int Facts::heightForWidth(int width) const {
    return m_facts.isEmpty() ? 0 : places(width).back().y() + kPitch - 8;
}

void Facts::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    const QVector<QPoint> found = places(width());
    for (int i = 0; i < m_facts.size(); ++i) {
        const Fact& fact = m_facts[i];
        const int room = width() - found[i].x();
        QFont font = m_theme.font(Role::Small);
        painter.setFont(font);
        painter.setPen(m_theme.color(Token::Muted));
        painter.drawText(QRect(found[i], QSize(room, 16)), static_cast<int>(Qt::AlignVCenter), fact.title);
        int before = 0;
        if (!fact.icon.isEmpty()) {
            m_theme.icon(fact.icon, fact.tint).paint(&painter, QRect(found[i] + QPoint(0, 19), QSize(14, 14)));
            before = kIcon;
        }
        font.setWeight(fact.strong ? QFont::DemiBold : QFont::Normal);
        painter.setFont(font);
        painter.setPen(m_theme.color(fact.tint));
        painter.drawText(QRect(found[i] + QPoint(before, 18), QSize(room - before, 16)), static_cast<int>(Qt::AlignVCenter),
                         painter.fontMetrics().elidedText(fact.value, Qt::ElideMiddle, room - before));
    }
}

} // namespace lolcats
