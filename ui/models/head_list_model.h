// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The heads of a snapshot, worst first.

#include "core/records/attention_map.h"

#include <QAbstractListModel>

#include <vector>

namespace lolcats {

class HeadListModel : public QAbstractListModel {
    Q_OBJECT

public:
    enum Role { LayerRole = Qt::UserRole + 1, HeadRole, KvRole, KlRole, ShareRole, BracketRole };
    // Heads that share a KV head and stand together.
    enum Bracket { None, First, Middle, Last };

    using QAbstractListModel::QAbstractListModel;

    void setSnapshot(const MapSnapshot& snapshot);
    int rowOf(int layer, int head) const; // −1: not there
    std::vector<int> layers() const;      // that were kept, ascending
    std::vector<int> heads(int layer) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;

private:
    struct Row {
        int layer = 0;
        int head = 0;
        int kv = 0;
        double kl = 0;
    };
    bool together(std::size_t a, std::size_t b) const {
        return m_rows[a].layer == m_rows[b].layer && m_rows[a].kv == m_rows[b].kv;
    }
    Bracket bracket(std::size_t row) const;

    std::vector<Row> m_rows;
    bool m_grouped = false; // several heads to a KV head
};

} // namespace lolcats
