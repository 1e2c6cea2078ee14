// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/layer_toggles.h"

#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace lolcats {

namespace {

constexpr int kGap = 2;
constexpr int kPitch = 16 + kGap;
constexpr int kNarrow = 13 + kGap; // where that makes them fit in one row
constexpr int kHeight = 22;
constexpr int kRow = kHeight + 18; // with the numbers under it

} // namespace

LayerToggles::LayerToggles(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Layers that keep softmax"));
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void LayerToggles::setLayers(int layers) {
    m_kept.resize(static_cast<std::size_t>(std::max(layers, 0)));
    m_current = std::clamp(m_current, 0, std::max(layers - 1, 0));
    updateGeometry();
    update();
}

void LayerToggles::setKept(const std::vector<std::int64_t>& layers) {
    std::fill(m_kept.begin(), m_kept.end(), false);
    for (const std::int64_t layer : layers)
        if (layer >= 0 && layer < static_cast<std::int64_t>(m_kept.size()))
            m_kept[static_cast<std::size_t>(layer)] = true;
    update();
}

std::vector<std::int64_t> LayerToggles::kept() const {
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < m_kept.size(); ++i)
        if (m_kept[i])
            found.push_back(static_cast<std::int64_t>(i));
    return found;
}

int LayerToggles::pitch(int width) const {
    const int fitting = (width + kGap) / std::max(layers(), 1);
    return fitting >= kNarrow ? std::min(fitting, kPitch) : kPitch;
}

int LayerToggles::perRow(int width) const {
    const int fits = (width + kGap) / pitch(width);
    return fits >= layers() ? std::max(layers(), 1) : std::max(fits / 5 * 5, 5);
}

QRect LayerToggles::box(int layer) const {
    const int columns = perRow(width());
    const int step = pitch(width());
    return {layer % columns * step, layer / columns * kRow, step - kGap, kHeight};
}

int LayerToggles::layerAt(const QPoint& place) const {
    for (int layer = 0; layer < layers(); ++layer)
        if (box(layer).adjusted(-1, 0, 1, 0).contains(place))
            return layer;
    return -1;
}

QSize LayerToggles::sizeHint() const {
    return {std::max(layers(), 1) * kPitch, kRow};
}
QSize LayerToggles::minimumSizeHint() const {
    return {std::min(std::max(layers(), 1), 10) * kPitch, kRow};
}

int LayerToggles::heightForWidth(int width) const {
    const int columns = perRow(width);
    return std::max(1, (layers() + columns - 1) / columns) * kRow;
}

void LayerToggles::paintBox(QPainter& painter, int layer) const {
    const QRect place = box(layer);
    const bool keep = m_kept[static_cast<std::size_t>(layer)];
    const QRectF frame = QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5);
    const Token fill = !isEnabled() ? Token::Hover : keep ? Token::Teacher : Token::Field;
    const Token border = keep && isEnabled() ? Token::Teacher : Token::LineControl;
    painter.setPen(m_theme.color(border));
    painter.setBrush(m_theme.color(fill));
    painter.drawRoundedRect(frame, 2, 2);
    if (!keep && isEnabled())
        painter.fillRect(QRect(place.left(), place.bottom() - 2, place.width(), 3), m_theme.color(Token::Student));
    if (hasFocus() && layer == m_current) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(m_theme.color(Token::Text), 2));
        painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), 2, 2);
    }
    if (layer % 5 == 0 || layer + 1 == layers()) {
        painter.setPen(m_theme.color(Token::Faint));
        painter.drawText(QRect(place.center().x() - 20, place.bottom() + 3, 40, 14), Qt::AlignCenter, QString::number(layer));
    }
}

void LayerToggles::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(Role::Axis));
    for (int layer = 0; layer < layers(); ++layer)
        paintBox(painter, layer);
}

void LayerToggles::set(int layer, bool keep) {
    m_current = layer;
    if (m_kept[static_cast<std::size_t>(layer)] != keep) {
        m_kept[static_cast<std::size_t>(layer)] = keep;
        m_edited = true;
    }
    update();
}

void LayerToggles::mousePressEvent(QMouseEvent* event) {
    const int layer = layerAt(event->position().toPoint());
    if (layer < 0 || event->button() != Qt::LeftButton)
        return;
    m_dragging = true;
    m_edited = false;
    m_paintsKept = !m_kept[static_cast<std::size_t>(layer)];
    set(layer, m_paintsKept);
}

void LayerToggles::mouseMoveEvent(QMouseEvent* event) {
    const int layer = m_dragging ? layerAt(event->position().toPoint()) : -1;
    if (layer < 0)
        return;
    const int from = m_current;
    for (int between = std::min(from, layer); between <= std::max(from, layer); ++between)
        set(between, m_paintsKept);
    m_current = layer;
}

void LayerToggles::mouseReleaseEvent(QMouseEvent*) {
    m_dragging = false;
    if (std::exchange(m_edited, false))
        Q_EMIT keptChanged(kept());
}

void LayerToggles::keyPressEvent(QKeyEvent* event) {
    if (layers() == 0)
        return QWidget::keyPressEvent(event);
    const int last = layers() - 1;
    switch (event->key()) {
    case Qt::Key_Left:
        m_current = std::max(m_current - 1, 0);
        break;
    case Qt::Key_Right:
        m_current = std::min(m_current + 1, last);
        break;
    case Qt::Key_Home:
        m_current = 0;
        break;
    case Qt::Key_End:
        m_current = last;
        break;
    case Qt::Key_Space:
        set(m_current, !m_kept[static_cast<std::size_t>(m_current)]);
        m_edited = false;
        Q_EMIT keptChanged(kept());
        break;
    default:
        return QWidget::keyPressEvent(event);
    }
    update();
}

bool LayerToggles::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const int layer = layerAt(help->pos());
    if (layer >= 0)
        QToolTip::showText(help->globalPos(),
                           m_kept[static_cast<std::size_t>(layer)] ? tr("Layer %1 keeps softmax").arg(layer)
                                                                   : tr("Layer %1 becomes linear").arg(layer),
                           this);
    return true;
}

} // namespace lolcats
