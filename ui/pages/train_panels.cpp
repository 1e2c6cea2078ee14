// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/train_panels.h"

#include "ui/widgets/buttons.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace lolcats {

namespace {

constexpr int kRightWidth = 376;
constexpr int kGap = 12;

class HeldOutDelegate : public CellDelegate {
public:
    using CellDelegate::CellDelegate;

protected:
    void paintCell(QPainter& painter, const QRect& cell, const QModelIndex& index) const override {
        const bool best = index.column() == CurveTableModel::ValueColumn && index.data(CurveTableModel::BestRole).toBool();
        paintText(painter, cell, index, best, index.column() == CurveTableModel::ChangeColumn ? Token::Muted : Token::Text);
    }
};

} // namespace

StagePanel::StagePanel(QWidget* parent) : QWidget(parent), m_left(new QWidget), m_right(new QWidget) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGap);
    row->addWidget(m_left, 1);
    row->addWidget(m_right);
    m_leftColumn = new QVBoxLayout(m_left);
    m_rightColumn = new QVBoxLayout(m_right);
    for (QVBoxLayout* column : {m_leftColumn, m_rightColumn}) {
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(kGap);
    }
    m_right->setFixedWidth(kRightWidth);
    connect(&m_group, &PlotGroup::layerPicked, this, &StagePanel::layerPicked);
}

void StagePanel::setNarrow(bool narrow, bool tableShown) {
    m_left->setVisible(!narrow || !tableShown);
    m_right->setVisible(!narrow || tableShown);
    m_right->setMinimumWidth(narrow ? 0 : kRightWidth);
    m_right->setMaximumWidth(narrow ? QWIDGETSIZE_MAX : kRightWidth);
}

Card* StagePanel::makeChoice(const QStringList& words, const std::vector<std::string>& kinds, const QString& name,
                             const Theme& theme, const Curves& curves) {
    auto* card = new Card(plotKind(kinds.front()).title);
    auto* stack = new QStackedWidget;
    for (const std::string& kind : kinds) {
        Plot* plot = plotKind(kind).make(theme, curves).release();
        m_group.add(plot);
        stack->addWidget(plot);
    }
    auto* segments = new Segments(words, name);
    card->addTool(segments);
    card->body()->addWidget(stack, 1);
    connect(segments, &Segments::chosen, card, [card, stack, kinds](int index) {
        stack->setCurrentIndex(index);
        card->setTitle(plotKind(kinds[static_cast<std::size_t>(index)]).title);
    });
    return card;
}

TransferPanel::TransferPanel(const Theme& theme, const Curves& curves, QWidget* parent)
    : StagePanel(parent), m_errors(new PlotCard("layer_error", theme, curves, m_group)),
      m_layersCard(new Card(tr("Layers"), tr("worst first"))), m_table(new LayersTable(theme)) {
    setObjectName(QStringLiteral("transferPanel"));
    m_leftColumn->addWidget(m_errors, 356);
    m_leftColumn->addWidget(new PlotCard("layer_by_step", theme, curves, m_group), 260);
    m_layersCard->setHeaderLine(true);
    m_layersCard->body()->addWidget(m_table, 1);
    m_rightColumn->addWidget(m_layersCard, 356);
    m_rightColumn->addWidget(makeChoice({tr("Error"), tr("Rate"), tr("Gradient"), tr("Speed")},
                                        {"mean_error", "learning_rate", "gradient", "throughput"}, QStringLiteral("meanChoice"),
                                        theme, curves),
                             260);
    connect(m_table, &LayersTable::layerPicked, this, &StagePanel::layerPicked);
    connect(m_table, &LayersTable::pinToggled, this, &StagePanel::pinToggled);
}

void TransferPanel::updateTables(const Curves& curves, const PlotSettings& settings) {
    m_table->update(curves, settings);
    const auto pinned = settings.pinnedLayers.size();
    m_layersCard->setSubtitle(pinned == 0 ? tr("worst first") : tr("worst first, %1 pinned").arg(pinned));
}

void TransferPanel::setStatus(const QString& status) {
    m_errors->setSubtitle(status.isEmpty() ? plotKind("layer_error").sentence : status);
}

LoraPanel::LoraPanel(const Theme& theme, const Curves& curves, QWidget* parent)
    : StagePanel(parent), m_loss(new PlotCard("finetune_loss", theme, curves, m_group)), m_heldOut(new CurveTableModel(this)) {
    setObjectName(QStringLiteral("loraPanel"));
    m_leftColumn->addWidget(m_loss, 356);
    m_leftColumn->addWidget(new PlotCard("throughput", theme, curves, m_group), 260);
    auto* held = new Card(tr("Held out"), tr("newest first"));
    held->setHeaderLine(true);
    auto* table = new QTableView;
    table->setObjectName(QStringLiteral("heldOutTable"));
    table->setAccessibleName(tr("Loss on held-out rows"));
    prepareTable(*table, 25);
    table->setModel(m_heldOut);
    table->setSelectionMode(QAbstractItemView::NoSelection);
    table->setItemDelegate(new HeldOutDelegate(theme, table));
    table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    held->body()->addWidget(table, 1);
    m_rightColumn->addWidget(held, 356);
    m_rightColumn->addWidget(
        makeChoice({tr("Rate"), tr("Gradient")}, {"learning_rate", "gradient"}, QStringLiteral("loraChoice"), theme, curves),
        260);
}

void LoraPanel::updateTables(const Curves& curves, const PlotSettings& settings) {
    const bool kl = settings.finetuneLoss == "kl";
    m_heldOut->setPoints(curves.points(Stage::Finetune, kl ? "finetune.heldout.kl" : "finetune.heldout.loss"),
                         kl ? tr("KL, nats") : tr("Loss, nats"));
}

void LoraPanel::setStatus(const QString& status) {
    m_loss->setSubtitle(status);
}

} // namespace lolcats
