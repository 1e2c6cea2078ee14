// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One of several formats to choose from: a card with a ring, a title, a sentence and a size.

#include "ui/theme.h"

#include <QAbstractButton>

namespace lolcats {

class FormatCard : public QAbstractButton {
    Q_OBJECT

public:
    FormatCard(const QString& id, const QString& title, const QString& sentence, Theme& theme, QWidget* parent = nullptr);

    const QString& id() const { return m_id; }
    void setSize(const QString& size);
    QSize sizeHint() const override { return {300, 56}; }

protected:
    void paintEvent(QPaintEvent*) override;
    void enterEvent(QEnterEvent*) override { update(); }
    void leaveEvent(QEvent*) override { update(); }

private:
    Theme& m_theme;
    QString m_id;
    QString m_sentence;
    QString m_size;
};

} // namespace lolcats
