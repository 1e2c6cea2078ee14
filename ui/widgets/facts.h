// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Facts side by side, each a small title over its value, going on in a next line where the width ends.

#include "ui/theme.h"

#include <QVector>
#include <QWidget>

namespace lolcats {

struct Fact {
    QString title;
    QString value;
    QString icon = {};        // before the value, may be empty
    Token tint = Token::Text; // of icon and value
    bool strong = false;
};

class Facts : public QWidget {
    Q_OBJECT

public:
    explicit Facts(Theme& theme, QWidget* parent = nullptr);

    void setFacts(const QVector<Fact>& facts);
    QString value(const QString& title) const;

    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return {400, heightForWidth(400)}; }
    QSize minimumSizeHint() const override { return {200, 36}; }

protected:
    void paintEvent(QPaintEvent*) override;

private:
    int widthOf(const Fact& fact) const;
    QVector<QPoint> places(int width) const;

    Theme& m_theme;
    QVector<Fact> m_facts;
};

} // namespace lolcats
