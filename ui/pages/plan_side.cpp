// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plan_side.h"

#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/progress_line.h"
#include "ui/widgets/section_item.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

namespace {

SectionState asSectionState(Readiness state) {
    return state == Readiness::Good ? SectionState::Good : state == Readiness::Bad ? SectionState::Bad : SectionState::Pending;
}

} // namespace

PlanSide::PlanSide(Theme& theme, QWidget* parent)
    : QScrollArea(parent), m_theme(theme), m_readiness(new Card(tr("Readiness"))), m_items(new QVBoxLayout),
      m_noForecast(paragraph(tr("Reckoned once a model and a text are there."), "small")), m_bars(new QWidget),
      m_basis(paragraph({}, "small")), m_commandCard(new Card(tr("Command"))), m_command(paragraph({}, "mono")) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* content = new QWidget;
    setWidget(content);
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(12);

    m_readiness->setHeaderLine(true);
    m_items->setContentsMargins(0, 4, 0, 4);
    m_items->setSpacing(0);
    m_readiness->body()->addLayout(m_items);
    column->addWidget(m_readiness);

    auto* fit = new Card(tr("Will it fit"), tr("estimate"));
    fit->setHeaderLine(true);
    auto* bars = new QVBoxLayout(m_bars);
    bars->setContentsMargins(0, 0, 0, 0);
    bars->setSpacing(4);
    m_transfer = addBar(bars, tr("Memory, transfer"), QStringLiteral("fitTransfer"), true);
    m_finetune = addBar(bars, tr("Memory, LoRA"), QStringLiteral("fitFinetune"), true);
    m_file = addBar(bars, tr("Run file"), QStringLiteral("fitFile"), false);
    m_time = addBar(bars, tr("Time"), QStringLiteral("fitTime"), false);
    bars->addWidget(m_basis);
    fit->body()->setContentsMargins(11, 8, 11, 11);
    fit->body()->addWidget(m_noForecast);
    fit->body()->addWidget(m_bars);
    m_bars->hide();
    column->addWidget(fit);

    m_commandCard->setHeaderLine(true);
    QToolButton* copy = quietButton({}, theme.icon(QStringLiteral("copy")), QStringLiteral("copyCommandSmall"),
                                    tr("Put the command on the clipboard (Ctrl+Shift+C)"));
    m_commandCard->addTool(copy);
    m_command->setObjectName(QStringLiteral("commandText"));
    m_command->setWordWrap(true);
    m_commandCard->body()->setContentsMargins(11, 8, 11, 11);
    m_commandCard->body()->addWidget(m_command);
    column->addWidget(m_commandCard);
    m_commandCard->hide();
    column->addStretch(1);
    connect(copy, &QToolButton::clicked, this, &PlanSide::copyRequested);
}

PlanSide::Bar PlanSide::addBar(QVBoxLayout* column, const QString& title, const QString& name, bool withLine) {
    Bar bar;
    auto* row = new QHBoxLayout;
    row->setSpacing(4);
    row->addWidget(label(title, "note"));
    row->addStretch(1);
    bar.value = label({}, "valuestrong");
    bar.value->setObjectName(name);
    bar.of = label({}, "small");
    row->addWidget(bar.value);
    row->addWidget(bar.of);
    column->addLayout(row);
    bar.of->setVisible(!name.endsWith(QLatin1String("File")));
    if (withLine) {
        bar.line = new ProgressLine(m_theme);
        column->addWidget(bar.line);
    }
    column->addSpacing(6);
    return bar;
}

QWidget* PlanSide::itemRow(const ReadinessItem& item, int index) {
    auto* frame = new QFrame;
    frame->setObjectName(QStringLiteral("readiness%1").arg(index));
    frame->setProperty("kind", item.state == Readiness::Bad ? "troubled" : "plain");
    auto* row = new QHBoxLayout(frame);
    row->setContentsMargins(11, 6, 6, 6);
    row->setSpacing(8);
    row->addWidget(iconLabel(sectionStateIcon(asSectionState(item.state), m_theme), 16), 0, Qt::AlignTop);
    auto* words = new QVBoxLayout;
    words->setSpacing(1);
    words->addWidget(label(item.title));
    words->addWidget(paragraph(item.sentence, "note"));
    row->addLayout(words, 1);
    if (item.state == Readiness::Bad && !item.section.isEmpty()) {
        QToolButton* show =
            quietButton(tr("Show"), {}, QStringLiteral("readinessShow%1").arg(index), tr("Go to where this is set"));
        show->setProperty("kind", "link");
        row->addWidget(show, 0, Qt::AlignTop);
        connect(show, &QToolButton::clicked, this, [this, id = item.section] { Q_EMIT sectionWanted(id); });
    }
    return frame;
}

void PlanSide::setItems(const std::vector<ReadinessItem>& items) {
    while (QLayoutItem* old = m_items->takeAt(0)) {
        old->widget()->hide();
        old->widget()->setObjectName({});
        old->widget()->deleteLater();
        delete old;
    }
    int good = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        good += items[i].state == Readiness::Good;
        m_items->addWidget(itemRow(items[i], static_cast<int>(i)));
    }
    m_readiness->setSubtitle(tr("%1 of %2").arg(good).arg(items.size()));
}

void PlanSide::fillBar(const Bar& bar, std::int64_t bytes, std::int64_t available) {
    bar.value->setText(bytesText(bytes));
    bar.of->setText(tr("of %1 free").arg(bytesText(available)));
    bar.line->setValue(available > 0 ? static_cast<double>(bytes) / static_cast<double>(available) : 1);
    bar.line->setFill(bytes > available ? Token::Bad : Token::Accent);
}

void PlanSide::setForecast(const Forecast& forecast) {
    m_noForecast->hide();
    m_bars->show();
    fillBar(m_transfer, forecast.transferBytes, forecast.availableBytes);
    fillBar(m_finetune, forecast.finetuneBytes, forecast.availableBytes);
    m_file.value->setText(bytesText(forecast.runFileBytes));
    m_time.value->setText(durationText(forecast.secondsTransfer + forecast.secondsFinetune + forecast.secondsMeasure));
    m_time.of->setText(
        tr("transfer %1, LoRA %2").arg(durationText(forecast.secondsTransfer), durationText(forecast.secondsFinetune)));
    m_basis->setText(QString::fromStdString(forecast.basis));
    m_basis->setVisible(!forecast.basis.empty());
}

void PlanSide::setCommand(const QString& command) {
    m_command->setText(command);
    m_commandCard->show();
}

QString PlanSide::command() const {
    return m_command->text();
}

} // namespace lolcats
