// SPDX-License-Identifier: GPL-3.0-or-later
// How the Train page is put together, and what leaves when it is narrow.
#include "ui/pages/train_page.h"

#include "ui/pages/train_panels.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/page_head.h"

#include <QHBoxLayout>
#include <QSlider>
#include <QStackedWidget>
#include <QTabBar>
#include <QVBoxLayout>

namespace lolcats {

TrainPage::TrainPage(Theme& theme, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAccessibleName(tr("Train"));
    m_beat.setSingleShot(true);
    m_beat.setInterval(100);
    connect(&m_beat, &QTimer::timeout, this, [this] {
        if (isVisible())
            updateTables();
    });
    buildHead(theme);
    buildBody(theme);
    applySettings();
    updateButtons();
}

void TrainPage::buildHead(Theme& theme) {
    m_head = new PageHead(tr("Train"));
    m_runChip = chip({}, QStringLiteral("trainRun"), tr("The run that is shown"));
    m_runChip->hide();
    m_layerChip = chip({}, QStringLiteral("trainLayer"), tr("The selected layer; click to let it go"));
    m_layerChip->setIcon(theme.icon(QStringLiteral("close")));
    m_layerChip->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_layerChip->setLayoutDirection(Qt::RightToLeft);
    m_layerChip->hide();
    m_tabs = new QTabBar;
    m_tabs->setObjectName(QStringLiteral("trainTabs"));
    m_tabs->setAccessibleName(tr("Stages"));
    m_tabs->setExpanding(false);
    m_tabs->setUsesScrollButtons(false);
    m_tabs->setElideMode(Qt::ElideNone);
    for (const QString& word : {tr("Attention transfer"), tr("LoRA"), tr("Result")})
        m_tabs->addTab(word);
    m_tabs->setTabVisible(ResultTab, false);
    m_head->addLeft(m_runChip, 12);
    m_head->addLeft(m_layerChip, 8);
    m_head->addLeft(m_tabs, 20);
    buildSmoothing();
    buildActions(theme);
    connect(m_layerChip, &QToolButton::clicked, this, [this] { selectLayer(-1, true); });
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int tab) {
        m_tabChosen = true;
        showTab(tab);
    });
}

void TrainPage::buildSmoothing() {
    m_smoothingBox = new QWidget;
    auto* row = new QHBoxLayout(m_smoothingBox);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_smoothing = new QSlider(Qt::Horizontal);
    m_smoothing->setObjectName(QStringLiteral("smoothingSlider"));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_smoothing->setToolTip(tr("Exponential mean over steps; 0 shows every step as it was"));
    m_smoothing->setRange(0, 99);
    m_smoothing->setValue(static_cast<int>(m_settings.smoothing * 100));
    m_smoothing->setFixedWidth(84);
    m_smoothingValue = label(decimalNumber(m_settings.smoothing, 2));
    m_smoothingValue->setFixedWidth(32);
    row->addWidget(label(tr("Smoothing"), "muted"));
    row->addWidget(m_smoothing);
    row->addWidget(m_smoothingValue);
    m_head->addRight(m_smoothingBox, 12);
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int value) {
        m_settings.smoothing = value / 100.0;
        m_smoothingValue->setText(decimalNumber(m_settings.smoothing, 2));
        applySettings();
        if (!m_beat.isActive())
            m_beat.start();
    });
    m_axis = new Segments({tr("Step"), tr("Tokens"), tr("Time")}, QStringLiteral("trainAxis"));
    m_head->addRight(m_axis, 12);
    connect(m_axis, &Segments::chosen, this, [this](int index) {
        m_settings.axis = static_cast<XAxis>(index);
        applySettings();
    });
    m_view = new Segments({tr("Curves"), tr("Table")}, QStringLiteral("trainView"));
    m_view->hide();
    m_head->addRight(m_view, 8);
    connect(m_view, &Segments::chosen, this, [this] { updateWidth(); });
}

void TrainPage::buildActions(Theme& theme) {
    m_reason = label({}, "small");
    m_reason->setObjectName(QStringLiteral("trainReason"));
    m_checkpoint = secondaryButton(tr("Checkpoint now"), QStringLiteral("checkpointButton"), {});
    m_checkpoint->setIcon(theme.icon(QStringLiteral("save"), Token::Text));
    m_pause = secondaryButton(tr("Pause"), QStringLiteral("pauseButton"), {});
    m_pause->setIcon(theme.icon(QStringLiteral("state-paused"), Token::Text));
    m_resume = secondaryButton(tr("Resume"), QStringLiteral("resumeButton"), {});
    m_resume->setIcon(theme.icon(QStringLiteral("state-running"), Token::Text));
    m_stop = secondaryButton(tr("Stop"), QStringLiteral("stopButton"), {});
    m_stop->setIcon(theme.icon(QStringLiteral("state-stopped"), Token::Text));
    m_export = primaryButton(tr("Export"), QStringLiteral("toExportButton"), tr("Write the student as a model folder"));
    m_export->setIcon(theme.icon(QStringLiteral("export"), Token::OnAccent));
    // In a box of their own: one that is hidden leaves no gap.
    m_actions = new QWidget;
    auto* row = new QHBoxLayout(m_actions);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(m_reason);
    for (QPushButton* button : {m_checkpoint, m_pause, m_resume, m_stop, m_export})
        row->addWidget(button);
    m_head->addRight(m_actions, 12);
    connect(m_checkpoint, &QPushButton::clicked, this, &TrainPage::checkpointRequested);
    connect(m_pause, &QPushButton::clicked, this, &TrainPage::pauseRequested);
    connect(m_resume, &QPushButton::clicked, this, &TrainPage::resumeRequested);
    connect(m_stop, &QPushButton::clicked, this, &TrainPage::stopRequested);
    connect(m_export, &QPushButton::clicked, this, &TrainPage::exportRequested);
}

void TrainPage::buildBody(Theme& theme) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->setSizeConstraint(QLayout::SetNoConstraint);
    column->addWidget(m_head);
    auto* inside = new QVBoxLayout;
    inside->setContentsMargins(16, 16, 16, 16);
    inside->setSpacing(12);
    column->addLayout(inside, 1);
    m_banner = new FailureBanner(theme);
    inside->addWidget(m_banner);
    m_stack = new QStackedWidget;
    m_transfer = new TransferPanel(theme, m_curves);
    m_lora = new LoraPanel(theme, m_curves);
    m_result = new ResultPanel(theme);
    for (QWidget* panel : {static_cast<QWidget*>(m_transfer), static_cast<QWidget*>(m_lora), static_cast<QWidget*>(m_result)})
        m_stack->addWidget(panel);
    inside->addWidget(m_stack, 1);
    connect(m_banner, &FailureBanner::remedyChosen, this, &TrainPage::resumeRequested);
    for (StagePanel* panel : {static_cast<StagePanel*>(m_transfer), static_cast<StagePanel*>(m_lora)}) {
        connect(panel, &StagePanel::layerPicked, this, [this](int layer) { selectLayer(layer, true); });
        connect(panel, &StagePanel::pinToggled, this, &TrainPage::togglePin);
    }
}

// What the head can do without leaves it in this order until the rest fits.
void TrainPage::updateWidth() {
    if (m_stack == nullptr)
        return;
    const bool narrow = width() < 1200;
    const bool curves = m_stack->currentIndex() != ResultTab;
    m_view->setVisible(curves && narrow);
    m_tabs->setTabText(TransferTab, narrow ? tr("Transfer") : tr("Attention transfer"));
    m_checkpoint->setText(tr("Checkpoint now"));
    m_smoothingBox->setVisible(curves);
    m_axis->setVisible(curves);
    m_layerChip->setVisible(m_settings.selectedLayer >= 0 && curves);
    m_runChip->setVisible(!m_runChip->text().isEmpty());
    const auto needed = [this] {
        int total = 120; // title and the head's own margins
        for (const QWidget* part :
             {static_cast<QWidget*>(m_runChip), static_cast<QWidget*>(m_layerChip), static_cast<QWidget*>(m_tabs),
              m_smoothingBox, static_cast<QWidget*>(m_axis), static_cast<QWidget*>(m_view), m_actions})
            if (!part->isHidden())
                total += part->sizeHint().width() + 14;
        return total;
    };
    if (needed() > width())
        m_smoothingBox->hide();
    if (needed() > width())
        m_axis->hide();
    if (needed() > width())
        m_checkpoint->setText({});
    if (needed() > width())
        m_layerChip->hide();
    if (needed() > width())
        m_runChip->hide();
    for (StagePanel* panel : {static_cast<StagePanel*>(m_transfer), static_cast<StagePanel*>(m_lora)})
        panel->setNarrow(narrow, m_view->current() == 1);
}

} // namespace lolcats
