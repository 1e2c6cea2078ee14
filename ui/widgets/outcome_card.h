// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What came of an export: a sentence, and four checks, each a ring until it is done and then a tick or a cross.

#include "ui/theme.h"

#include <QFrame>
#include <QMap>

class QHBoxLayout;
class QLabel;
class QPushButton;
class QToolButton;

namespace lolcats {

class IconLabel;

class OutcomeCard : public QFrame {
    Q_OBJECT

public:
    explicit OutcomeCard(Theme& theme, QWidget* parent = nullptr);

    void setWaiting(const QString& headline, const QString& subtitle);      // all checks open
    void setRunning(const QString& headline, const QString& subtitle);      // … and the first at work
    void setCheck(const QString& id, bool passed, const QString& sentence); // "parity", "written", "read-back", "logits"
    void setNext(const QString& sentence);   // what to do with the export; forgotten at the next start
    void setCommand(const QString& command); // … and the command that does it
    void setFinished(bool good, const QString& headline, const QString& subtitle);
    QPushButton* openButton() const { return m_open; }

private:
    struct Check {
        IconLabel* icon = nullptr;
        QLabel* sentence = nullptr;
        QString plan; // what it will look at
        bool done = false;
    };
    void addCheck(QHBoxLayout* row, const QString& id, const QString& title, const QString& plan);
    void setHead(const QString& headline, const QString& subtitle);
    void buildNext();
    void reset();
    void showNext(bool running);

    Theme& m_theme;
    QLabel* m_headline;
    QLabel* m_subtitle;
    QPushButton* m_open;
    QWidget* m_next;
    QLabel* m_nextSentence;
    QLabel* m_command;
    QToolButton* m_copy;
    QMap<QString, Check> m_checks;
    QStringList m_order;
};

} // namespace lolcats
