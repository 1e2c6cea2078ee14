// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The rail of pages at the left: one button a page, a bar at the page that is shown, a dot where something is wrong.

#include "ui/theme.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QFrame>
#include <QMap>

class QVBoxLayout;

namespace lolcats {

class RailButton : public QAbstractButton {
    Q_OBJECT

public:
    RailButton(const QString& id, const QString& title, const QString& key, Theme& theme, QWidget* parent = nullptr);

    const QString& id() const { return m_id; }
    void setCompact(bool compact); // icon alone
    void setTroubled(bool troubled);
    bool isTroubled() const { return m_troubled; }

protected:
    void paintEvent(QPaintEvent*) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    Theme& m_theme;
    QString m_id;
    QString m_title;
    bool m_compact = false;
    bool m_troubled = false;
};

class Rail : public QFrame {
    Q_OBJECT

public:
    explicit Rail(Theme& theme, QWidget* parent = nullptr);

    void addPage(const QString& id, const QString& title, const QString& key);
    void addLine();
    void setCurrent(const QString& id);
    void setCompact(bool compact);
    RailButton* button(const QString& id) const { return m_buttons.value(id); }

Q_SIGNALS:
    void chosen(const QString& id);

private:
    Theme& m_theme;
    QVBoxLayout* m_column;
    QButtonGroup* m_group;
    QMap<QString, RailButton*> m_buttons;
};

} // namespace lolcats
