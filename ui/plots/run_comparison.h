// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One metric across runs, each in its own colour with its name at the end of its line.

#include "ui/plots/plot.h"

namespace lolcats {

// The colour of the n-th compared run; after four the colours come again with dashes.
QColor runColor(const Theme& theme, int place);

class RunComparison : public Plot {
    Q_OBJECT

public:
    struct Run {
        QString path;
        QString name;
        std::vector<CurvePoint> points;
    };

    explicit RunComparison(const Theme& theme, QWidget* parent = nullptr);

    void setRuns(std::vector<Run> runs); // in order of their colours
    void setPoints(const QString& path, const std::vector<CurvePoint>& points);
    void clearPoints(); // of another metric
    void setTitle(const QString& axisTitle) { m_title = axisTitle; }

    std::vector<QWidget*> makeTools(QWidget* parent) override;

protected:
    void draw() override;
    bool hasPoints() const override;
    std::vector<ReadoutRow> readout(double x) const override;

private:
    std::vector<double> values(const Run& run) const;

    std::vector<Run> m_runs;
    QString m_title;
};

} // namespace lolcats
