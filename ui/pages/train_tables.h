// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The tables of the Train page: layers with bar and small line, and the rows of an evaluation.

#include "ui/models/evaluation_model.h"
#include "ui/models/layer_table_model.h"
#include "ui/pages/table_look.h"
#include "ui/plots/plot.h"

namespace lolcats {

class LayersTable : public QTableView {
    Q_OBJECT

public:
    LayersTable(const Theme& theme, QWidget* parent = nullptr);

    void update(const Curves& curves, const PlotSettings& settings);
    const LayerTableModel& layers() const { return *m_model; }

Q_SIGNALS:
    void layerPicked(int layer);
    void pinToggled(int layer);

protected:
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    class Delegate;
    void selectCurrent(int layer);

    LayerTableModel* m_model;
    PlotSettings m_settings;
    bool m_selecting = false;
};

class EvaluationTableView : public QTableView {
    Q_OBJECT

public:
    EvaluationTableView(const Theme& theme, EvaluationModel& model, QWidget* parent = nullptr);
    int wholeHeight() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    class Delegate;
};

} // namespace lolcats
