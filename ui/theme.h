// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one place that names colours and fonts: tokens, light and dark, the style sheet made from them, and tinted icons.

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QObject>
#include <QString>
#include <QVector>

class QApplication;
class QPalette;

namespace lolcats {

// In the order of the table in theme.cpp.
enum class Token {
    Chrome,
    Page,
    Surface,
    Raised,
    Field,
    Button,
    Hover,
    Pressed,
    Selected,
    LineSubtle,
    Line,
    LineControl,
    LineStrong,
    Text,
    Muted,
    Faint,
    Disabled,
    Accent,
    AccentHover,
    AccentPressed,
    OnAccent,
    Good,
    Warn,
    Bad,
    GoodTint,
    WarnTint,
    BadTint,
    Teacher,
    Student,
    S3,
    S4,
    S5,
    S6,
    Context,
    Crosshair,
};

enum class Role { Figure, Headline, Title, Section, Body, Small, Axis, Mono };

class Theme : public QObject {
    Q_OBJECT

public:
    enum class Mode { System, Light, Dark };

    explicit Theme(QObject* parent = nullptr);

    void setMode(Mode mode);
    Mode mode() const { return m_mode; }
    bool isDark() const;

    QColor color(Token token) const { return color(token, isDark()); }
    // Of one theme, whichever is shown: exported figures use the light one.
    static QColor color(Token token, bool dark);
    static QString name(Token token); // "line-subtle"
    // Cividis in nine stops; high is bright.
    QVector<QColor> sequential() const;
    // Teacher, nothing, student.
    QVector<QColor> difference() const;

    QFont font(Role role) const;
    // The icon follows the theme by itself: a widget that holds it needs a repaint and no new icon.
    QIcon icon(const QString& name, Token tint = Token::Muted) const;

    // Style, palette, font and sheet; again by itself whenever the mode changes.
    void applyTo(QApplication& application);

Q_SIGNALS:
    void changed();

private:
    QPalette palette() const;
    QString styleSheet() const;

    Mode m_mode = Mode::System;
    bool m_systemIsDark = false;
    QString m_family;
    QString m_monospace;
    QApplication* m_application = nullptr;
};

} // namespace lolcats
