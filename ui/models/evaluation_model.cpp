// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/evaluation_model.h"

#include "ui/plots/numbers.h"
#include "ui/widgets/figures.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace lolcats {

namespace {

struct RowWords {
    const char* name;
    const char* title;
    const char* note;
};
// In the order in which they are shown.
constexpr RowWords kRows[] = {
    {"teacher", "Teacher", "softmax attention"},
    {"student", "Student", "after all training"},
    {"student-after-transfer", "Student before LoRA", "after transfer only"},
    {"untrained-student", "No training", "as it starts, before the first step"},
    {"untrained-window", "Window only", "no training, linear part removed"},
};

const RowWords* wordsOf(const std::string& name) {
    const auto found = std::find_if(std::begin(kRows), std::end(kRows), [&](const RowWords& row) { return name == row.name; });
    return found == std::end(kRows) ? nullptr : found;
}

double figure(const EvaluationRow& row, int column) {
    switch (column) {
    case EvaluationModel::PerplexityColumn:
        return row.perplexity;
    case EvaluationModel::KlColumn:
        return row.kl;
    case EvaluationModel::BeyondColumn:
        return row.klBeyond;
    case EvaluationModel::AgreementColumn:
        return -row.agreement;
    default:
        return static_cast<double>(row.stateBytes);
    }
}

} // namespace

QString evaluationRowTitle(const std::string& name) {
    const RowWords* words = wordsOf(name);
    return words != nullptr ? EvaluationModel::tr(words->title) : QString::fromStdString(name);
}

QString evaluationRowNote(const std::string& name) {
    const RowWords* words = wordsOf(name);
    return words != nullptr ? EvaluationModel::tr(words->note) : QString();
}

void EvaluationModel::setTable(const EvaluationTable& table) {
    beginResetModel();
    m_table = table;
    std::stable_sort(m_table.rows.begin(), m_table.rows.end(), [](const EvaluationRow& a, const EvaluationRow& b) {
        const auto place = [](const EvaluationRow& row) {
            const RowWords* words = wordsOf(row.name);
            return words != nullptr ? words - std::begin(kRows) : std::ssize(kRows);
        };
        return place(a) < place(b);
    });
    endResetModel();
}

const EvaluationRow* EvaluationModel::row(const std::string& name) const {
    const auto found =
        std::find_if(m_table.rows.begin(), m_table.rows.end(), [&](const EvaluationRow& r) { return r.name == name; });
    return found == m_table.rows.end() ? nullptr : &*found;
}

int EvaluationModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_table.rows.size());
}
int EvaluationModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QString EvaluationModel::text(const EvaluationRow& row, int column) const {
    const QString missing = QStringLiteral("–");
    switch (column) {
    case NameColumn:
        return evaluationRowTitle(row.name);
    case PerplexityColumn:
        return decimalNumber(row.perplexity, 2);
    case KlColumn:
        return row.name == "teacher" ? QStringLiteral("0") : decimalNumber(row.kl, 3);
    case BeyondColumn:
        if (std::isnan(row.klBeyond))
            return missing;
        return row.name == "teacher" ? QStringLiteral("0") : decimalNumber(row.klBeyond, 3);
    case AgreementColumn:
        return decimalNumber(row.agreement * 100, 1);
    default:
        return row.stateBytes > 0 ? bytesText(row.stateBytes) : missing;
    }
}

double EvaluationModel::share(const EvaluationRow& row, int column) const {
    if (column == AgreementColumn)
        return std::clamp(row.agreement, 0.0, 1.0);
    if (column != KlColumn)
        return -1;
    double most = 0;
    for (const EvaluationRow& other : m_table.rows)
        if (std::isfinite(other.kl))
            most = std::max(most, other.kl);
    return most > 0 && std::isfinite(row.kl) ? row.kl / most : 0;
}

bool EvaluationModel::isBest(const EvaluationRow& row, int column) const {
    if (column == NameColumn || column == StateColumn || row.name == "teacher" || !std::isfinite(figure(row, column)))
        return false;
    return std::all_of(m_table.rows.begin(), m_table.rows.end(), [&](const EvaluationRow& other) {
        return other.name == "teacher" || !(figure(other, column) < figure(row, column));
    });
}

QVariant EvaluationModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const EvaluationRow& row = m_table.rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::TextAlignmentRole:
        return QVariant::fromValue(index.column() == NameColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                                                : Qt::AlignRight | Qt::AlignVCenter);
    case RowNameRole:
        return QString::fromStdString(row.name);
    case NoteRole:
        return evaluationRowNote(row.name);
    case ShareRole:
        return share(row, index.column());
    case BestRole:
        return isBest(row, index.column());
    default:
        return {};
    }
}

QVariant EvaluationModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section == NameColumn || section == KlColumn || section == AgreementColumn
                                       ? Qt::AlignLeft | Qt::AlignVCenter
                                       : Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == BeyondColumn)
        return tr("KL to the teacher at positions from two windows on");
    if (role == Qt::ToolTipRole && section == StateColumn)
        return tr("What one sequence keeps while decoding, at the evaluated length");
    if (role != Qt::DisplayRole)
        return {};
    static const QStringList names = {tr("Model"),     tr("Perplexity"),        tr("KL to the teacher, nats"),
                                      tr("KL beyond"), tr("Same top token, %"), tr("Memory of a sequence")};
    return names.value(section);
}

} // namespace lolcats
