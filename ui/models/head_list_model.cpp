// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/head_list_model.h"

#include "ui/plots/numbers.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace lolcats {

void HeadListModel::setSnapshot(const MapSnapshot& snapshot) {
    beginResetModel();
    m_rows.clear();
    const int perKv = snapshot.kvHeads > 0 ? std::max(1, snapshot.heads / snapshot.kvHeads) : 1;
    m_grouped = perKv > 1;
    for (const HeadMap& map : snapshot.maps)
        m_rows.push_back({map.layer, map.head, map.head / perKv, map.kl});
    const auto badness = [](const Row& row) { return std::isfinite(row.kl) ? row.kl : 1e300; };
    std::stable_sort(m_rows.begin(), m_rows.end(), [&](const Row& a, const Row& b) { return badness(a) > badness(b); });
    endResetModel();
}

int HeadListModel::rowOf(int layer, int head) const {
    const auto found =
        std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return row.layer == layer && row.head == head; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

std::vector<int> HeadListModel::layers() const {
    std::set<int> layers;
    for (const Row& row : m_rows)
        layers.insert(row.layer);
    return {layers.begin(), layers.end()};
}

std::vector<int> HeadListModel::heads(int layer) const {
    std::set<int> heads;
    for (const Row& row : m_rows)
        if (row.layer == layer)
            heads.insert(row.head);
    return {heads.begin(), heads.end()};
}

HeadListModel::Bracket HeadListModel::bracket(std::size_t row) const {
    if (!m_grouped)
        return None;
    const bool above = row > 0 && together(row - 1, row);
    const bool below = row + 1 < m_rows.size() && together(row, row + 1);
    return above && below ? Middle : above ? Last : below ? First : None;
}

int HeadListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant HeadListModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return QStringLiteral("L%1 · H%2").arg(row.layer).arg(row.head);
    case Qt::AccessibleTextRole:
        return tr("layer %1, head %2, KL %3").arg(row.layer).arg(row.head).arg(figureText(row.kl));
    case LayerRole:
        return row.layer;
    case HeadRole:
        return row.head;
    case KvRole:
        return m_grouped ? tr("KV %1").arg(row.kv) : QString();
    case KlRole:
        return decimalNumber(row.kl, 2);
    case ShareRole:
        return m_rows.front().kl > 0 && std::isfinite(row.kl) ? row.kl / m_rows.front().kl : 1.0;
    case BracketRole:
        return bracket(static_cast<std::size_t>(index.row()));
    default:
        return {};
    }
}

} // namespace lolcats
