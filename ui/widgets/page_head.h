// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The bar at the top of a page, 48 high: title, chips and tabs from the left, actions at the right.

#include <QFrame>

class QHBoxLayout;
class QLabel;

namespace lolcats {

class PageHead : public QFrame {
    Q_OBJECT

public:
    explicit PageHead(const QString& title, QWidget* parent = nullptr);

    void addLeft(QWidget* widget, int gapBefore = 12);
    void addRight(QWidget* widget, int gapBefore = 8);

private:
    QHBoxLayout* m_left;
    QHBoxLayout* m_right;
};

} // namespace lolcats
