// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A section in the list beside a form: its state as an icon, its name, and how many problems or edits it has.

#include "ui/theme.h"

#include <QAbstractButton>

namespace lolcats {

enum class SectionState { Good, Bad, Pending };

class SectionItem : public QAbstractButton {
    Q_OBJECT

public:
    SectionItem(const QString& title, const QString& name, Theme& theme, QWidget* parent = nullptr);

    void setState(SectionState state, int problems, int edits);
    void setCompact(bool compact); // icon alone

protected:
    void paintEvent(QPaintEvent*) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    Theme& m_theme;
    QString m_title;
    SectionState m_state = SectionState::Pending;
    QString m_note;
    bool m_compact = false;
};

QIcon sectionStateIcon(SectionState state, const Theme& theme);

} // namespace lolcats
