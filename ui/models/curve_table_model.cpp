// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/curve_table_model.h"

#include "ui/plots/numbers.h"

#include <algorithm>

namespace lolcats {

void CurveTableModel::setPoints(const std::vector<CurvePoint>& points, const QString& valueName) {
    const auto same = [](const CurvePoint& a, const CurvePoint& b) { return a.step == b.step && a.value == b.value; };
    if (m_valueName == valueName && std::equal(points.rbegin(), points.rend(), m_points.begin(), m_points.end(), same))
        return;
    beginResetModel();
    m_points.assign(points.rbegin(), points.rend());
    m_valueName = valueName;
    endResetModel();
}

int CurveTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_points.size());
}
int CurveTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant CurveTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const auto row = static_cast<std::size_t>(index.row());
    const CurvePoint& point = m_points[row];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role == BestRole)
        return std::none_of(m_points.begin(), m_points.end(),
                            [&](const CurvePoint& other) { return other.value < point.value; });
    if (role != Qt::DisplayRole)
        return {};
    if (index.column() == StepColumn)
        return countText(static_cast<double>(point.step));
    if (index.column() == ValueColumn)
        return figureText(point.value);
    if (row + 1 == m_points.size())
        return QStringLiteral("–");
    const double before = m_points[row + 1].value;
    return signedPercent((point.value - before) / before);
}

QVariant CurveTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    const QStringList names = {tr("Step"), m_valueName, tr("Change")};
    return names.value(section);
}

} // namespace lolcats
