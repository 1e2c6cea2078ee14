// SPDX-License-Identifier: GPL-3.0-or-later
// What a plot paints over and under its curves: band and line of a failure, labels at the ends, marks on the axis, crosshair.
#include "ui/plots/plot.h"
#include "ui/plots/plot_readout.h"

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {

constexpr double kLabelDistance = 15;
constexpr double kMark = 9;

QString clockText(double seconds) {
    const auto whole = static_cast<long long>(std::max(0.0, std::round(seconds)));
    const QString tail =
        QStringLiteral("%1:%2").arg(whole / 60 % 60, 2, 10, QLatin1Char('0')).arg(whole % 60, 2, 10, QLatin1Char('0'));
    return whole < 3600 ? tail : QStringLiteral("%1:%2").arg(whole / 3600).arg(tail);
}

} // namespace

void Plot::paintBand(QCPPainter& painter) {
    if (!m_settings.failedAt || !m_there)
        return;
    const std::int64_t failed = *m_settings.failedAt;
    std::int64_t good = 0;
    for (const std::int64_t checkpoint : m_settings.checkpoints)
        if (checkpoint <= failed)
            good = std::max(good, checkpoint);
    const AxisScale where = scale();
    const double left = xAxis->coordToPixel(where.at(static_cast<double>(good)));
    const double right = xAxis->coordToPixel(where.at(static_cast<double>(failed)));
    const QRect area = axisRect()->rect();
    painter.fillRect(QRectF(QPointF(left, area.top()), QPointF(right, area.bottom() + 1)) & QRectF(area),
                     m_theme.color(Token::BadTint));
}

void Plot::paintFailure(QCPPainter& painter) {
    if (!m_settings.failedAt || !m_there)
        return;
    const QRect area = axisRect()->rect();
    const double x = xAxis->coordToPixel(scale().at(static_cast<double>(*m_settings.failedAt)));
    if (x < area.left() - 1 || x > area.right() + 1)
        return;
    painter.setAntialiasing(true);
    painter.setPen(QPen(m_theme.color(Token::Bad), 1.5));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
    if (!m_showFailureWords)
        return;
    QFont font = m_theme.font(Role::Axis);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    const double wide = QFontMetricsF(font).horizontalAdvance(m_settings.failureWords);
    const bool roomRight = x + 8 + wide < width();
    painter.drawText(QRectF(roomRight ? x + 8 : x - 8 - wide, area.top(), wide + 1, 14), Qt::AlignVCenter,
                     m_settings.failureWords);
}

void Plot::paintWords(QCPPainter& painter) {
    const QRect area = axisRect()->rect();
    painter.setFont(m_theme.font(Role::Axis));
    painter.setPen(m_theme.color(Token::Muted));
    if (!m_axisTitle.isEmpty() && m_there)
        painter.drawText(QRectF(area.left(), area.top() - 20, area.width(), 14), Qt::AlignLeft | Qt::AlignVCenter, m_axisTitle);
    painter.setPen(m_theme.color(Token::Faint));
    if (!m_there) {
        const QString words = tr("Appears with the first step");
        const double wide = painter.fontMetrics().horizontalAdvance(words) + 24;
        painter.fillRect(QRectF(area.center().x() - wide / 2, area.center().y() - 10, wide, 20), m_theme.color(Token::Surface));
        painter.drawText(area, Qt::AlignCenter, words);
    }
    if (m_notDrawn > 0) {
        const QString words = m_notDrawn == 1 ? tr("1 value cannot be drawn") : tr("%1 values cannot be drawn").arg(m_notDrawn);
        painter.drawText(QRectF(area).adjusted(0, 0, -4, -6), Qt::AlignRight | Qt::AlignBottom, words);
    }
}

void Plot::paintSwatch(QCPPainter& painter, const QPointF& left, const EndLabel& label) const {
    painter.setAntialiasing(false);
    if (label.dashed) {
        painter.fillRect(QRectF(left.x(), left.y() - 1, 4, 2), label.color);
        painter.fillRect(QRectF(left.x() + 6, left.y() - 1, 4, 2), label.color);
    } else {
        painter.fillRect(QRectF(left.x(), left.y() - 1, 10, 2), label.color);
    }
}

void Plot::paintLabels(QCPPainter& painter) {
    if (m_labels.empty())
        return;
    const QRect area = axisRect()->rect();
    QFont plain = m_theme.font(Role::Axis);
    QFont strong = plain;
    strong.setWeight(QFont::DemiBold);
    std::vector<double> wanted;
    double nameWidth = 0;
    for (const EndLabel& label : m_labels) {
        wanted.push_back(std::clamp(yAxis->coordToPixel(label.y), double(area.top()), double(area.bottom())));
        nameWidth = std::max(nameWidth, QFontMetricsF(strong).horizontalAdvance(label.name));
    }
    const std::vector<double> y = pushedApart(wanted, kLabelDistance, area.top() + 4, area.bottom() - 4);
    for (std::size_t i = 0; i < m_labels.size(); ++i) {
        const EndLabel& label = m_labels[i];
        const double end = std::min(xAxis->coordToPixel(label.x), area.right() + 1.0);
        if (label.dot && end >= area.left()) {
            painter.setAntialiasing(true);
            painter.setPen(Qt::NoPen);
            painter.setBrush(label.color);
            painter.drawEllipse(QPointF(end, wanted[i]), 3, 3);
        }
        // 12 from the point; a narrow margin draws the label in until its value is whole.
        const double valueWidth = label.value.isEmpty() ? 0 : 8 + QFontMetricsF(plain).horizontalAdvance(label.value);
        const double left = std::round(std::min(end + 12, width() - 4 - 16 - nameWidth - valueWidth));
        paintSwatch(painter, {left, std::round(y[i])}, label);
        QRectF text(left + 16, std::round(y[i]) - 8, nameWidth + 1, 16);
        painter.setFont(strong);
        painter.setPen(m_theme.color(Token::Text));
        painter.drawText(text, Qt::AlignLeft | Qt::AlignVCenter, label.name);
        painter.setFont(plain);
        painter.setPen(m_theme.color(Token::Muted));
        painter.drawText(text.translated(nameWidth + 8, 0).adjusted(0, 0, 100, 0), Qt::AlignLeft | Qt::AlignVCenter,
                         label.value);
    }
}

void Plot::paintMarks(QCPPainter& painter) {
    if (!m_showMarks || !m_there)
        return;
    const QRect area = axisRect()->rect();
    const AxisScale where = scale();
    painter.setAntialiasing(true);
    painter.setPen(QPen(m_theme.color(Token::Muted), 1.2));
    painter.setBrush(m_theme.color(Token::Surface));
    double taken = -100;
    for (const std::int64_t checkpoint : m_settings.checkpoints) {
        const double x = xAxis->coordToPixel(where.at(static_cast<double>(checkpoint)));
        if (x < area.left() - 1 || x > area.right() + 2 || x - taken < kMark + 2)
            continue;
        taken = x;
        const double half = kMark / 2;
        const double y = area.bottom() + 1;
        painter.drawPolygon(QPolygonF({{x - half, y}, {x, y - half}, {x + half, y}, {x, y + half}}));
    }
}

void Plot::paintCrosshair(QCPPainter& painter) {
    const QRect area = axisRect()->rect();
    if (!m_crosshair || !m_there)
        return;
    const double x = std::round(xAxis->coordToPixel(*m_crosshair));
    if (x < area.left() || x > area.right() + 1)
        return;
    QPen pen(crosshairColor(), 1);
    pen.setDashPattern({3, 3});
    painter.setAntialiasing(false);
    painter.setPen(pen);
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
}

void Plot::setCrosshair(std::optional<double> x) {
    if (x == m_crosshair)
        return;
    m_crosshair = x;
    updateReadout();
    if (isVisible())
        layer(QStringLiteral("overlay"))->replot();
}

// At the end of the plot that covers fewer of the focused curves.
int Plot::readoutTop(const std::vector<ReadoutRow>& rows) const {
    const QRect area = axisRect()->rect();
    const int high = area.top() + 4;
    const int low = area.bottom() - m_readout->height() - 8;
    const auto covered = [&](int top) {
        return std::count_if(rows.begin(), rows.end(), [&](const ReadoutRow& row) {
            const double y = yAxis->coordToPixel(row.y);
            return y > top - 8 && y < top + m_readout->height() + 8;
        });
    };
    return covered(low) < covered(high) ? low : high;
}

void Plot::updateReadout() {
    const QRect area = axisRect()->rect();
    const double x = m_crosshair && m_there ? xAxis->coordToPixel(*m_crosshair) : -1;
    std::vector<ReadoutRow> rows;
    if (x >= area.left() && x <= area.right() + 1)
        rows = readout(*m_crosshair);
    if (rows.empty()) {
        m_readout->hide();
        return;
    }
    std::vector<PlotReadout::Row> shown;
    for (const ReadoutRow& row : rows)
        shown.push_back({row.color, row.name, row.value});
    QString where;
    QString when;
    if (m_settings.axis == XAxis::Step) {
        where = tr("step %1").arg(countText(*m_crosshair));
        const AxisScale time(m_curves, m_settings.stage, XAxis::Time);
        when = time.usable() ? clockText(time.at(*m_crosshair)) : QString();
    } else {
        where = m_settings.axis == XAxis::Time ? clockText(*m_crosshair) : tr("%1 tokens").arg(countText(*m_crosshair));
    }
    m_readout->setRows(where, when, std::move(shown));
    const bool fitsRight = x + 10 + m_readout->width() <= width() - 4;
    const int left = static_cast<int>(fitsRight ? x + 10 : x - 10 - m_readout->width());
    m_readout->move(left, readoutTop(rows));
    m_readout->show();
    m_readout->raise();
}

} // namespace lolcats
