// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A label that gives way: what does not fit is cut with an ellipsis, and the tooltip then has the whole.

#include <QLabel>

namespace lolcats {

class ElidedLabel : public QLabel {
    Q_OBJECT

public:
    explicit ElidedLabel(const QString& text = {}, const char* role = nullptr, QWidget* parent = nullptr);

    void setElideMode(Qt::TextElideMode mode) { m_mode = mode; }
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    bool event(QEvent* event) override;

private:
    bool isCut() const;

    Qt::TextElideMode m_mode = Qt::ElideRight;
};

} // namespace lolcats
