// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One box a layer: which layers keep softmax. A click toggles, a drag paints a range, arrow keys move, space toggles.

#include "ui/theme.h"

#include <QWidget>

#include <cstdint>
#include <vector>

namespace lolcats {

class LayerToggles : public QWidget {
    Q_OBJECT

public:
    explicit LayerToggles(Theme& theme, QWidget* parent = nullptr);

    void setLayers(int layers);
    int layers() const { return static_cast<int>(m_kept.size()); }
    void setKept(const std::vector<std::int64_t>& layers); // says nothing; layers that are not there are left out
    std::vector<std::int64_t> kept() const;
    QRect box(int layer) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

Q_SIGNALS:
    void keptChanged(const std::vector<std::int64_t>& layers);

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;

private:
    int pitch(int width) const;
    int perRow(int width) const;
    int layerAt(const QPoint& place) const;
    void set(int layer, bool keep);
    void paintBox(QPainter& painter, int layer) const;

    Theme& m_theme;
    std::vector<bool> m_kept;
    int m_current = 0;
    bool m_paintsKept = false; // what a drag sets
    bool m_dragging = false;
    bool m_edited = false;
};

} // namespace lolcats
