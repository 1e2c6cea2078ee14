// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/token_preview.h"

#include <QPainter>

#include <algorithm>

namespace lolcats {

namespace {

constexpr int kRows = 4;
constexpr int kPitch = 24;
constexpr int kBox = 20;
constexpr int kWidest = 160;
constexpr int kMore = 20; // for the ellipsis at the end

// White space is shown, so that a token of nothing but spaces is seen.
QString shown(const std::string& word) {
    QString text = QString::fromStdString(word);
    text.replace(QLatin1Char('\n'), QChar(0x21B5))
        .replace(QLatin1Char('\t'), QChar(0x2192))
        .replace(QLatin1Char('\r'), QChar(0x240D));
    if (text.startsWith(QLatin1Char(' ')))
        text[0] = QChar(0x00B7);
    return text;
}

} // namespace

TokenPreview::TokenPreview(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("The first row of the data as tokens"));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void TokenPreview::setTokens(const std::vector<std::string>& words, const std::vector<bool>& learned) {
    m_words.clear();
    for (const std::string& word : words)
        m_words.append(shown(word));
    m_learned = learned;
    resizeEvent(nullptr);
    update();
}

std::vector<TokenPreview::Place> TokenPreview::places() const {
    const QFontMetrics metrics(m_theme.font(Role::Small));
    std::vector<Place> found;
    int x = 0;
    int row = 0;
    for (int i = 0; i < m_words.size(); ++i) {
        const int wide = std::min(metrics.horizontalAdvance(m_words[i]), kWidest) + 8;
        const bool last = row + 1 == kRows;
        if (x > 0 && x + wide > width() - (last ? kMore : 0)) {
            if (last)
                break;
            x = 0;
            ++row;
        }
        found.push_back({i, QRect(x, row * kPitch, wide, kBox)});
        x += wide + 2;
    }
    return found;
}

void TokenPreview::resizeEvent(QResizeEvent*) {
    const std::vector<Place> found = places();
    setFixedHeight(found.empty() ? kPitch : found.back().box.top() + kPitch);
}

void TokenPreview::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(m_theme.font(Role::Small));
    const std::vector<Place> found = places();
    for (const auto& [token, box] : found) {
        const auto place = static_cast<std::size_t>(token);
        const bool learned = place >= m_learned.size() || m_learned[place];
        painter.setPen(m_theme.color(learned ? Token::Line : Token::LineSubtle));
        painter.setBrush(m_theme.color(learned ? Token::Surface : Token::Page));
        painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
        painter.setPen(m_theme.color(learned ? Token::Text : Token::Disabled));
        painter.drawText(box, Qt::AlignCenter, painter.fontMetrics().elidedText(m_words[token], Qt::ElideRight, kWidest));
    }
    if (static_cast<int>(found.size()) < m_words.size()) {
        painter.setPen(m_theme.color(Token::Faint));
        painter.drawText(found.back().box.translated(found.back().box.width(), 0), static_cast<int>(Qt::AlignVCenter),
                         QStringLiteral(" …"));
    }
}

} // namespace lolcats
