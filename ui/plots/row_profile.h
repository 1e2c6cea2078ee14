// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where one query looks: teacher's and student's weights over the keys, the student's window shaded, the words below.

#include "ui/models/head_weights.h"
#include "ui/theme.h"

#include <QWidget>

#include <string>
#include <vector>

namespace lolcats {

class RowProfile : public QWidget {
    Q_OBJECT

public:
    explicit RowProfile(const Theme& theme, QWidget* parent = nullptr);

    void setRow(const WeightTriangle& teacher, const WeightTriangle& student, int query, int key);
    void setTokens(const std::vector<std::string>& tokens, int window, int sinks);
    void setLogarithmic(bool logarithmic);
    void clear();

    QSize minimumSizeHint() const override { return {240, 130}; }

Q_SIGNALS:
    void keyPicked(int key);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;

private:
    QRectF area() const;
    double across(double key) const;
    double up(double value) const;
    void paintWindow(QPainter& painter) const;
    void paintAxes(QPainter& painter) const;
    void paintWords(QPainter& painter) const;
    void paintCurve(QPainter& painter, const std::vector<float>& values, Token color) const;

    const Theme& m_theme;
    std::vector<float> m_teacher;
    std::vector<float> m_student;
    std::vector<std::string> m_tokens;
    int m_window = 0;
    int m_sinks = 0;
    int m_key = -1;
    bool m_logarithmic = true;
    double m_high = 1;
};

} // namespace lolcats
