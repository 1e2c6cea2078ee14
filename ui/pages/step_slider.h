// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A slider over the steps at which there are snapshots, with a tick for each; it stops only at those.

#include "ui/theme.h"

#include <QWidget>

#include <cstdint>
#include <vector>

namespace lolcats {

class StepSlider : public QWidget {
    Q_OBJECT

public:
    explicit StepSlider(const Theme& theme, QWidget* parent = nullptr);

    void setSteps(const std::vector<std::int64_t>& steps); // ascending
    void setCurrent(int index);                            // says nothing
    int current() const { return m_current; }

    QSize sizeHint() const override { return {260, 28}; }
    QSize minimumSizeHint() const override { return {100, 28}; }

Q_SIGNALS:
    void chosen(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    double placeOf(int index) const;
    void choose(int index);
    void chooseNearest(double x);

    const Theme& m_theme;
    std::vector<std::int64_t> m_steps;
    int m_current = -1;
};

} // namespace lolcats
