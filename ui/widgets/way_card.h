// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A large button in the shape of a card: a way into the program, with what it does and its key.

#include "ui/theme.h"

#include <QAbstractButton>

class QLabel;

namespace lolcats {

class WayCard : public QAbstractButton {
    Q_OBJECT

public:
    WayCard(const QString& icon, const QString& title, const QString& sentence, const QString& key, const QString& name,
            Theme& theme, QWidget* parent = nullptr);

    void setSentence(const QString& sentence);
    void setEmphasized(bool emphasized); // the one to take first

protected:
    void paintEvent(QPaintEvent*) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    Theme& m_theme;
    QString m_icon;
    QLabel* m_sentence;
    bool m_emphasized = false;
};

} // namespace lolcats
