// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/rail.h"

#include "ui/widgets/buttons.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QVBoxLayout>

namespace lolcats {

RailButton::RailButton(const QString& id, const QString& title, const QString& key, Theme& theme, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_id(id), m_title(title) {
    setObjectName(QStringLiteral("rail-") + id);
    setAccessibleName(title);
    setToolTip(QStringLiteral("%1 (%2)").arg(title, key));
    setCheckable(true);
    setFocusPolicy(Qt::TabFocus);
    setCompact(false);
}

void RailButton::setCompact(bool compact) {
    m_compact = compact;
    setFixedSize(compact ? QSize(48, 40) : QSize(71, 52));
    update();
}

void RailButton::setTroubled(bool troubled) {
    m_troubled = troubled;
    setAccessibleDescription(troubled ? tr("Something here needs attention") : QString());
    update();
}

void RailButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF fill = m_compact ? QRectF(4, 0, 40, 40) : QRectF(4, 0, 64, 52);
    const bool hovered = underMouse() && isEnabled();
    if (isChecked() || hovered) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(m_theme.color(isChecked() ? Token::Selected : Token::Hover));
        painter.drawRoundedRect(fill, 6, 6);
    }
    if (hasFocus()) {
        painter.setPen(QPen(m_theme.color(Token::Accent), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(fill.adjusted(1, 1, -1, -1), 5, 5);
    }
    if (isChecked())
        painter.fillRect(QRectF(0, m_compact ? 8 : 10, 3, height() - (m_compact ? 16 : 20)), m_theme.color(Token::Accent));
    const QRect place(static_cast<int>(fill.center().x()) - 10, m_compact ? 10 : 8, 20, 20);
    const Token tint = isChecked() ? Token::Accent : hovered ? Token::Text : Token::Muted;
    m_theme.icon(m_id, tint).paint(&painter, place, Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
    if (!m_compact) {
        QFont font = m_theme.font(Role::Axis);
        font.setWeight(isChecked() ? QFont::DemiBold : QFont::Normal);
        painter.setFont(font);
        painter.setPen(m_theme.color(isChecked() ? Token::Text : Token::Muted));
        painter.drawText(QRectF(0, 31, 72, 16), Qt::AlignCenter, m_title);
    }
    if (m_troubled) {
        painter.setPen(QPen(m_theme.color(isChecked() ? Token::Selected : Token::Chrome), 2));
        painter.setBrush(m_theme.color(Token::Bad));
        painter.drawEllipse(QPointF(place.right() + 3, place.top() + 1), 5, 5);
    }
}

Rail::Rail(Theme& theme, QWidget* parent)
    : QFrame(parent), m_theme(theme), m_column(new QVBoxLayout(this)), m_group(new QButtonGroup(this)) {
    setObjectName(QStringLiteral("rail"));
    m_column->setContentsMargins(0, 8, 0, 8);
    m_column->setSpacing(4);
    m_column->addStretch(1);
    setCompact(false);
    connect(m_group, &QButtonGroup::buttonClicked, this,
            [this](QAbstractButton* button) { Q_EMIT chosen(static_cast<RailButton*>(button)->id()); });
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Rail::addPage(const QString& id, const QString& title, const QString& key) {
    auto* button = new RailButton(id, title, key, m_theme, this);
    m_buttons.insert(id, button);
    m_group->addButton(button);
    m_column->insertWidget(m_column->count() - 1, button);
}

void Rail::addLine() {
    auto* around = new QWidget;
    auto* row = new QHBoxLayout(around);
    row->setContentsMargins(16, 4, 16, 4);
    row->addWidget(line(Qt::Horizontal));
    m_column->insertWidget(m_column->count() - 1, around);
}

void Rail::setCurrent(const QString& id) {
    if (RailButton* wanted = button(id))
        wanted->setChecked(true);
}

void Rail::setCompact(bool compact) {
    setFixedWidth(compact ? 48 : 72);
    for (RailButton* each : m_buttons)
        each->setCompact(compact);
}

} // namespace lolcats
