// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/sentences.h"
#include "ui/theme.h"

#include <QApplication>
#include <QDirIterator>
#include <QFile>
#include <QFontInfo>
#include <QFontMetricsF>
#include <QPixmap>
#include <QRegularExpression>
#include <QSignalSpy>

#include <algorithm>
#include <cmath>

namespace lolcats {

namespace {

double luminance(const QColor& color) {
    const auto linear = [](double part) { return part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
    const auto [low, high] = std::minmax({luminance(a), luminance(b)});
    return (high + 0.05) / (low + 0.05);
}

QString readFile(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

} // namespace

class TestTheme : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { testing::failOnAnyWarning(); }

    void textCanBeReadOnEverySurfaceOfBothThemes() {
        for (const bool dark : {false, true})
            for (const Token ground : {Token::Surface, Token::Page, Token::Chrome}) {
                const QColor under = Theme::color(ground, dark);
                QVERIFY(contrast(Theme::color(Token::Text, dark), under) >= 11);
                QVERIFY(contrast(Theme::color(Token::Muted, dark), under) >= 5.5);
                QVERIFY(contrast(Theme::color(Token::Faint, dark), under) >= 4.5);
            }
    }

    void aChangeOfModeIsSaidOnceAndReachesTheSheet() {
        Theme theme;
        theme.setMode(Theme::Mode::Light);
        theme.applyTo(*qApp);
        QSignalSpy changed(&theme, &Theme::changed);
        theme.setMode(Theme::Mode::Dark);
        theme.setMode(Theme::Mode::Dark);
        QCOMPARE(changed.count(), 1);
        QVERIFY(qApp->styleSheet().contains(Theme::color(Token::Surface, true).name()));
        QVERIFY(!qApp->styleSheet().contains(Theme::color(Token::Surface, false).name()));
        QCOMPARE(qApp->palette().color(QPalette::Window), Theme::color(Token::Page, true));
        QVERIFY2(!qApp->styleSheet().contains(QLatin1Char('@')), "a token was not replaced");
    }

    void allFiguresAreEquallyWide() {
        Theme theme;
        QCOMPARE(QFontInfo(theme.font(Role::Body)).family(), QStringLiteral("Inter Tab"));
        for (const Role role : {Role::Body, Role::Small, Role::Axis, Role::Figure}) {
            const QFontMetricsF metrics(theme.font(role));
            for (const QChar figure : QStringLiteral("123456789"))
                QVERIFY(std::abs(metrics.horizontalAdvance(figure) - metrics.horizontalAdvance(QLatin1Char('0'))) < 0.05);
        }
    }

    void everyIconIsDrawnInItsTokenAndFollowsTheTheme() {
        Theme theme;
        theme.setMode(Theme::Mode::Light);
        QDirIterator files(QStringLiteral(":/icons"), {QStringLiteral("*.svg")}, QDir::Files);
        int icons = 0;
        while (files.hasNext()) {
            files.next();
            const QIcon icon = theme.icon(files.fileInfo().completeBaseName(), Token::Accent);
            const auto strongest = [&icon] {
                const QImage image = icon.pixmap(40, 40).toImage();
                QColor found(Qt::transparent);
                for (int y = 0; y < image.height(); ++y)
                    for (int x = 0; x < image.width(); ++x)
                        if (image.pixelColor(x, y).alpha() > found.alpha())
                            found = image.pixelColor(x, y);
                found.setAlpha(255);
                return found.name();
            };
            theme.setMode(Theme::Mode::Light);
            QCOMPARE(strongest(), Theme::color(Token::Accent, false).name());
            theme.setMode(Theme::Mode::Dark);
            QCOMPARE(strongest(), Theme::color(Token::Accent, true).name());
            ++icons;
        }
        QVERIFY(icons > 30);
    }

    void aMissingIconIsEmptyAndNoFault() {
        Theme theme;
        QVERIFY(theme.icon(QStringLiteral("no such drawing")).pixmap(20, 20).isNull());
    }

    void theArrowsOfTheSheetHaveTheColoursOfTheTokens() {
        Theme theme;
        for (const bool dark : {false, true}) {
            const QString folder = QStringLiteral(":/icons/%1/").arg(dark ? QStringLiteral("dark") : QStringLiteral("light"));
            QVERIFY(readFile(folder + QStringLiteral("down.svg"))
                        .contains(Theme::color(Token::Muted, dark).name(), Qt::CaseInsensitive));
            QVERIFY(readFile(folder + QStringLiteral("check.svg"))
                        .contains(Theme::color(Token::OnAccent, dark).name(), Qt::CaseInsensitive));
        }
    }

    void onlyTheThemeNamesColours() {
        const QRegularExpression colour(
            QStringLiteral("#[0-9a-fA-F]{6}|Qt::(red|green|blue|black|white|gray|darkGray|lightGray|yellow|cyan|magenta)\\b"));
        QDirIterator files(QStringLiteral(LOLCATS_SOURCE_DIR "/ui"), {QStringLiteral("*.cpp"), QStringLiteral("*.h")},
                           QDir::Files, QDirIterator::Subdirectories);
        int read = 0;
        while (files.hasNext()) {
            const QString path = files.next();
            if (path.endsWith(QLatin1String("ui/theme.cpp")))
                continue;
            ++read;
            const QRegularExpressionMatch match = colour.match(readFile(path));
            QVERIFY2(!match.hasMatch(), qPrintable(path + QStringLiteral(" names ") + match.captured()));
        }
        QVERIFY(read > 40);
    }
};

} // namespace lolcats

QTEST_MAIN(lolcats::TestTheme)
#include "test_theme.moc"
