// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_group.h"

#include <QVBoxLayout>

namespace lolcats {

void PlotGroup::add(Plot* plot) {
    m_plots.push_back(plot);
    connect(plot, &Plot::layerPicked, this, &PlotGroup::layerPicked);
    connect(plot, &Plot::crosshairMoved, this, [this](double x) {
        for (Plot* other : m_plots)
            other->setCrosshair(x);
    });
    connect(plot, &Plot::crosshairLeft, this, [this] {
        for (Plot* other : m_plots)
            other->setCrosshair(std::nullopt);
    });
}

void PlotGroup::setSettings(const PlotSettings& settings) {
    for (Plot* plot : m_plots)
        plot->setSettings(settings);
}

void PlotGroup::touch() {
    for (Plot* plot : m_plots)
        plot->touch();
}

PlotCard::PlotCard(const std::string& kind, const Theme& theme, const Curves& curves, PlotGroup& group, QWidget* parent)
    : Card(plotKind(kind).title, plotKind(kind).sentence, parent), m_plot(plotKind(kind).make(theme, curves).release()) {
    for (QWidget* tool : m_plot->makeTools(this))
        addTool(tool);
    body()->addWidget(m_plot, 1);
    group.add(m_plot);
}

} // namespace lolcats
