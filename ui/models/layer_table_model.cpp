// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/layer_table_model.h"

#include "ui/plots/numbers.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {
constexpr std::int64_t kChangeSteps = 100;
constexpr std::int64_t kLineSteps = 300;
constexpr int kLinePoints = 40;
} // namespace

LayerTableModel::Row LayerTableModel::rowFrom(int layer, const std::vector<CurvePoint>& points, double smoothing) {
    std::vector<double> values;
    values.reserve(points.size());
    for (const CurvePoint& point : points)
        values.push_back(point.value);
    if (smoothing > 0)
        values = smoothed(values, smoothing);
    Row row{layer, values.back(), std::numeric_limits<double>::quiet_NaN(), {}};
    const std::int64_t last = points.back().step;
    const auto stepAt = [&](std::int64_t step) {
        return std::lower_bound(points.begin(), points.end(), step,
                                [](const CurvePoint& point, std::int64_t wanted) { return point.step < wanted; }) -
               points.begin();
    };
    if (points.front().step <= last - kChangeSteps) {
        const double before = values[static_cast<std::size_t>(stepAt(last - kChangeSteps))];
        row.change = (row.error - before) / before;
    }
    const auto first = static_cast<std::size_t>(stepAt(last - kLineSteps));
    const std::size_t count = values.size() - first;
    const std::size_t wanted = std::min<std::size_t>(count, kLinePoints);
    for (std::size_t i = 0; i < wanted; ++i)
        row.line.append(points[first + (wanted == 1 ? 0 : i * (count - 1) / (wanted - 1))].value);
    return row;
}

void LayerTableModel::update(const Curves& curves, double smoothing) {
    std::vector<Row> rows;
    for (const int layer : curves.layers(Stage::Transfer, "transfer.relative"))
        rows.push_back(rowFrom(layer, curves.points(Stage::Transfer, "transfer.relative", layer), smoothing));
    // What is no number is the worst of all.
    const auto badness = [](const Row& row) {
        return std::isfinite(row.error) ? row.error : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) { return badness(a) > badness(b); });
    if (rows.size() != m_rows.size()) {
        beginResetModel();
        m_rows = std::move(rows);
        endResetModel();
        return;
    }
    if (rows.empty())
        return;
    Q_EMIT layoutAboutToBeChanged();
    const QModelIndexList from = persistentIndexList();
    std::vector<int> layers;
    for (const QModelIndex& old : from)
        layers.push_back(layerAt(old.row()));
    m_rows = std::move(rows);
    QModelIndexList to;
    for (qsizetype i = 0; i < from.size(); ++i)
        to.append(index(rowOf(layers[static_cast<std::size_t>(i)]), from[i].column()));
    changePersistentIndexList(from, to);
    Q_EMIT layoutChanged();
}

int LayerTableModel::rowOf(int layer) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [layer](const Row& row) { return row.layer == layer; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

int LayerTableModel::layerAt(int row) const {
    return row >= 0 && row < static_cast<int>(m_rows.size()) ? m_rows[static_cast<std::size_t>(row)].layer : -1;
}

int LayerTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int LayerTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LayerTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case LayerRole:
        return row.layer;
    case ErrorRole:
        return row.error;
    case LineRole:
        return QVariant::fromValue(row.line);
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(index.column() == LayerColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                                                 : Qt::AlignRight | Qt::AlignVCenter);
    case Qt::DisplayRole:
        if (index.column() == LayerColumn)
            return QStringLiteral("L%1").arg(row.layer);
        if (index.column() == ErrorColumn)
            return figureText(row.error);
        if (index.column() == ChangeColumn)
            return signedPercent(row.change);
        return {};
    case Qt::AccessibleTextRole:
        return tr("layer %1, error %2, %3 per 100 steps").arg(row.layer).arg(figureText(row.error), signedPercent(row.change));
    default:
        return {};
    }
}

QVariant LayerTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section == LayerColumn || section == LineColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                                                                   : Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == ChangeColumn)
        return tr("Change over the last 100 steps");
    if (role != Qt::DisplayRole)
        return {};
    static const QStringList names = {tr("Layer"), tr("Error"), QString(), tr("per 100"), tr("Last 300")};
    return names.value(section);
}

} // namespace lolcats
