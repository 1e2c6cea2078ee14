// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/attention_page.h"

#include "ui/pages/attention_parts.h"
#include "ui/pages/step_slider.h"
#include "ui/plots/numbers.h"
#include "ui/plots/row_profile.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/failure_banner.h"

#include <QKeyEvent>
#include <QLineEdit>

#include <algorithm>

namespace lolcats {

void AttentionPage::showRun(const RunRecord& run) {
    m_banner->clear();
    m_runChip->setText(QString::fromStdString(run.name));
    m_layer = m_head = m_query = m_key = -1;
    m_shown = -1;
    m_overview = {};
    m_hasHead = false;
    m_headModel->setSnapshot({});
    m_maps->clear();
    m_profile->clear();
    m_figures->clear();
    setSnapshots({});
    updateChips();
}

void AttentionPage::setSnapshots(const std::vector<MapKey>& snapshots) {
    const bool atNewest = m_shown < 0 || m_shown + 1 == static_cast<int>(m_snapshots.size());
    const std::int64_t id = m_shown >= 0 ? m_snapshots[static_cast<std::size_t>(m_shown)].id : -1;
    m_snapshots = snapshots;
    std::vector<std::int64_t> steps;
    for (const MapKey& key : snapshots)
        steps.push_back(key.step);
    m_slider->setSteps(steps);
    const auto same = std::find_if(snapshots.begin(), snapshots.end(), [id](const MapKey& key) { return key.id == id; });
    const int last = static_cast<int>(snapshots.size()) - 1;
    const int place = atNewest || same == snapshots.end() ? last : static_cast<int>(same - snapshots.begin());
    m_shown = -1;
    updateEmpty();
    if (place < 0)
        return;
    if (snapshots[static_cast<std::size_t>(place)].id == id) {
        m_shown = place;
        m_slider->setCurrent(place);
    } else {
        showSnapshot(place);
    }
}

void AttentionPage::showSnapshot(int index) {
    if (index < 0 || index >= static_cast<int>(m_snapshots.size()) || index == m_shown)
        return;
    m_shown = index;
    const MapKey& key = m_snapshots[static_cast<std::size_t>(index)];
    m_slider->setCurrent(index);
    m_step->setText(countText(static_cast<double>(key.step)));
    m_step->setToolTip(tr("Step %1, %2").arg(countText(static_cast<double>(key.step)), QString::fromStdString(key.stage)));
    Q_EMIT overviewWanted(key.id);
}

void AttentionPage::setOverview(std::int64_t id, const MapSnapshot& snapshot) {
    if (m_shown < 0 || m_snapshots[static_cast<std::size_t>(m_shown)].id != id)
        return;
    m_overview = snapshot;
    m_overview.maps.clear();
    m_headModel->setSnapshot(snapshot);
    m_maps->setSnapshot(snapshot);
    m_profile->setTokens(snapshot.tokens, snapshot.window, snapshot.sinks);
    m_tokens->setText(tr("%1 tokens").arg(countText(static_cast<double>(snapshot.tokens.size()))));
    if (!m_probe->isModified())
        m_probe->setText(QString::fromStdString(snapshot.probe));
    m_probe->setCursorPosition(0);
    const std::vector<int> kept = m_headModel->layers();
    QStringList words;
    for (const int layer : kept)
        words << QString::number(layer);
    const bool some = snapshot.layers > 0 && static_cast<int>(kept.size()) < snapshot.layers;
    m_note->setText(some ? tr("Snapshots keep %1 of %2 layers: %3.")
                               .arg(kept.size())
                               .arg(snapshot.layers)
                               .arg(words.join(QStringLiteral(", ")))
                         : QString());
    m_note->setVisible(some);
    const bool outside = m_query >= static_cast<int>(snapshot.tokens.size());
    if (outside)
        m_query = m_key = -1;
    if (m_headModel->rowOf(m_layer, m_head) < 0 && m_headModel->rowCount() > 0) {
        const QModelIndex worst = m_headModel->index(0);
        m_layer = worst.data(HeadListModel::LayerRole).toInt();
        m_head = worst.data(HeadListModel::HeadRole).toInt();
    }
    updateChips();
    m_heads->selectHead(m_layer, m_head);
    if (m_layer >= 0)
        Q_EMIT headWanted(id, m_layer, m_head);
}

void AttentionPage::setHead(std::int64_t id, const HeadMap& map) {
    if (m_shown < 0 || m_snapshots[static_cast<std::size_t>(m_shown)].id != id || map.layer != m_layer || map.head != m_head)
        return;
    m_map = map;
    m_hasHead = true;
    m_maps->setHead(map);
    m_banner->clear();
    // The last row to begin with: it sees every key.
    const int tokens = std::max(m_maps->teacher().tokens, m_maps->student().tokens);
    if (m_query < 0 && tokens > 0)
        m_query = tokens - 1;
    m_figuresCard->setTitle(tr("Layer %1, head %2").arg(m_layer).arg(m_head));
    const int from = m_overview.window > 0 && m_overview.window < tokens ? m_overview.window : 0;
    m_figuresCard->setSubtitle(tr("rows %1 to %2").arg(from).arg(std::max(0, tokens - 1)));
    m_figures->show(map, m_maps->teacher(), m_maps->student(), m_overview.window, m_query);
    m_maps->setPinned(m_query, m_key);
    showCell(m_query, m_key);
}

void AttentionPage::setFailure(const Failure& failure) {
    m_banner->show(failure);
}

void AttentionPage::selectLayer(int layer) {
    const std::vector<int> heads = m_headModel->heads(layer);
    if (layer == m_layer || heads.empty())
        return;
    const bool same = std::find(heads.begin(), heads.end(), m_head) != heads.end();
    chooseHead(layer, same ? m_head : heads.front());
}

void AttentionPage::chooseHead(int layer, int head) {
    if (layer == m_layer && head == m_head)
        return;
    m_layer = layer;
    m_head = head;
    updateChips();
    m_heads->selectHead(layer, head);
    if (m_shown >= 0)
        Q_EMIT headWanted(m_snapshots[static_cast<std::size_t>(m_shown)].id, layer, head);
}

namespace {

// The neighbour of `current` in an ascending list, staying at its ends; the first where it is not in it.
int neighbour(const std::vector<int>& values, int current, int by) {
    const auto at = std::find(values.begin(), values.end(), current);
    if (at == values.end())
        return values.front();
    const auto place = std::clamp<std::ptrdiff_t>(at - values.begin() + by, 0, static_cast<std::ptrdiff_t>(values.size()) - 1);
    return values[static_cast<std::size_t>(place)];
}

} // namespace

void AttentionPage::stepHead(int by) {
    const std::vector<int> heads = m_headModel->heads(m_layer);
    if (!heads.empty())
        chooseHead(m_layer, neighbour(heads, m_head, by));
}

void AttentionPage::stepLayer(int by) {
    const std::vector<int> layers = m_headModel->layers();
    if (!layers.empty())
        selectLayer(neighbour(layers, m_layer, by));
}

bool AttentionPage::handleKey(int key) {
    switch (key) {
    case Qt::Key_Left:
        stepHead(-1);
        return true;
    case Qt::Key_Right:
        stepHead(1);
        return true;
    case Qt::Key_Up:
        stepLayer(-1);
        return true;
    case Qt::Key_Down:
        stepLayer(1);
        return true;
    case Qt::Key_BracketLeft:
        showSnapshot(m_shown - 1);
        return true;
    case Qt::Key_BracketRight:
        showSnapshot(m_shown + 1);
        return true;
    case Qt::Key_L:
        m_scale->setCurrent(1 - m_scale->current());
        setLogarithmic(m_scale->current() == 1);
        return true;
    case Qt::Key_W:
        m_maps->setPart(static_cast<StudentPart>((static_cast<int>(m_maps->part()) + 1) % 3));
        return true;
    case Qt::Key_D:
        m_maps->setDifferenceAlone(!m_maps->isDifferenceAlone());
        updateSizes();
        return true;
    default:
        return false;
    }
}

void AttentionPage::keyPressEvent(QKeyEvent* event) {
    const bool plain = (event->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier;
    if (!plain || !handleKey(event->key()))
        QWidget::keyPressEvent(event);
}

// The list of heads is in order of badness; its arrow keys go through heads and layers as they do on the rest of the page.
bool AttentionPage::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if ((key->modifiers() & ~Qt::KeypadModifier) == Qt::NoModifier && handleKey(key->key()))
            return true;
    }
    return QWidget::eventFilter(watched, event);
}

void AttentionPage::setLogarithmic(bool logarithmic) {
    m_maps->setLogarithmic(logarithmic);
    m_profile->setLogarithmic(logarithmic);
}

void AttentionPage::showCell(int query, int key) {
    const WeightTriangle& teacher = m_maps->teacher();
    const WeightTriangle& student = m_maps->student();
    const bool there = m_hasHead && query >= 0 && query < std::max(teacher.tokens, student.tokens);
    m_values->setVisible(there && key >= 0 && key <= query);
    if (!there) {
        m_profileCard->setSubtitle({});
        m_profile->clear();
        return;
    }
    const auto word = [this](int token) {
        return token < static_cast<int>(m_overview.tokens.size())
                   ? QString::fromStdString(m_overview.tokens[static_cast<std::size_t>(token)]).trimmed()
                   : QString();
    };
    m_profile->setRow(teacher, student, query, key);
    QString subtitle = tr("query %1 “%2”").arg(query).arg(word(query));
    if (key >= 0 && key <= query) {
        subtitle += tr(", key %1 “%2”").arg(key).arg(word(key));
        m_teacherValue->setText(query < teacher.tokens ? decimalNumber(static_cast<double>(teacher.at(query, key)), 3)
                                                       : QStringLiteral("–"));
        m_studentValue->setText(query < student.tokens ? decimalNumber(static_cast<double>(student.at(query, key)), 3)
                                                       : QStringLiteral("–"));
    }
    m_profileCard->setSubtitle(subtitle);
}

void AttentionPage::updateChips() {
    m_runChip->setVisible(!m_runChip->text().isEmpty());
    m_layerChip->setText(tr("layer %1").arg(m_layer));
    m_headChip->setText(tr("head %1").arg(m_head));
    m_layerChip->setVisible(m_layer >= 0);
    m_headChip->setVisible(m_head >= 0);
}

void AttentionPage::updateEmpty() {
    const bool none = m_snapshots.empty();
    m_empty->setVisible(none);
    m_lower->setVisible(!none);
    m_steps->setVisible(!none);
    m_noSteps->setVisible(none);
    m_heads->setVisible(!none);
    m_tokens->setVisible(!none);
    setStyled(m_compute, "kind", none ? QVariant(QStringLiteral("primary")) : QVariant());
    if (none) {
        m_note->setText(tr("The heads appear here, ordered by how far the student is from its teacher."));
        m_note->setVisible(true);
    }
    updateSizes();
}

} // namespace lolcats
