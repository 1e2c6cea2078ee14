// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/file_list.h"

#include "ui/widgets/figures.h"

#include <QPainter>

namespace lolcats {

namespace {

constexpr int kRow = 32;

} // namespace

FileList::FileList(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setAccessibleName(tr("Files of the export"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    resizeToFiles();
}

void FileList::resizeToFiles() {
    setFixedHeight(kRow * static_cast<int>(m_files.size()));
    update();
}

void FileList::setFiles(const QVector<ListedFile>& files) {
    m_files = files;
    resizeToFiles();
}

void FileList::markWritten(const QString& name, std::int64_t bytes) {
    for (ListedFile& file : m_files)
        if (file.name == name) {
            file.bytes = bytes;
            file.written = true;
            update();
            return;
        }
    m_files.append({name, {}, bytes, true});
    resizeToFiles();
}

void FileList::forgetWritten() {
    for (ListedFile& file : m_files)
        file.written = false;
    update();
}

std::int64_t FileList::bytes() const {
    std::int64_t sum = 0;
    for (const ListedFile& file : m_files)
        sum += file.bytes;
    return sum;
}

void FileList::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setFont(m_theme.font(Role::Small));
    const int names = std::max(150, (width() - 34 - 130) * 2 / 5);
    for (int i = 0; i < m_files.size(); ++i) {
        const ListedFile& file = m_files[i];
        const int top = i * kRow;
        if (i + 1 < m_files.size())
            painter.fillRect(QRect(0, top + kRow - 1, width(), 1), m_theme.color(Token::LineSubtle));
        m_theme.icon(QStringLiteral("file")).paint(&painter, QRect(12, top + 9, 14, 14));
        const auto write = [&](int x, int room, const QString& text, Token ink, Qt::Alignment side) {
            painter.setPen(m_theme.color(ink));
            painter.drawText(QRect(x, top, room, kRow - 1), static_cast<int>(side | Qt::AlignVCenter),
                             painter.fontMetrics().elidedText(text, Qt::ElideMiddle, room));
        };
        write(34, names - 8, file.name, Token::Text, Qt::AlignLeft);
        write(34 + names, width() - 34 - names - 130, file.sentence, Token::Muted, Qt::AlignLeft);
        write(width() - 122, 80, file.bytes > 0 ? bytesText(file.bytes) : QStringLiteral("–"), Token::Text, Qt::AlignRight);
        if (file.written)
            m_theme.icon(QStringLiteral("check"), Token::Good).paint(&painter, QRect(width() - 30, top + 9, 14, 14));
    }
}

} // namespace lolcats
