// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/theme.h"

#include "ui/tinted_icon.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>

#include <array>

// Outside the namespace, as the macro declares a function there. A static library's resources are not registered by themselves.
static void registerResources() {
    Q_INIT_RESOURCE(resources);
}

namespace lolcats {

namespace {

struct Entry {
    const char* name;
    const char* light;
    const char* dark;
};

constexpr std::array kTokens = {
    Entry{"chrome", "#F1F2F4", "#16171A"},       Entry{"page", "#F7F8F9", "#1A1B1E"},
    Entry{"surface", "#FFFFFF", "#1E1F22"},      Entry{"raised", "#FFFFFF", "#26282D"},
    Entry{"field", "#FFFFFF", "#17181B"},        Entry{"button", "#FFFFFF", "#292B30"},
    Entry{"hover", "#ECEEF1", "#2A2C31"},        Entry{"pressed", "#DFE2E7", "#34373D"},
    Entry{"selected", "#ECEBFA", "#2B2A40"},     Entry{"line-subtle", "#E8EAED", "#292B2F"},
    Entry{"line", "#D9DCE1", "#34373C"},         Entry{"line-control", "#B9BEC7", "#4A4E57"},
    Entry{"line-strong", "#858C97", "#7C828D"},  Entry{"text", "#1B1D21", "#E6E8EB"},
    Entry{"muted", "#565D68", "#A6ABB5"},        Entry{"faint", "#656C77", "#858B95"},
    Entry{"disabled", "#A3A9B2", "#5C616A"},     Entry{"accent", "#5046C8", "#9D95FF"},
    Entry{"accent-hover", "#443AB4", "#B1ABFF"}, Entry{"accent-pressed", "#382F9A", "#8880EE"},
    Entry{"on-accent", "#FFFFFF", "#15131F"},    Entry{"good", "#1A7F37", "#57C26B"},
    Entry{"warn", "#8F6000", "#E5C94A"},         Entry{"bad", "#C4232B", "#FF7B72"},
    Entry{"good-tint", "#E8F5EB", "#1B2C20"},    Entry{"warn-tint", "#FFF6DC", "#312A14"},
    Entry{"bad-tint", "#FDEDED", "#381F20"},     Entry{"teacher", "#0072B2", "#56B4E9"},
    Entry{"student", "#D55E00", "#E69F00"},      Entry{"s3", "#6600CC", "#AA00FF"},
    Entry{"s4", "#662200", "#FFFFEE"},           Entry{"s5", "#AA8888", "#CC0088"},
    Entry{"s6", "#000022", "#668844"},           Entry{"context", "#C9CDD4", "#484D57"},
    Entry{"crosshair", "#6B727D", "#858B95"},
};
static_assert(kTokens.size() == static_cast<std::size_t>(Token::Crosshair) + 1);

struct Type {
    int pixels;
    QFont::Weight weight;
};

Type typeOf(Role role) {
    switch (role) {
    case Role::Figure:
        return {24, QFont::DemiBold};
    case Role::Headline:
        return {20, QFont::DemiBold};
    case Role::Title:
        return {16, QFont::DemiBold};
    case Role::Section:
        return {14, QFont::DemiBold};
    case Role::Body:
        return {13, QFont::Normal};
    case Role::Small:
        return {12, QFont::Normal};
    case Role::Axis:
        return {11, QFont::Normal};
    case Role::Mono:
        return {12, QFont::Normal}; // DejaVu is large for its size
    }
    return {13, QFont::Normal};
}

// The first family that this machine has; the first of all when it has none of them.
QString firstFamily(const QStringList& wanted) {
    const QStringList had = QFontDatabase::families();
    for (const QString& family : wanted)
        if (had.contains(family))
            return family;
    return wanted.front();
}

} // namespace

Theme::Theme(QObject* parent) : QObject(parent) {
    registerResources();
    QDir::setSearchPaths(QStringLiteral("icons"), {QStringLiteral(":/icons")});
    for (const char* weight : {"Regular", "Medium", "SemiBold"})
        QFontDatabase::addApplicationFont(QStringLiteral(":/fonts/InterTab-%1.otf").arg(QLatin1String(weight)));
    m_family = firstFamily({QStringLiteral("Inter Tab"), QStringLiteral("Noto Sans"), QStringLiteral("DejaVu Sans")});
    m_monospace =
        firstFamily({QStringLiteral("DejaVu Sans Mono"), QStringLiteral("Noto Sans Mono"), QStringLiteral("Monospace")});
    const QPalette system = QGuiApplication::palette();
    m_systemIsDark = system.color(QPalette::WindowText).lightness() > system.color(QPalette::Window).lightness();
}

bool Theme::isDark() const {
    return m_mode == Mode::Dark || (m_mode == Mode::System && m_systemIsDark);
}

void Theme::setMode(Mode mode) {
    if (mode == m_mode)
        return;
    const bool wasDark = isDark();
    m_mode = mode;
    if (isDark() == wasDark)
        return;
    if (m_application != nullptr)
        applyTo(*m_application);
    Q_EMIT changed();
}

QColor Theme::color(Token token, bool dark) {
    const Entry& entry = kTokens[static_cast<std::size_t>(token)];
    return QColor(QLatin1String(dark ? entry.dark : entry.light));
}

QString Theme::name(Token token) {
    return QLatin1String(kTokens[static_cast<std::size_t>(token)].name);
}

QVector<QColor> Theme::sequential() const {
    QVector<QColor> stops;
    for (const char* stop : {"#002051", "#11366C", "#3C4D6E", "#62646F", "#7F7C75", "#9A9478", "#BBAF71", "#E2CB5C", "#FDEA45"})
        stops.append(QColor(QLatin1String(stop)));
    return stops;
}

QVector<QColor> Theme::difference() const {
    return {color(Token::Teacher), color(Token::Field), color(Token::Student)};
}

QFont Theme::font(Role role) const {
    const Type type = typeOf(role);
    QFont font(role == Role::Mono ? m_monospace : m_family);
    if (role == Role::Mono)
        font.setStyleHint(QFont::Monospace);
    font.setPixelSize(type.pixels);
    font.setWeight(type.weight);
    return font;
}

QIcon Theme::icon(const QString& name, Token tint) const {
    return QIcon(new TintedIcon(name, tint, *this));
}

QPalette Theme::palette() const {
    QPalette palette;
    const auto set = [&](QPalette::ColorRole role, Token token) { palette.setColor(role, color(token)); };
    set(QPalette::Window, Token::Page);
    set(QPalette::WindowText, Token::Text);
    set(QPalette::Text, Token::Text);
    set(QPalette::ButtonText, Token::Text);
    set(QPalette::BrightText, Token::Text);
    set(QPalette::Base, Token::Field);
    set(QPalette::AlternateBase, Token::Page);
    set(QPalette::Button, Token::Button);
    set(QPalette::Highlight, Token::Accent);
    set(QPalette::HighlightedText, Token::OnAccent);
    set(QPalette::ToolTipBase, Token::Raised);
    set(QPalette::ToolTipText, Token::Text);
    set(QPalette::Link, Token::Accent);
    set(QPalette::LinkVisited, Token::Accent);
    set(QPalette::PlaceholderText, Token::Faint);
    set(QPalette::Light, Token::Raised);
    set(QPalette::Midlight, Token::LineSubtle);
    set(QPalette::Mid, Token::Line);
    set(QPalette::Dark, Token::LineControl);
    set(QPalette::Shadow, Token::LineStrong);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, color(Token::Disabled));
    return palette;
}

QString Theme::styleSheet() const {
    QFile file(QStringLiteral(":/style.qss"));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString sheet = QString::fromUtf8(file.readAll());
    for (std::size_t i = 0; i < kTokens.size(); ++i)
        sheet.replace(QStringLiteral("@%1@").arg(name(static_cast<Token>(i))), color(static_cast<Token>(i)).name());
    sheet.replace(QStringLiteral("@theme@"), isDark() ? QStringLiteral("dark") : QStringLiteral("light"));
    sheet.replace(QStringLiteral("@mono@"), m_monospace);
    return sheet;
}

void Theme::applyTo(QApplication& application) {
    m_application = &application;
    QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    QApplication::setPalette(palette());
    QApplication::setFont(font(Role::Body));
    application.setStyleSheet(styleSheet());
}

} // namespace lolcats
