// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What stands below the Train page's head: one panel for each stage, and the result.

#include "ui/models/curve_table_model.h"
#include "ui/pages/train_tables.h"
#include "ui/plots/plot_group.h"

#include <QWidget>

class QLabel;
class QStackedWidget;
class QVBoxLayout;

namespace lolcats {

// Plots at the left, tables at the right; where the page is narrow one of the two at a time.
class StagePanel : public QWidget {
    Q_OBJECT

public:
    explicit StagePanel(QWidget* parent = nullptr);

    void setNarrow(bool narrow, bool tableShown);
    void setSettings(const PlotSettings& settings) { m_group.setSettings(settings); }
    // Points came: plots draw by their own beat, tables when they are told.
    void touch() { m_group.touch(); }

Q_SIGNALS:
    void layerPicked(int layer);
    void pinToggled(int layer);

protected:
    // A card with one plot at a time, chosen by segments.
    Card* makeChoice(const QStringList& words, const std::vector<std::string>& kinds, const QString& name, const Theme& theme,
                     const Curves& curves);

    PlotGroup m_group;
    QWidget* m_left;
    QWidget* m_right;
    QVBoxLayout* m_leftColumn;
    QVBoxLayout* m_rightColumn;
};

class TransferPanel : public StagePanel {
    Q_OBJECT

public:
    TransferPanel(const Theme& theme, const Curves& curves, QWidget* parent = nullptr);
    void updateTables(const Curves& curves, const PlotSettings& settings);
    void setStatus(const QString& status); // beside the title of the first card; empty: what the plot is about
    int worstLayer() const { return m_table->layers().worstLayer(); }

private:
    PlotCard* m_errors;
    Card* m_layersCard;
    LayersTable* m_table;
};

class LoraPanel : public StagePanel {
    Q_OBJECT

public:
    LoraPanel(const Theme& theme, const Curves& curves, QWidget* parent = nullptr);
    void updateTables(const Curves& curves, const PlotSettings& settings);
    void setStatus(const QString& status);

private:
    PlotCard* m_loss;
    CurveTableModel* m_heldOut;
};

class ResultPanel : public QWidget {
    Q_OBJECT

public:
    explicit ResultPanel(const Theme& theme, QWidget* parent = nullptr);
    void setTable(const EvaluationTable& table);

private:
    QWidget* makeFigures();

    EvaluationModel* m_model;
    EvaluationTableView* m_view;
    QLabel* m_headline;
    QLabel* m_meaning;
    QLabel* m_measured;
    QLabel* m_figures[3][2]; // the figure, and what it is held against
    QWidget* m_figureRow;
};

} // namespace lolcats
