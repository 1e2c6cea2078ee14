// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/run_row.h"

#include "core/records/failure.h"
#include "core/records/plan_json.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/run_state.h"

#include <QDir>
#include <QFileInfo>
#include <QPainter>

namespace lolcats {

namespace {

QString modelName(const QString& path) {
    const QFileInfo file(path);
    // A file that is only called “model” is known by its folder.
    return file.completeBaseName() == QLatin1String("model") ? file.dir().dirName() : file.completeBaseName();
}

} // namespace

QString madeOfText(const RunRecord& run) {
    QString text = modelName(QString::fromStdString(run.provenance.modelPath));
    try {
        const ConversionPlan plan = planFromStoredJson(run.planJson);
        if (text.isEmpty())
            text = modelName(QString::fromStdString(plan.model));
        text += QStringLiteral(" · ") + QString::fromStdString(plan.attention);
        if (const auto window = plan.options.find("window"); window != plan.options.end())
            text += QStringLiteral(", window ") + QString::fromStdString(optionText(window->second));
    } catch (const Refusal&) {
        // A plan of a newer program: the model's name is said alone.
    }
    return text;
}

RunRow::RunRow(const RunRecord& run, bool last, Theme& theme, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme), m_state(run.state), m_last(last), m_name(QString::fromStdString(run.name)),
      m_made(madeOfText(run)), m_when(momentText(run.started)) {
    if (run.bestRelative >= 0)
        m_error = tr("error %1").arg(errorText(run.bestRelative));
    if (run.evaluation)
        for (const EvaluationRow& row : run.evaluation->rows)
            if (row.name == "student")
                m_perplexity = tr("perplexity %1").arg(QString::number(row.perplexity, 'f', 2));
    setFixedHeight(32);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(QStringLiteral("%1, %2").arg(m_name, stateWord(m_state)));
    setToolTip(m_state == RunState::Failed ? QString::fromStdString(run.reason) : tr("Open %1").arg(m_name));
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RunRow::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    if (underMouse() || isDown())
        painter.fillRect(rect(), m_theme.color(Token::Hover));
    if (!m_last)
        painter.fillRect(QRect(0, height() - 1, width(), 1), m_theme.color(Token::LineSubtle));
    if (hasFocus()) {
        painter.setPen(QPen(m_theme.color(Token::Accent), 2));
        painter.drawRect(rect().adjusted(1, 1, -1, -1));
    }
    stateIcon(m_state, m_theme).paint(&painter, QRect(12, 9, 14, 14));
    QFont strong = m_theme.font(Role::Small);
    strong.setWeight(QFont::DemiBold);
    const auto write = [&](int x, int room, const QString& text, Token ink, bool right = false, bool bold = false) {
        painter.setFont(bold ? strong : m_theme.font(Role::Small));
        painter.setPen(m_theme.color(ink));
        const Qt::Alignment side = right ? Qt::AlignRight : Qt::AlignLeft;
        painter.drawText(QRect(x, 0, room, height() - 1), static_cast<int>(side | Qt::AlignVCenter),
                         painter.fontMetrics().elidedText(text, Qt::ElideMiddle, room));
    };
    const int end = width() - 12;
    write(34, 90, stateWord(m_state), Token::Text);
    write(end - 104, 104, m_when, Token::Muted, true);
    const bool wide = width() > 760;
    int free = end - 112;
    if (wide) {
        write(free - 100, 100, m_perplexity, Token::Muted, true);
        free -= 108;
    }
    write(free - 80, 80, m_error, Token::Muted, true);
    free -= 88;
    const int names = (free - 132) * 9 / 20;
    write(132, names - 12, m_name, Token::Text, false, true);
    write(132 + names, free - 132 - names - 12, m_made, Token::Muted);
}

} // namespace lolcats
