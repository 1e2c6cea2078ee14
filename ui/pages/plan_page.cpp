// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plan_page.h"

#include "ui/pages/plan_form.h"
#include "ui/pages/plan_side.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/page_head.h"
#include "ui/widgets/section_item.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QUndoCommand>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

// From one plan to another. Edits of one field in a row are one step.
class PlanEdit : public QUndoCommand {
public:
    PlanEdit(PlanPage& page, ConversionPlan before, ConversionPlan after, QString name, bool quiet)
        : m_page(page), m_before(std::move(before)), m_after(std::move(after)), m_name(std::move(name)), m_quiet(quiet) {
        setText(m_name);
    }
    void redo() override { m_page.apply(m_after, std::exchange(m_quiet, false)); }
    void undo() override { m_page.apply(m_before, false); }
    int id() const override { return 1; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = static_cast<const PlanEdit*>(other);
        if (m_name.isEmpty() || next->m_name != m_name)
            return false;
        m_after = next->m_after;
        return true;
    }

private:
    PlanPage& m_page;
    ConversionPlan m_before;
    ConversionPlan m_after;
    QString m_name;
    bool m_quiet; // the first time only
};

PlanPage::PlanPage(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    setObjectName(QStringLiteral("page"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildHead();
    column->addWidget(m_head);
    buildBody();
    setEngineState(tr("Loading the engine…"), false);
    judge();
}

void PlanPage::setCatalogue(const Catalogue& catalogue) {
    m_catalogue = catalogue;
    m_hasCatalogue = true;
    m_preset->clear();
    for (const Preset& preset : catalogue.presets) {
        m_preset->addItem(QString::fromStdString(preset.title), QString::fromStdString(preset.id));
        m_preset->setItemData(m_preset->count() - 1, QString::fromStdString(preset.sentence), Qt::ToolTipRole);
    }
    m_form->setCatalogue(catalogue);
    m_waiting->hide();
    if (!m_hasPlan) {
        m_facts.plan = presetPlan();
        m_hasPlan = true;
    }
    showModel();
    showData();
    showPlan();
    arrange();
    judge();
}

void PlanPage::setEngineState(const QString& word, bool ready) {
    m_facts.engine = word;
    m_facts.engineReady = ready;
    m_waitingText->setText(word);
    judge();
}

// The plan of the preset that this plan came from; of a preset that is not there, the program's own values.
ConversionPlan PlanPage::presetPlan() const {
    try {
        return planFromPreset(m_facts.plan.preset, m_catalogue);
    } catch (const Refusal&) {
        return ConversionPlan();
    }
}

void PlanPage::setPlan(const ConversionPlan& plan) {
    if (plan == m_facts.plan && m_hasPlan)
        return;
    if (m_hasPlan)
        push(plan, {}, true);
    else
        apply(plan, true);
    m_hasPlan = true;
}

void PlanPage::push(const ConversionPlan& after, const QString& name, bool quiet) {
    if (after != m_facts.plan)
        m_edits.push(new PlanEdit(*this, m_facts.plan, after, name, quiet));
}

void PlanPage::apply(const ConversionPlan& plan, bool quiet) {
    if (plan.model != m_facts.plan.model) {
        m_facts.model.reset();
        m_facts.modelFailure.reset();
        m_facts.forecast.reset();
    }
    const ConversionPlan& before = m_facts.plan;
    if (plan.model != before.model || plan.data != before.data || plan.heldout != before.heldout ||
        plan.dataset != before.dataset) {
        m_facts.data.reset();
        m_facts.dataFailure.reset();
        m_dataPending = false;
    }
    m_facts.plan = plan;
    showModel();
    showData();
    showPlan();
    judge();
    if (!quiet)
        Q_EMIT planEdited(plan);
}

void PlanPage::edit(const QString& name, const OptionValue& value) {
    ConversionPlan after = m_facts.plan;
    try {
        setPlanField(after, name.toStdString(), value, m_catalogue);
        after = completedPlan(after, m_catalogue); // another part has other options
    } catch (const Refusal& refusal) {
        m_reason->setText(QString::fromStdString(refusal.failure().summary));
        return;
    }
    push(after, name, false);
}

void PlanPage::resetSection(const QStringList& names) {
    const ConversionPlan preset = presetPlan();
    ConversionPlan after = m_facts.plan;
    try {
        // Parts first: the other rows may be options of theirs.
        for (const bool parts : {true, false})
            for (const QString& name : names)
                if (parts == (name == QLatin1String("attention") || name == QLatin1String("feature_map")))
                    setPlanField(after, name.toStdString(), planField(preset, name.toStdString(), m_catalogue), m_catalogue);
        after = completedPlan(after, m_catalogue);
    } catch (const Refusal&) {
        // An option that only the part of now has goes with that part.
        after = completedPlan(after, m_catalogue);
    }
    push(after, {}, false);
}

void PlanPage::choosePreset(int index) {
    try {
        ConversionPlan after = planFromPreset(m_preset->itemData(index).toString().toStdString(), m_catalogue);
        const ConversionPlan& now = m_facts.plan;
        after.model = now.model;
        after.data = now.data;
        after.heldout = now.heldout;
        after.dataset = now.dataset;
        after.probe = now.probe;
        after.threads = now.threads;
        after.options.merge(OptionValues(now.options)); // the text's own; what no chosen part has falls away
        push(completedPlan(after, m_catalogue), {}, false);
    } catch (const Refusal& refusal) {
        m_reason->setText(QString::fromStdString(refusal.failure().summary));
    }
}

void PlanPage::setModel(const ModelSummary& model) {
    m_facts.model = model;
    m_facts.modelFailure.reset();
    showModel();
    showPlan();
    judge();
}

void PlanPage::setModelFailure(const Failure& failure) {
    m_facts.model.reset();
    m_facts.modelFailure = failure;
    m_engineBanner->show(failure); // seen only while there is no form
    showModel();
    judge();
}

void PlanPage::setPreview(const DataPreview& preview) {
    m_facts.data = preview;
    m_facts.dataFailure.reset();
    m_dataPending = false;
    showData();
    judge();
}

void PlanPage::setDataFailure(const Failure& failure) {
    m_facts.data.reset();
    m_facts.dataFailure = failure;
    m_dataPending = false;
    showData();
    judge();
}

void PlanPage::setDataPending() {
    m_facts.data.reset();
    m_facts.dataFailure.reset();
    m_dataPending = true;
    showData();
    judge();
}

void PlanPage::setForecast(const Forecast& forecast) {
    m_facts.forecast = forecast;
    m_side->setForecast(forecast);
    judge();
}

void PlanPage::setRunPath(const QString& path) {
    m_runPath = path;
    showPlan();
}

void PlanPage::setBusy(bool running) {
    m_facts.busy = running;
    judge();
}

void PlanPage::showModel() {
    m_form->showModel(m_facts.model, m_facts.modelFailure, !m_facts.plan.model.empty());
}

void PlanPage::showData() {
    m_form->showData(m_facts.data, m_facts.dataFailure, m_dataPending);
}

void PlanPage::showPlan() {
    if (!m_hasCatalogue)
        return;
    m_preset->setCurrentIndex(m_preset->findData(QString::fromStdString(m_facts.plan.preset)));
    m_form->showPlan(m_facts.plan, presetPlan());
    try {
        m_side->setCommand(QString::fromStdString(planCommand(m_facts.plan, m_runPath.toStdString(), m_catalogue)));
    } catch (const Refusal& refusal) {
        m_side->setCommand(QString::fromStdString(refusal.failure().summary));
    }
}

void PlanPage::judge() {
    m_facts.unreadableFields = 0;
    for (auto item = m_items.constBegin(); item != m_items.constEnd(); ++item)
        m_facts.unreadableFields += m_form->troubled(item.key());
    const std::vector<ReadinessItem> items = readinessList(m_facts, m_catalogue);
    m_side->setItems(items);
    const auto problems = static_cast<int>(
        std::count_if(items.begin(), items.end(), [](const auto& item) { return item.state == Readiness::Bad; }));
    for (auto item = m_items.constBegin(); item != m_items.constEnd(); ++item) {
        int bad = m_form->troubled(item.key());
        SectionState state = m_facts.engineReady ? SectionState::Good : SectionState::Pending;
        for (const ReadinessItem& each : items) {
            if (each.section != item.key())
                continue;
            if (each.state == Readiness::Pending)
                state = SectionState::Pending;
            bad += each.state == Readiness::Bad && m_facts.unreadableFields == 0;
        }
        item.value()->setState(bad > 0 ? SectionState::Bad : state, bad, m_form->changed(item.key()));
    }
    const QString why = whyNotYet(m_facts, items);
    m_mayStart = m_hasCatalogue && why.isEmpty();
    m_start->setEnabled(m_mayStart);
    m_start->setIcon(m_theme.icon(QStringLiteral("state-running"), Token::OnAccent));
    m_start->setToolTip(m_mayStart ? tr("Start the conversion (Ctrl+Return)") : why);
    const QString count = problems == 1 ? tr("1 problem: ") : problems > 1 ? tr("%1 problems: ").arg(problems) : QString();
    m_reason->setText(m_facts.busy ? why : count + why);
    setStyled(m_reason, "role", problems > 0 && !m_facts.busy ? "bad" : "muted");
    m_reason->setVisible(!why.isEmpty());
    m_reasonIcon->setIcon(problems > 0 && !m_facts.busy ? m_theme.icon(QStringLiteral("cross-circle"), Token::Bad)
                                                        : m_theme.icon(QStringLiteral("state-queued"), Token::Muted));
    m_reasonIcon->setVisible(!why.isEmpty());
    m_copy->setEnabled(m_hasCatalogue);
    Q_EMIT readinessChanged(problems, m_mayStart);
}

bool PlanPage::mayStart() const {
    return m_mayStart;
}

void PlanPage::start() {
    if (m_mayStart)
        m_start->click();
}

void PlanPage::copyCommand() {
    QApplication::clipboard()->setText(m_side->command());
}

void PlanPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

} // namespace lolcats
