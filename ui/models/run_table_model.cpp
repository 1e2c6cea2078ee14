// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_table_model.h"

#include "core/records/plan_json.h"
#include "ui/plots/numbers.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/run_state.h"

#include <QDateTime>
#include <QFileInfo>
#include <QLocale>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lolcats {

namespace {
constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
}

RunTableModel::Row RunTableModel::rowFrom(const RunRecord& run) {
    Row row{run, {}, {}, -1, 0, 0, kMissing, kMissing, kMissing};
    std::string model = run.provenance.modelPath;
    // A plan that cannot be read leaves its columns empty; the run is still a row.
    try {
        const ConversionPlan plan = planFromStoredJson(run.planJson);
        row.attention = QString::fromStdString(plan.attention);
        row.steps = plan.transferSteps + plan.finetuneSteps;
        if (model.empty())
            model = plan.model;
        const auto window = plan.options.find("window");
        if (window != plan.options.end() && std::holds_alternative<std::int64_t>(window->second))
            row.window = std::get<std::int64_t>(window->second);
    } catch (const std::exception&) {
        row.attention.clear();
    }
    row.model = QFileInfo(QString::fromStdString(model)).completeBaseName();
    for (const StageRecord& stage : run.stages)
        if (stage.stage == Stage::Transfer || stage.stage == Stage::Finetune)
            row.step += stage.step;
    if (run.evaluation)
        for (const EvaluationRow& measured : run.evaluation->rows) {
            if (measured.name == "untrained-window")
                row.windowKl = measured.kl;
            // The student of the last stage that there is: one that was finetuned goes before one that was not.
            if (measured.name == "student" || (measured.name == "student-after-transfer" && std::isnan(row.kl))) {
                row.kl = measured.kl;
                row.agreement = measured.agreement;
            }
        }
    return row;
}

void RunTableModel::setRuns(const std::vector<RunRecord>& runs) {
    std::vector<Row> rows;
    for (const RunRecord& run : runs)
        rows.push_back(rowFrom(run));
    const auto samePath = [](const Row& a, const Row& b) { return a.run.path == b.run.path; };
    if (std::equal(rows.begin(), rows.end(), m_rows.begin(), m_rows.end(), samePath)) {
        m_rows = std::move(rows);
        if (!m_rows.empty())
            Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

int RunTableModel::rowOf(const QString& path) const {
    const std::string wanted = path.toStdString();
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const Row& row) { return row.run.path == wanted; });
    return found == m_rows.end() ? -1 : static_cast<int>(found - m_rows.begin());
}

const RunRecord* RunTableModel::run(const QString& path) const {
    const int row = rowOf(path);
    return row < 0 ? nullptr : &m_rows[static_cast<std::size_t>(row)].run;
}

int RunTableModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}
int RunTableModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

double RunTableModel::figure(const Row& row, int column) {
    switch (column) {
    case ErrorColumn:
        return row.run.bestRelative < 0 ? kMissing : row.run.bestRelative;
    case KlColumn:
        return row.kl;
    case WindowKlColumn:
        return row.windowKl;
    case AgreementColumn:
        return -row.agreement;
    default:
        return kMissing;
    }
}

QString RunTableModel::text(const Row& row, int column) {
    const QString missing = QStringLiteral("–");
    const auto number = [&](double value, int decimals) {
        return std::isnan(value) ? missing : decimalNumber(value, decimals);
    };
    switch (column) {
    case StateColumn:
        return stateWord(row.run.state);
    case NameColumn:
        return QString::fromStdString(row.run.name);
    case ModelColumn:
        return row.model;
    case AttentionColumn:
        return row.attention.isEmpty() ? missing : row.attention;
    case WindowColumn:
        return row.window < 0 ? missing : countText(static_cast<double>(row.window));
    case StepsColumn:
        return row.steps == 0 ? missing
                              : countText(static_cast<double>(row.step)) + QStringLiteral(" / ") +
                                    countText(static_cast<double>(row.steps));
    case ErrorColumn:
    case KlColumn:
    case WindowKlColumn:
        return number(figure(row, column), 3);
    case AgreementColumn:
        return number(row.agreement * 100, 1);
    case StartedColumn:
        return row.run.started > 0 ? QLocale::c().toString(QDateTime::fromSecsSinceEpoch(static_cast<qint64>(row.run.started)),
                                                           QStringLiteral("d MMM HH:mm"))
                                   : missing;
    case TookColumn:
        return row.run.seconds < 1 ? missing : durationText(row.run.seconds);
    default:
        return {};
    }
}

QVariant RunTableModel::sortKey(const Row& row, int column) {
    switch (column) {
    case WindowColumn:
        return row.window;
    case StepsColumn:
        return row.step;
    case StartedColumn:
        return row.run.started;
    case TookColumn:
        return row.run.seconds;
    case AgreementColumn:
        return row.agreement;
    case ErrorColumn:
    case KlColumn:
    case WindowKlColumn:
        return figure(row, column);
    default:
        return text(row, column).toLower();
    }
}

bool RunTableModel::isBest(const Row& row, int column) const {
    if (column == WindowKlColumn || std::isnan(figure(row, column)))
        return false;
    return std::none_of(m_rows.begin(), m_rows.end(),
                        [&](const Row& other) { return figure(other, column) < figure(row, column); });
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid())
        return {};
    const Row& row = m_rows[static_cast<std::size_t>(index.row())];
    switch (role) {
    case Qt::DisplayRole:
        return text(row, index.column());
    case Qt::ToolTipRole:
        return row.run.reason.empty() ? QString::fromStdString(row.run.path) : QString::fromStdString(row.run.reason);
    case Qt::TextAlignmentRole: {
        const bool words = index.column() <= AttentionColumn;
        return QVariant::fromValue(words ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
    }
    case PathRole:
        return QString::fromStdString(row.run.path);
    case StateRole:
        return static_cast<int>(row.run.state);
    case SortRole:
        return sortKey(row, index.column());
    case BestRole:
        return m_rows.size() > 1 && isBest(row, index.column());
    default:
        return {};
    }
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section <= AttentionColumn ? Qt::AlignLeft | Qt::AlignVCenter
                                                              : Qt::AlignRight | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        static const QStringList tips = {tr("Selected runs are compared below"),
                                         {},
                                         {},
                                         {},
                                         {},
                                         tr("Tokens that keep exact softmax attention"),
                                         tr("Steps done of those planned"),
                                         tr("Best relative error on held-out rows, mean over layers"),
                                         tr("KL of the student to its teacher, nats"),
                                         tr("KL of the untrained window alone, nats"),
                                         tr("Share of positions with the teacher's top token")};
        return tips.value(section);
    }
    if (role != Qt::DisplayRole)
        return {};
    static const QStringList names = {QString(),          tr("State"),   tr("Run"),   tr("Model"), tr("Attention"),
                                      tr("Window"),       tr("Steps"),   tr("Error"), tr("KL"),    tr("KL, window"),
                                      tr("Agreement, %"), tr("Started"), tr("Took")};
    return names.value(section);
}

RunFilter::RunFilter(QObject* parent) : QSortFilterProxyModel(parent) {
    setSortRole(RunTableModel::SortRole);
}

void RunFilter::setWords(const QString& words) {
    m_words = words.toLower().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    invalidateFilter();
}

bool RunFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
    const std::pair<const char*, int> keys[] = {{"state:", RunTableModel::StateColumn},
                                                {"run:", RunTableModel::NameColumn},
                                                {"model:", RunTableModel::ModelColumn},
                                                {"attention:", RunTableModel::AttentionColumn}};
    const auto holds = [&](int column, const QString& word) {
        return sourceModel()->index(row, column, parent).data().toString().toLower().contains(word);
    };
    return std::all_of(m_words.begin(), m_words.end(), [&](const QString& word) {
        for (const auto& [key, column] : keys)
            if (word.startsWith(QLatin1String(key)))
                return holds(column, word.mid(static_cast<qsizetype>(qstrlen(key))));
        return std::any_of(std::begin(keys), std::end(keys), [&](const auto& key) { return holds(key.second, word); });
    });
}

QVariant RunFilter::headerData(int section, Qt::Orientation orientation, int role) const {
    const QVariant said = QSortFilterProxyModel::headerData(section, orientation, role);
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section != sortColumn())
        return said;
    return said.toString() + (sortOrder() == Qt::AscendingOrder ? QStringLiteral(" ↑") : QStringLiteral(" ↓"));
}

QStringList shortRunNames(const QStringList& names) {
    if (names.size() < 2)
        return names;
    QString common = names.front();
    for (const QString& name : names)
        while (!name.startsWith(common))
            common.chop(1);
    const qsizetype cut = common.lastIndexOf(QLatin1Char('-')) + 1;
    QStringList shortened;
    for (const QString& name : names) {
        if (name.size() <= cut)
            return names;
        shortened << name.mid(cut);
    }
    return shortened;
}

// What was not measured goes last whichever way the table is sorted.
bool RunFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
    const QVariant a = left.data(RunTableModel::SortRole);
    const QVariant b = right.data(RunTableModel::SortRole);
    if (a.userType() == QMetaType::Double) {
        const bool noA = std::isnan(a.toDouble());
        const bool noB = std::isnan(b.toDouble());
        if (noA || noB)
            return sortOrder() == Qt::AscendingOrder ? !noA && noB : noA && !noB;
    }
    return QSortFilterProxyModel::lessThan(left, right);
}

} // namespace lolcats
