// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Plots of one page that share settings, crosshair and the picking of a layer; and the card that a plot stands in.

#include "ui/plots/plot.h"
#include "ui/widgets/card.h"

#include <QObject>

namespace lolcats {

class PlotGroup : public QObject {
    Q_OBJECT

public:
    explicit PlotGroup(QObject* parent = nullptr) : QObject(parent) {}

    void add(Plot* plot);
    void setSettings(const PlotSettings& settings);
    void touch();

Q_SIGNALS:
    void layerPicked(int layer);

private:
    std::vector<Plot*> m_plots;
};

// A plot out of the list in a card with its title and tools; it joins the group.
class PlotCard : public Card {
    Q_OBJECT

public:
    PlotCard(const std::string& kind, const Theme& theme, const Curves& curves, PlotGroup& group, QWidget* parent = nullptr);
    Plot* plot() const { return m_plot; }

private:
    Plot* m_plot;
};

} // namespace lolcats
