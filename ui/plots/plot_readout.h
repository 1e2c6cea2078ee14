// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The small frame beside a crosshair: where it stands, and what each focused curve is there.

#include "ui/theme.h"

#include <QWidget>

#include <vector>

namespace lolcats {

class PlotReadout : public QWidget {
    Q_OBJECT

public:
    struct Row {
        QColor color;
        QString name;
        QString value;
    };
    PlotReadout(const Theme& theme, QWidget* parent);

    void setRows(const QString& where, const QString& when, std::vector<Row> rows);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    QString m_where;
    QString m_when;
    std::vector<Row> m_rows;
};

} // namespace lolcats
