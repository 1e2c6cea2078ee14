// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where each head looks: teacher, student and their difference for one layer and head on a probe text, along the run.

#include "core/records/attention_map.h"
#include "core/records/failure.h"
#include "core/records/run_record.h"
#include "ui/models/head_weights.h"
#include "ui/theme.h"

#include <QWidget>

class QBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QToolButton;

namespace lolcats {

class Card;
class FailureBanner;
class HeadFigures;
class HeadListModel;
class HeadMaps;
class HeadsList;
class PageHead;
class RowProfile;
class Segments;
class StepSlider;

class AttentionPage : public QWidget {
    Q_OBJECT

public:
    explicit AttentionPage(Theme& theme, QWidget* parent = nullptr);

    void showRun(const RunRecord& run);
    // In order of step. The slider keeps its place; at the newest it follows the newest.
    void setSnapshots(const std::vector<MapKey>& snapshots);
    void setOverview(std::int64_t id, const MapSnapshot& snapshot); // tokens and the heads' numbers; no triangles
    void setHead(std::int64_t id, const HeadMap& map);              // with the teacher's triangle, whichever snapshot has it
    void setFailure(const Failure& failure);
    void selectLayer(int layer);

    int layer() const { return m_layer; }
    int head() const { return m_head; }

    QSize minimumSizeHint() const override { return {720, 400}; }

Q_SIGNALS:
    void overviewWanted(qint64 id);
    void headWanted(qint64 id, int layer, int head);
    void probeRequested(const QString& text);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildHead(Theme& theme);
    QWidget* buildProbeRow(Theme& theme);
    QWidget* buildHeads(Theme& theme);
    QWidget* buildMaps(Theme& theme);
    QWidget* buildEmpty();
    bool handleKey(int key);
    void stepHead(int by);
    void stepLayer(int by);
    void showSnapshot(int index);
    void chooseHead(int layer, int head);
    void showCell(int query, int key);
    void updateEmpty();
    void updateChips();
    void updateSizes();
    void setLogarithmic(bool logarithmic);

    std::vector<MapKey> m_snapshots;
    int m_shown = -1; // place in m_snapshots
    MapSnapshot m_overview;
    HeadMap m_map;
    bool m_hasHead = false;
    int m_layer = -1;
    int m_head = -1;
    int m_query = -1; // pinned
    int m_key = -1;

    PageHead* m_pageHead = nullptr;
    QToolButton* m_runChip = nullptr;
    QToolButton* m_layerChip = nullptr;
    QToolButton* m_headChip = nullptr;
    Segments* m_scale = nullptr;
    Segments* m_headParts = nullptr;
    QWidget* m_narrowParts = nullptr; // Both, Window, Linear, where the student's card has no room for it
    FailureBanner* m_banner = nullptr;
    QLineEdit* m_probe = nullptr;
    QLabel* m_tokens = nullptr;
    QLabel* m_noSteps = nullptr;
    QWidget* m_steps = nullptr;
    StepSlider* m_slider = nullptr;
    QLabel* m_step = nullptr;
    QPushButton* m_compute = nullptr;
    QWidget* m_headsBox = nullptr;
    HeadListModel* m_headModel = nullptr;
    HeadsList* m_heads = nullptr;
    QLabel* m_note = nullptr;
    HeadMaps* m_maps = nullptr;
    QWidget* m_lower = nullptr;
    Card* m_profileCard = nullptr;
    QLabel* m_teacherValue = nullptr;
    QLabel* m_studentValue = nullptr;
    QWidget* m_values = nullptr;
    QLabel* m_valueNames[2] = {};
    QLabel* m_remark = nullptr;
    RowProfile* m_profile = nullptr;
    Card* m_figuresCard = nullptr;
    HeadFigures* m_figures = nullptr;
    QWidget* m_empty = nullptr;
};

} // namespace lolcats
