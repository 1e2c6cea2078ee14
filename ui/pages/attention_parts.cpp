// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/attention_parts.h"

#include "ui/plots/colour_scale.h"
#include "ui/plots/numbers.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {
constexpr int kCardFrame = 4; // border and margin of a card, both sides
}

class HeadsList::Delegate : public QStyledItemDelegate {
public:
    Delegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), m_theme(theme) {}

    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {100, 53}; }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override {
        painter->save();
        const QRect row = option.rect;
        if (option.state.testFlag(QStyle::State_Selected))
            painter->fillRect(row, m_theme.color(Token::Selected));
        else if (option.state.testFlag(QStyle::State_MouseOver))
            painter->fillRect(row, m_theme.color(Token::Hover));
        painter->fillRect(QRect(row.left(), row.bottom(), row.width(), 1), m_theme.color(Token::LineSubtle));
        paintBracket(*painter, row, index.data(HeadListModel::BracketRole).toInt());
        const QRect cell = row.adjusted(24, 8, -12, -8);
        QFont strong = m_theme.font(Role::Small);
        strong.setWeight(QFont::DemiBold);
        painter->setFont(strong);
        painter->setPen(m_theme.color(Token::Text));
        painter->drawText(QRect(cell.left(), cell.top(), cell.width(), 16), Qt::AlignLeft | Qt::AlignVCenter,
                          index.data(Qt::DisplayRole).toString());
        painter->drawText(QRect(cell.left(), cell.top(), cell.width(), 16), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(HeadListModel::KlRole).toString());
        painter->setFont(m_theme.font(Role::Axis));
        painter->setPen(m_theme.color(Token::Muted));
        const QString kv = index.data(HeadListModel::KvRole).toString();
        const int kvWidth = painter->fontMetrics().horizontalAdvance(QStringLiteral("KV 00"));
        painter->drawText(QRect(cell.left(), cell.bottom() - 15, kvWidth, 16), Qt::AlignLeft | Qt::AlignVCenter, kv);
        const int left = cell.left() + kvWidth + 12;
        const QRect track(left, cell.bottom() - 9, cell.right() - left + 1, 4);
        painter->fillRect(track, m_theme.color(Token::LineSubtle));
        const double share = std::clamp(index.data(HeadListModel::ShareRole).toDouble(), 0.0, 1.0);
        painter->fillRect(QRectF(track.left(), track.top(), track.width() * share, track.height()),
                          m_theme.color(Token::Student));
        painter->restore();
    }

private:
    void paintBracket(QPainter& painter, const QRect& row, int bracket) const {
        if (bracket == HeadListModel::None)
            return;
        const int left = row.left() + 10;
        const int top = bracket == HeadListModel::First ? row.top() + 8 : row.top();
        const int bottom = bracket == HeadListModel::Last ? row.bottom() - 8 : row.bottom();
        painter.fillRect(QRect(left, top, 2, bottom - top + 1), m_theme.color(Token::LineStrong));
        if (bracket == HeadListModel::First)
            painter.fillRect(QRect(left, top, 6, 2), m_theme.color(Token::LineStrong));
        if (bracket == HeadListModel::Last)
            painter.fillRect(QRect(left, bottom - 1, 6, 2), m_theme.color(Token::LineStrong));
    }

    const Theme& m_theme;
};

HeadsList::HeadsList(const Theme& theme, HeadListModel& model, QWidget* parent) : QListView(parent), m_model(model) {
    setObjectName(QStringLiteral("headsList"));
    setAccessibleName(tr("Heads, worst first"));
    setFrameShape(QFrame::NoFrame);
    setMouseTracking(true);
    setUniformItemSizes(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setItemDelegate(new Delegate(theme, this));
    setModel(&model);
    connect(selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& current) {
        if (!m_selecting && current.isValid())
            Q_EMIT headPicked(current.data(HeadListModel::LayerRole).toInt(), current.data(HeadListModel::HeadRole).toInt());
    });
    connect(&theme, &Theme::changed, viewport(), qOverload<>(&QWidget::update));
}

void HeadsList::selectHead(int layer, int head) {
    const int row = m_model.rowOf(layer, head);
    if (row < 0)
        return;
    m_selecting = true;
    setCurrentIndex(m_model.index(row));
    scrollTo(m_model.index(row));
    m_selecting = false;
}

HeadMaps::HeadMaps(const Theme& theme, QWidget* parent)
    : QWidget(parent), m_weightBar(new ColourBar(theme, ColourBar::Kind::Sequential)),
      m_differenceBar(new ColourBar(theme, ColourBar::Kind::Difference)),
      m_parts(new Segments({tr("Both"), tr("Window"), tr("Linear")}, QStringLiteral("studentPart"))) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(12);
    m_maps[0] = addMap(theme, AttentionHeatmap::Kind::Teacher, tr("Teacher"), tr("softmax"));
    m_maps[1] = addMap(theme, AttentionHeatmap::Kind::Student, tr("Student"), {});
    m_maps[2] = addMap(theme, AttentionHeatmap::Kind::Difference, tr("Difference"), {});
    m_cards[0]->addTool(m_weightBar);
    m_cards[1]->addTool(m_parts);
    m_cards[2]->addTool(m_differenceBar);
    m_parts->setToolTip(tr("Which part of the student's weights is drawn; W steps through them"));
    connect(m_parts, &Segments::chosen, this, [this](int index) { setPart(static_cast<StudentPart>(index)); });
}

AttentionHeatmap* HeadMaps::addMap(const Theme& theme, AttentionHeatmap::Kind kind, const QString& title,
                                   const QString& subtitle) {
    auto* card = new Card(title, subtitle);
    m_cards[static_cast<int>(kind)] = card;
    auto* map = new AttentionHeatmap(theme, kind);
    map->setObjectName(QStringLiteral("map") + title);
    map->setAccessibleName(tr("Map of the %1").arg(title.toLower()));
    card->body()->addWidget(map, 1);
    layout()->addWidget(card);
    connect(map, &AttentionHeatmap::hovered, this, &HeadMaps::hovered);
    connect(map, &AttentionHeatmap::hoverEnded, this, &HeadMaps::hoverEnded);
    connect(map, &AttentionHeatmap::picked, this, &HeadMaps::picked);
    return map;
}

int HeadMaps::heightForMaps(int width) const {
    const int cards = m_differenceAlone ? 1 : 3;
    const int map = (width - 12 * (cards - 1)) / cards - kCardFrame - AttentionHeatmap::kLeft - AttentionHeatmap::kRight;
    return 35 + kCardFrame + AttentionHeatmap::kTop + map + AttentionHeatmap::kBottom;
}

void HeadMaps::setSnapshot(const MapSnapshot& snapshot) {
    for (AttentionHeatmap* map : m_maps) {
        map->setTokens(snapshot.tokens);
        map->setWindow(snapshot.window, snapshot.sinks);
    }
}

void HeadMaps::setHead(const HeadMap& map) {
    m_map = map;
    redraw();
}

void HeadMaps::clear() {
    m_map = {};
    m_teacher = {};
    m_student = {};
    for (AttentionHeatmap* map : m_maps)
        map->clear();
    m_weightBar->setEnds({}, {});
    m_differenceBar->setEnds({}, {});
}

void HeadMaps::setLogarithmic(bool logarithmic) {
    m_logarithmic = logarithmic;
    redraw();
}

void HeadMaps::setPart(StudentPart part) {
    m_part = part;
    m_parts->setCurrent(static_cast<int>(part));
    redraw();
    Q_EMIT partChanged(part);
}

void HeadMaps::setDifferenceAlone(bool alone) {
    m_differenceAlone = alone;
    m_cards[0]->setVisible(!alone);
    m_cards[1]->setVisible(!alone);
    shareWidth();
}

void HeadMaps::setCompact(bool compact) {
    m_parts->setVisible(!compact);
    m_cards[0]->setSubtitle(compact ? QString() : tr("softmax"));
    m_weightBar->setCompact(compact);
    m_differenceBar->setCompact(compact);
}

// By hand: cards that a layout shares out differ by a pixel, and their cells then in size.
void HeadMaps::shareWidth() {
    const int cards = m_differenceAlone ? 1 : 3;
    for (Card* card : m_cards)
        card->setFixedWidth(std::max(100, (width() - 12 * (cards - 1)) / cards));
}

void HeadMaps::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    shareWidth();
}

void HeadMaps::setPinned(int query, int key) {
    for (AttentionHeatmap* map : m_maps)
        map->setPinned(query, key);
}

void HeadMaps::redraw() {
    m_teacher = unpacked(m_map.teacher);
    m_student = studentWeights(m_map, m_part);
    if (m_teacher.empty() && m_student.empty())
        return;
    // One scale for both, and the same whichever part of the student is shown.
    const double high = highEnd(m_teacher, studentWeights(m_map, StudentPart::Both));
    m_scale = {0.001, std::clamp(oneTwoFiveAbove(std::max(high, 0.005)), 0.005, 1.0), m_logarithmic};
    m_maps[0]->setWeights(m_teacher, m_scale);
    m_maps[1]->setWeights(m_student, m_scale);
    WeightTriangle apart = difference(m_student, m_teacher);
    const double bound = std::max(0.01, std::ceil(static_cast<double>(greatest(apart)) * 100) / 100);
    m_maps[2]->setWeights(std::move(apart), {0, bound, false});
    m_weightBar->setEnds(m_logarithmic ? plainNumber(m_scale.low) : QStringLiteral("0"), plainNumber(m_scale.high));
    m_differenceBar->setEnds(plainNumber(-bound), QStringLiteral("+") + plainNumber(bound));
}

HeadFigures::HeadFigures(QWidget* parent) : QWidget(parent), m_grid(new QGridLayout(this)) {
    m_grid->setContentsMargins(11, 0, 11, 8);
    m_grid->setHorizontalSpacing(16);
    m_grid->setVerticalSpacing(0);
    m_grid->setColumnStretch(0, 1);
    setRow(0, tr("Measure"), tr("Teacher"), tr("Student"));
    for (QLabel* head : m_rows.front())
        setStyled(head, "role", "muted");
}

void HeadFigures::setRow(int row, const QString& measure, const QString& teacher, const QString& student) {
    while (static_cast<int>(m_rows.size()) <= row) {
        const int place = 2 * static_cast<int>(m_rows.size());
        std::array<QLabel*, 3> labels{};
        for (int column = 0; column < 3; ++column) {
            labels[static_cast<std::size_t>(column)] = label({}, column == 2 && place > 0 ? "strong" : nullptr);
            labels[static_cast<std::size_t>(column)]->setFixedHeight(24);
            m_grid->addWidget(labels[static_cast<std::size_t>(column)], place, column,
                              column == 0 ? Qt::AlignLeft | Qt::AlignVCenter : Qt::AlignRight | Qt::AlignVCenter);
        }
        m_grid->addWidget(line(Qt::Horizontal), place + 1, 0, 1, 3);
        m_rows.push_back(labels);
    }
    auto& labels = m_rows[static_cast<std::size_t>(row)];
    labels[0]->setText(measure);
    labels[1]->setText(teacher);
    labels[2]->setText(student);
}

void HeadFigures::show(const HeadMap& map, const WeightTriangle& teacher, const WeightTriangle& student, int window,
                       int query) {
    const int from = window > 0 && window < teacher.tokens ? window : 0;
    const auto two = [](double value) { return decimalNumber(value, 2); };
    const WeightTriangle whole = studentWeights(map, StudentPart::Both);
    const WeightTriangle& both = whole.empty() ? student : whole;
    setRow(1, tr("KL to teacher"), {}, two(map.kl));
    setRow(2, tr("Entropy, nats"), two(meanEntropy(teacher, from)), two(meanEntropy(both, from)));
    setRow(3, tr("First-token mass"), two(meanFirstMass(teacher, from)), two(meanFirstMass(both, from)));
    setRow(4, tr("Mass outside window"), two(map.beyondTeacher), two(map.beyondStudent));
    const WeightTriangle linear = studentWeights(map, StudentPart::Linear);
    setRow(5, query < 0 ? tr("Linear part of a row") : tr("Linear part of row %1").arg(query), {},
           query < 0 || linear.empty() ? QStringLiteral("–") : two(rowSum(linear, query)));
}

void HeadFigures::clear() {
    for (std::size_t row = 1; row < m_rows.size(); ++row)
        setRow(static_cast<int>(row), m_rows[row][0]->text(), QStringLiteral("–"), QStringLiteral("–"));
}

} // namespace lolcats
