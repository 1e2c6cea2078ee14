// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Parts of the Attention page: the list of heads, the three maps with one scale, and the figures of a head.

#include "ui/models/head_list_model.h"
#include "ui/models/head_weights.h"
#include "ui/plots/attention_heatmap.h"

#include <QListView>

#include <array>

class QGridLayout;
class QLabel;

namespace lolcats {

class Card;
class ColourBar;
class Segments;

class HeadsList : public QListView {
    Q_OBJECT

public:
    HeadsList(const Theme& theme, HeadListModel& model, QWidget* parent = nullptr);
    void selectHead(int layer, int head); // says nothing

Q_SIGNALS:
    void headPicked(int layer, int head);

private:
    class Delegate;
    HeadListModel& m_model;
    bool m_selecting = false;
};

// Teacher, student and their difference: cells of one size, one scale for the first two.
class HeadMaps : public QWidget {
    Q_OBJECT

public:
    explicit HeadMaps(const Theme& theme, QWidget* parent = nullptr);

    void setSnapshot(const MapSnapshot& snapshot);
    void setHead(const HeadMap& map);
    void clear();
    void setLogarithmic(bool logarithmic);
    void setPart(StudentPart part);
    StudentPart part() const { return m_part; }
    void setCompact(bool compact); // headers without what has no room
    void setDifferenceAlone(bool alone);
    bool isDifferenceAlone() const { return m_differenceAlone; }
    void setPinned(int query, int key);

    const WeightTriangle& teacher() const { return m_teacher; }
    const WeightTriangle& student() const { return m_student; }
    const WeightScale& scale() const { return m_scale; }
    int heightForMaps(int width) const; // of the cards when they are so wide

Q_SIGNALS:
    void hovered(int query, int key);
    void hoverEnded();
    void picked(int query, int key);
    void partChanged(StudentPart part);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    AttentionHeatmap* addMap(const Theme& theme, AttentionHeatmap::Kind kind, const QString& title, const QString& subtitle);
    void redraw();
    void shareWidth();

    HeadMap m_map;
    WeightTriangle m_teacher;
    WeightTriangle m_student;
    WeightScale m_scale;
    StudentPart m_part = StudentPart::Both;
    bool m_logarithmic = true;
    bool m_differenceAlone = false;
    Card* m_cards[3] = {};
    AttentionHeatmap* m_maps[3] = {};
    ColourBar* m_weightBar;
    ColourBar* m_differenceBar;
    Segments* m_parts;
};

// Measure, teacher, student: one line each.
class HeadFigures : public QWidget {
    Q_OBJECT

public:
    explicit HeadFigures(QWidget* parent = nullptr);
    void show(const HeadMap& map, const WeightTriangle& teacher, const WeightTriangle& student, int window, int query);
    void clear();

private:
    void setRow(int row, const QString& measure, const QString& teacher, const QString& student);

    QGridLayout* m_grid;
    std::vector<std::array<QLabel*, 3>> m_rows;
};

} // namespace lolcats
