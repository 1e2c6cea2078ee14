// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The buttons of the window, each made in one line: primary, secondary, quiet, chip, segments; and labels in a role.

#include "ui/theme.h"

#include <QButtonGroup>
#include <QFrame>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

namespace lolcats {

// An icon that stands alone; unlike a QLabel's pixmap it follows the theme.
class IconLabel : public QWidget {
public:
    IconLabel(const QIcon& icon, int size, QWidget* parent = nullptr);
    void setIcon(const QIcon& icon);

protected:
    void paintEvent(QPaintEvent*) override;

private:
    QIcon m_icon;
};

// `name` is the object name that tests press, `tip` the tooltip and accessible description.
QPushButton* primaryButton(const QString& text, const QString& name, const QString& tip, QWidget* parent = nullptr);
QPushButton* secondaryButton(const QString& text, const QString& name, const QString& tip, QWidget* parent = nullptr);
QPushButton* smallButton(const QString& text, const QString& name, const QString& tip, QWidget* parent = nullptr);
// 24 high, no border until it is hovered.
QToolButton* quietButton(const QString& text, const QIcon& icon, const QString& name, const QString& tip,
                         QWidget* parent = nullptr);
QToolButton* chip(const QString& text, const QString& name, const QString& tip, QWidget* parent = nullptr);

// role: title, headline, figure, section, card, muted, small, axis, mono, strong, good, warn, bad (see style.qss).
QLabel* label(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
// A label that breaks its lines.
QLabel* paragraph(const QString& text, const char* role = nullptr, QWidget* parent = nullptr);
IconLabel* iconLabel(const QIcon& icon, int size, QWidget* parent = nullptr);
QLabel* keyCap(const QString& keys, QWidget* parent = nullptr);
QFrame* line(Qt::Orientation orientation, QWidget* parent = nullptr);

// A dynamic property that the style sheet reads.
void setStyled(QWidget* widget, const char* property, const QVariant& value);

// Two to four exclusive views, 24 high. Buttons are named name + "0", "1", …
class Segments : public QFrame {
    Q_OBJECT

public:
    Segments(const QStringList& words, const QString& name, QWidget* parent = nullptr);

    int current() const { return m_group->checkedId(); }
    void setCurrent(int index); // says nothing

Q_SIGNALS:
    void chosen(int index);

private:
    QButtonGroup* m_group;
};

} // namespace lolcats
