// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/log_drawer.h"

#include "ui/widgets/buttons.h"

#include <QApplication>
#include <QClipboard>
#include <QDateTime>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QSyntaxHighlighter>
#include <QVBoxLayout>

namespace lolcats {

namespace {

constexpr int kTime = 8;   // "14:12:38"
constexpr int kLevel = 10; // where the level's word begins
constexpr int kWord = 9;   // its width with the gap
constexpr int kLines = 5000;

class LevelColours : public QSyntaxHighlighter {
public:
    LevelColours(QTextDocument* document, Theme& theme) : QSyntaxHighlighter(document), m_theme(theme) {
        connect(&theme, &Theme::changed, this, &QSyntaxHighlighter::rehighlight);
    }

protected:
    void highlightBlock(const QString& text) override {
        const QString word = text.mid(kLevel, kWord).trimmed();
        setFormat(0, kTime, m_theme.color(Token::Faint));
        setFormat(kLevel, kWord,
                  m_theme.color(word == QLatin1String("error")     ? Token::Bad
                                : word == QLatin1String("warning") ? Token::Warn
                                                                   : Token::Faint));
    }

private:
    Theme& m_theme;
};

const char* word(LogLevel level) {
    return level == LogLevel::Error ? "error" : level == LogLevel::Warning ? "warning" : "info";
}

} // namespace

LogDrawer::LogDrawer(Theme& theme, QWidget* parent) : QFrame(parent), m_text(new QPlainTextEdit) {
    setObjectName(QStringLiteral("logDrawer"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* header = new QWidget;
    header->setFixedHeight(28);
    auto* row = new QHBoxLayout(header);
    row->setContentsMargins(16, 0, 8, 0);
    row->setSpacing(8);
    row->addWidget(label(tr("Log"), "card"));
    row->addStretch(1);
    QToolButton* copy = quietButton(tr("Copy"), theme.icon(QStringLiteral("copy")), QStringLiteral("copyLog"),
                                    tr("Put the log on the clipboard"));
    QToolButton* close = quietButton({}, theme.icon(QStringLiteral("down")), QStringLiteral("closeLog"), tr("Close the log"));
    row->addWidget(copy);
    row->addWidget(close);
    column->addWidget(header);
    column->addWidget(line(Qt::Horizontal));
    m_text->setObjectName(QStringLiteral("logText"));
    m_text->setAccessibleName(tr("Log"));
    m_text->setReadOnly(true);
    m_text->setMaximumBlockCount(kLines);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->document()->setDocumentMargin(0);
    m_text->setPlaceholderText(tr("What the program does is written here."));
    new LevelColours(m_text->document(), theme);
    column->addWidget(m_text, 1);
    connect(copy, &QToolButton::clicked, this, [this] { QApplication::clipboard()->setText(text()); });
    connect(close, &QToolButton::clicked, this, &LogDrawer::closeRequested);
}

void LogDrawer::add(const LogLine& line) {
    const QDateTime time =
        line.time > 0 ? QDateTime::fromMSecsSinceEpoch(static_cast<qint64>(line.time * 1000)) : QDateTime::currentDateTime();
    // One line of the log is one block: what follows a line break is set in under the text.
    QString text = QString::fromStdString(line.text);
    text.replace(QLatin1Char('\n'), QLatin1Char('\n') + QString(kLevel + kWord, QLatin1Char(' ')));
    m_text->appendPlainText(time.toString(QStringLiteral("HH:mm:ss")) + QStringLiteral("  ") +
                            QString::fromLatin1(word(line.level)).leftJustified(kWord) + text);
}

QString LogDrawer::text() const {
    return m_text->toPlainText();
}

} // namespace lolcats
