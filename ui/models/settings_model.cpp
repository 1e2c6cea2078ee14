// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/settings_model.h"

#include "core/records/conversion_plan.h"
#include "ui/models/run_table_model.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QPixmap>

namespace lolcats {

namespace {

QString valueText(const QJsonValue& value) {
    switch (value.type()) {
    case QJsonValue::Bool:
        return value.toBool() ? QStringLiteral("yes") : QStringLiteral("no");
    case QJsonValue::Double:
        return QString::number(value.toDouble(), 'g', 6);
    case QJsonValue::String:
        return value.toString().isEmpty() ? QStringLiteral("–") : value.toString();
    case QJsonValue::Array: {
        QStringList entries;
        for (const QJsonValue& entry : value.toArray())
            entries << valueText(entry);
        return entries.isEmpty() ? QStringLiteral("none") : entries.join(QStringLiteral(", "));
    }
    default:
        return QStringLiteral("–");
    }
}

// The names of forms, in their order; what no form has keeps its own name and comes last.
std::vector<std::pair<QString, QString>> namesInOrder(const QList<QJsonObject>& plans) {
    std::vector<std::pair<QString, QString>> names;
    QStringList seen = {QStringLiteral("lolcats_plan")};
    for (const PlanSection& section : planSections())
        for (const OptionDescription& option : section.options) {
            const QString name = QString::fromStdString(option.name);
            names.emplace_back(name, QString::fromStdString(option.title) +
                                         (section.id == "transfer" || section.id == "finetune"
                                              ? QStringLiteral(", ") + QString::fromStdString(section.id)
                                              : QString()));
            seen << name;
        }
    for (const QJsonObject& plan : plans)
        for (const QString& name : plan.keys())
            if (!seen.contains(name)) {
                QString title = QString(name).replace(QLatin1Char('_'), QLatin1Char(' '));
                title[0] = title[0].toUpper();
                names.emplace_back(name, title);
                seen << name;
            }
    return names;
}

} // namespace

void SettingsModel::setRuns(const std::vector<RunRecord>& runs, const QList<QColor>& colors) {
    m_runs = runs;
    m_colors = colors;
    fill();
}

void SettingsModel::setAll(bool all) {
    m_all = all;
    fill();
}

void SettingsModel::fill() {
    beginResetModel();
    m_rows.clear();
    m_names.clear();
    m_equal = 0;
    QList<QJsonObject> plans;
    for (const RunRecord& run : m_runs) {
        m_names << QString::fromStdString(run.name);
        plans << QJsonDocument::fromJson(QByteArray::fromStdString(run.planJson)).object();
    }
    m_names = shortRunNames(m_names);
    for (const auto& [name, title] : namesInOrder(plans)) {
        Row row{title, {}, false};
        bool there = false;
        for (const QJsonObject& plan : plans) {
            row.values << valueText(plan.value(name));
            row.differs = row.differs || row.values.back() != row.values.front();
            there = there || plan.contains(name);
        }
        if (!there)
            continue;
        m_equal += row.differs ? 0 : 1;
        if (row.differs || m_all || m_runs.size() == 1)
            m_rows.push_back(std::move(row));
    }
    endResetModel();
}

int SettingsModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int SettingsModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_names.size()) + 1;
}

QVariant SettingsModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(index.column() == 0 ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    if (role == DiffersRole)
        return index.column() > 1 && row.values[index.column() - 1] != row.values.front();
    if (role != Qt::DisplayRole && role != Qt::ToolTipRole)
        return {};
    return index.column() == 0 ? row.title : row.values[index.column() - 1];
}

QVariant SettingsModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section == 0 ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::DecorationRole && section > 0 && section <= m_colors.size()) {
        QPixmap swatch(8, 8);
        swatch.fill(m_colors[section - 1]);
        return swatch;
    }
    if (role != Qt::DisplayRole)
        return {};
    return section == 0 ? tr("Setting") : m_names.value(section - 1);
}

} // namespace lolcats
