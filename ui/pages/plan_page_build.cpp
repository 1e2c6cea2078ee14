// SPDX-License-Identifier: GPL-3.0-or-later
// How the Plan page is put together, and how it is laid out at a width.
#include "ui/pages/plan_page.h"

#include "ui/pages/plan_form.h"
#include "ui/pages/plan_side.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/page_head.h"
#include "ui/widgets/section_item.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QTabBar>
#include <QVBoxLayout>

namespace lolcats {

namespace {

constexpr int kWide = 1280;  // window widths from which the right part is 344, …
constexpr int kThree = 1100; // … and from which it stands beside the form

} // namespace

void PlanPage::buildHead() {
    m_head = new PageHead(tr("Plan"));
    m_tabs = new QTabBar;
    m_tabs->setObjectName(QStringLiteral("planTabs"));
    m_tabs->addTab(tr("Form"));
    m_tabs->addTab(tr("Check"));
    m_tabs->setExpanding(false);
    m_head->addLeft(m_tabs, 24);
    m_preset = new QComboBox;
    m_preset->setObjectName(QStringLiteral("presetChoice"));
    m_preset->setAccessibleName(tr("Preset"));
    m_preset->setToolTip(tr("Values to start from; yours for model and text stay"));
    m_preset->setFixedWidth(208);
    m_copy = secondaryButton(tr("Copy as command"), QStringLiteral("copyCommandButton"),
                             tr("Put the command that does the same on the clipboard (Ctrl+Shift+C)"));
    m_copy->setIcon(m_theme.icon(QStringLiteral("copy"), Token::Text));
    m_reasonIcon = iconLabel({}, 16);
    m_reason = new ElidedLabel({}, "bad");
    m_reason->setObjectName(QStringLiteral("startReason"));
    m_reason->setMaximumWidth(280);
    m_start = primaryButton(tr("Start"), QStringLiteral("startButton"), {});
    m_start->setMinimumWidth(88);
    m_head->addRight(label(tr("Preset"), "muted"), 12);
    m_head->addRight(m_preset, 12);
    m_head->addRight(m_copy, 12);
    m_head->addRight(m_reasonIcon, 12);
    m_head->addRight(m_reason, 6);
    m_head->addRight(m_start, 12);
    connect(m_tabs, &QTabBar::currentChanged, this, &PlanPage::arrange);
    connect(m_preset, &QComboBox::activated, this, &PlanPage::choosePreset);
    connect(m_copy, &QPushButton::clicked, this, &PlanPage::copyCommand);
    connect(m_start, &QPushButton::clicked, this, &PlanPage::startRequested);
}

void PlanPage::buildBody() {
    auto* row = new QHBoxLayout;
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(0);
    m_list = new QFrame;
    m_list->setObjectName(QStringLiteral("sections"));
    buildList(m_list);
    row->addWidget(m_list);

    m_waiting = new QFrame;
    m_waiting->setObjectName(QStringLiteral("form"));
    auto* words = new QVBoxLayout(m_waiting);
    m_waitingText = label({}, "title");
    words->setContentsMargins(24, 24, 24, 24);
    m_engineBanner = new FailureBanner(m_theme);
    words->addWidget(m_engineBanner);
    words->addStretch(1);
    words->addWidget(m_waitingText, 0, Qt::AlignCenter);
    words->addWidget(label(tr("The form is made from what the engine offers; it appears when the engine is there."), "muted"),
                     0, Qt::AlignCenter);
    words->addStretch(1);
    row->addWidget(m_waiting, 1);

    m_formFrame = new QFrame;
    m_formFrame->setObjectName(QStringLiteral("form"));
    auto* around = new QVBoxLayout(m_formFrame);
    around->setContentsMargins(0, 0, 1, 0);
    m_form = new PlanForm(m_theme);
    around->addWidget(m_form);
    row->addWidget(m_formFrame, 1);
    m_formFrame->hide();

    m_side = new PlanSide(m_theme);
    row->addWidget(m_side);
    static_cast<QVBoxLayout*>(layout())->addLayout(row, 1);

    connect(m_form, &PlanForm::edited, this, &PlanPage::edit);
    connect(m_form, &PlanForm::sectionResetRequested, this, &PlanPage::resetSection);
    connect(m_form, &PlanForm::troubleChanged, this, &PlanPage::judge);
    connect(m_form, &PlanForm::modelRequested, this, &PlanPage::modelRequested);
    connect(m_form, &PlanForm::dataRequested, this, &PlanPage::dataRequested);
    connect(m_form, &PlanForm::heldoutRequested, this, &PlanPage::heldoutRequested);
    connect(m_side, &PlanSide::copyRequested, this, &PlanPage::copyCommand);
    connect(m_side, &PlanSide::sectionWanted, this, [this](const QString& id) {
        m_tabs->setCurrentIndex(0);
        m_form->showSection(id);
        if (m_items.contains(id))
            m_items[id]->setChecked(true);
    });
}

void PlanPage::buildList(QWidget* list) {
    auto* column = new QVBoxLayout(list);
    column->setContentsMargins(8, 16, 9, 8);
    column->setSpacing(2);
    std::vector<std::pair<QString, QString>> sections = {{QStringLiteral("model"), tr("Model")}};
    for (const PlanSection& section : planSections())
        sections.emplace_back(QString::fromStdString(section.id), QString::fromStdString(section.title));
    for (const auto& [id, title] : sections) {
        auto* item = new SectionItem(title, QStringLiteral("section-") + id, m_theme);
        m_items.insert(id, item);
        column->addWidget(item);
        connect(item, &SectionItem::clicked, this, [this, id = id] {
            m_tabs->setCurrentIndex(0);
            m_form->showSection(id);
        });
    }
    m_items[QStringLiteral("model")]->setChecked(true);
    column->addStretch(1);
}

void PlanPage::arrange() {
    const int wide = window()->width();
    const bool together = wide >= kThree;
    const bool check = !together && m_tabs->currentIndex() == 1;
    m_tabs->setVisible(!together);
    m_list->setFixedWidth(together ? 168 : 48);
    for (SectionItem* item : m_items)
        item->setCompact(!together);
    m_side->setVisible(together || check);
    if (together)
        m_side->setFixedWidth(wide >= kWide ? 344 : 300);
    else {
        m_side->setMinimumWidth(0);
        m_side->setMaximumWidth(QWIDGETSIZE_MAX);
    }
    m_formFrame->setVisible(m_hasCatalogue && !check);
    m_waiting->setVisible(!m_hasCatalogue && !check);
    m_copy->setText(together ? tr("Copy as command") : tr("Copy"));
}

} // namespace lolcats
