// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/buttons.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QStyle>

namespace lolcats {

namespace {

void describe(QWidget* widget, const QString& text, const QString& name, const QString& tip) {
    widget->setObjectName(name);
    widget->setToolTip(tip);
    widget->setAccessibleName(text.isEmpty() ? tip : text);
    widget->setAccessibleDescription(tip);
}

} // namespace

void setStyled(QWidget* widget, const char* property, const QVariant& value) {
    if (widget->property(property) == value)
        return;
    widget->setProperty(property, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

IconLabel::IconLabel(const QIcon& icon, int size, QWidget* parent) : QWidget(parent), m_icon(icon) {
    setFixedSize(size, size);
}

void IconLabel::setIcon(const QIcon& icon) {
    m_icon = icon;
    update();
}

void IconLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    m_icon.paint(&painter, rect(), Qt::AlignCenter, isEnabled() ? QIcon::Normal : QIcon::Disabled);
}

QPushButton* secondaryButton(const QString& text, const QString& name, const QString& tip, QWidget* parent) {
    auto* button = new QPushButton(text, parent);
    describe(button, text, name, tip);
    button->setAutoDefault(false);
    button->setIconSize({16, 16});
    return button;
}

QPushButton* primaryButton(const QString& text, const QString& name, const QString& tip, QWidget* parent) {
    QPushButton* button = secondaryButton(text, name, tip, parent);
    button->setProperty("kind", "primary");
    return button;
}

QPushButton* smallButton(const QString& text, const QString& name, const QString& tip, QWidget* parent) {
    QPushButton* button = secondaryButton(text, name, tip, parent);
    button->setProperty("compact", true);
    button->setIconSize({14, 14});
    return button;
}

QToolButton* quietButton(const QString& text, const QIcon& icon, const QString& name, const QString& tip, QWidget* parent) {
    auto* button = new QToolButton(parent);
    describe(button, text, name, tip);
    button->setText(text);
    button->setMaximumHeight(24);
    button->setIcon(icon);
    button->setIconSize({14, 14});
    button->setToolButtonStyle(text.isEmpty()  ? Qt::ToolButtonIconOnly
                               : icon.isNull() ? Qt::ToolButtonTextOnly
                                               : Qt::ToolButtonTextBesideIcon);
    return button;
}

QToolButton* chip(const QString& text, const QString& name, const QString& tip, QWidget* parent) {
    QToolButton* button = quietButton(text, {}, name, tip, parent);
    button->setProperty("kind", "chip");
    button->setMaximumHeight(22);
    return button;
}

QLabel* label(const QString& text, const char* role, QWidget* parent) {
    auto* made = new QLabel(text, parent);
    made->setTextFormat(Qt::PlainText);
    if (role != nullptr)
        made->setProperty("role", role);
    return made;
}

QLabel* paragraph(const QString& text, const char* role, QWidget* parent) {
    QLabel* made = label(text, role, parent);
    made->setWordWrap(true);
    made->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return made;
}

IconLabel* iconLabel(const QIcon& icon, int size, QWidget* parent) {
    return new IconLabel(icon, size, parent);
}

QLabel* keyCap(const QString& keys, QWidget* parent) {
    QLabel* made = label(keys, "key", parent);
    made->setFixedHeight(16);
    return made;
}

QFrame* line(Qt::Orientation orientation, QWidget* parent) {
    auto* made = new QFrame(parent);
    made->setProperty("line", true);
    if (orientation == Qt::Horizontal)
        made->setFixedHeight(1);
    else
        made->setFixedWidth(1);
    return made;
}

Segments::Segments(const QStringList& words, const QString& name, QWidget* parent)
    : QFrame(parent), m_group(new QButtonGroup(this)) {
    setProperty("kind", "segments");
    setObjectName(name);
    setFixedHeight(24);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    for (int i = 0; i < words.size(); ++i) {
        QToolButton* button = quietButton(words[i], {}, name + QString::number(i), words[i], this);
        button->setCheckable(true);
        button->setProperty("edge", i == 0 ? "first" : i + 1 == words.size() ? "last" : "mid");
        m_group->addButton(button, i);
        row->addWidget(button);
    }
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    setCurrent(0);
    connect(m_group, &QButtonGroup::idClicked, this, &Segments::chosen);
}

void Segments::setCurrent(int index) {
    if (QAbstractButton* button = m_group->button(index))
        button->setChecked(true);
}

} // namespace lolcats
