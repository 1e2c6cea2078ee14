// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/plan_form.h"

#include "ui/pages/advanced_rows.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/facts.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/figures.h"
#include "ui/widgets/layer_toggles.h"
#include "ui/widgets/options_form.h"
#include "ui/widgets/section_header.h"
#include "ui/widgets/token_preview.h"

#include <QHBoxLayout>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

namespace {

constexpr int kBar = 12; // room at the left of a row, where the bar of a changed value stands

void addAfterBar(QVBoxLayout* column, QWidget* part) {
    auto* row = new QHBoxLayout;
    row->setContentsMargins(kBar, 0, 0, 0);
    row->addWidget(part);
    column->addLayout(row);
}

std::string layersText(const std::vector<std::int64_t>& layers) {
    std::string text;
    for (const std::int64_t layer : layers)
        text += (text.empty() ? "" : ",") + std::to_string(layer);
    return text;
}

std::vector<std::int64_t> layersOf(const OptionValue& value) {
    std::vector<std::int64_t> layers;
    for (const QString& part : QString::fromStdString(optionText(value)).split(QLatin1Char(','), Qt::SkipEmptyParts))
        layers.push_back(part.toLongLong());
    return layers;
}

QString linesOf(const std::vector<std::string>& notices) {
    QStringList lines;
    for (const std::string& notice : notices)
        lines << QString::fromStdString(notice);
    return lines.join(QLatin1Char('\n'));
}

void showLines(QLabel* place, const std::vector<std::string>& notices) {
    place->setText(linesOf(notices));
    place->setVisible(!notices.empty());
}

} // namespace

PlanForm::PlanForm(Theme& theme, QWidget* parent) : QScrollArea(parent), m_theme(theme) {
    setObjectName(QStringLiteral("planForm"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void PlanForm::setCatalogue(const Catalogue& catalogue) {
    m_catalogue = catalogue;
    m_sections.clear();
    m_parts.clear();
    auto* content = new QFrame;
    m_column = new QVBoxLayout(content);
    m_column->setContentsMargins(0, 0, 0, 24);
    m_column->setSpacing(0);
    setWidget(content);
    buildModel();
    int number = 2;
    for (const PlanSection& section : planSections())
        buildSection(section, number++);
    m_column->addStretch(1);
}

QVBoxLayout* PlanForm::addFrame(const QString& id, int number, const QString& title, const QString& sentence) {
    auto* frame = new QWidget;
    auto* column = new QVBoxLayout(frame);
    column->setContentsMargins(24, 16, 24, 16);
    column->setSpacing(8);
    if (number > 1)
        m_column->addWidget(line(Qt::Horizontal));
    m_column->addWidget(frame);
    m_header = new SectionHeader(number, title, sentence);
    column->addWidget(m_header);
    m_sections[id].frame = frame;
    auto* inner = new QVBoxLayout;
    inner->setContentsMargins(32 - kBar, 0, 0, 0); // a row has room for its bar at the left
    inner->setSpacing(8);
    column->addLayout(inner);
    return inner;
}

void PlanForm::buildModel() {
    QVBoxLayout* column = addFrame(QStringLiteral("model"), 1, tr("Model"), tr("what is converted"));
    QPushButton* change = smallButton(tr("Change…"), QStringLiteral("changeModelButton"), tr("Choose another model (Ctrl+O)"));
    m_header->addTool(change);
    m_modelBanner = new FailureBanner(m_theme);
    m_modelBanner->setObjectName(QStringLiteral("modelBanner"));
    m_modelEmpty = paragraph({}, "muted");
    m_modelEmpty->setObjectName(QStringLiteral("modelEmpty"));
    m_facts = new Facts(m_theme);
    m_facts->setObjectName(QStringLiteral("modelFacts"));
    m_modelNotices = paragraph({}, "warn");
    for (QWidget* part : std::initializer_list<QWidget*>{m_modelBanner, m_modelEmpty, m_facts, m_modelNotices})
        addAfterBar(column, part);
    m_modelNotices->hide();
    connect(change, &QPushButton::clicked, this, &PlanForm::modelRequested);
    connect(m_modelBanner, &FailureBanner::remedyChosen, this, &PlanForm::modelRequested);
}

void PlanForm::buildSection(const PlanSection& plan, int number) {
    const QString id = QString::fromStdString(plan.id);
    QVBoxLayout* column = addFrame(id, number, QString::fromStdString(plan.title), QString::fromStdString(plan.sentence));
    Section& section = m_sections[id];
    section.reset = quietButton(tr("Reset section"), m_theme.icon(QStringLiteral("undo")), id + QStringLiteral("ResetSection"),
                                tr("Back to the preset's values in this section"));
    section.more = quietButton(tr("Advanced"), m_theme.icon(QStringLiteral("right")), id + QStringLiteral("Advanced"),
                               tr("Show or hide what is seldom changed"));
    section.more->setCheckable(true);
    section.more->setProperty("kind", "plain");
    m_header->addTool(section.reset);
    m_header->addTool(section.more);
    auto* rows = new QVBoxLayout;
    rows->setContentsMargins(0, 0, 0, 0);
    rows->setSpacing(0);
    column->addLayout(rows);
    section.form = new OptionsForm(m_theme);
    section.parts = new OptionsForm(m_theme);
    section.advanced = new OptionsForm(m_theme);
    section.tail = new OptionsForm(m_theme);
    rows->addWidget(section.form);
    rows->addWidget(section.parts);
    for (const OptionDescription& option : plan.options) {
        if (option.name == "keep_softmax")
            section.tail->add(makeLayersRow(option));
        else
            (isAdvanced(option.name) ? section.advanced : section.form)->add(makeRow(option));
    }
    rows->addWidget(section.advanced);
    rows->addWidget(section.tail);
    for (OptionsForm* form : forms(section)) {
        connect(form, &OptionsForm::edited, this, &PlanForm::edited);
        connect(form, &OptionsForm::troubleChanged, this, &PlanForm::troubleChanged);
    }
    section.more->setVisible(!section.advanced->rows().empty());
    showAdvanced(section, false);
    section.reset->hide();
    connect(section.more, &QToolButton::clicked, this, [this, id](bool open) { showAdvanced(m_sections[id], open); });
    connect(section.reset, &QToolButton::clicked, this,
            [this, id] { Q_EMIT sectionResetRequested(changedNames(m_sections[id])); });
    if (id == QLatin1String("data"))
        buildDataTail(column);
}

ParameterRow* PlanForm::makeRow(const OptionDescription& option) {
    if (option.name == "dataset")
        return new ParameterRow(option, m_catalogue.datasets, m_theme);
    if (option.name == "attention")
        return new ParameterRow(option, m_catalogue.attentions, m_theme);
    if (option.name == "feature_map")
        return new ParameterRow(option, m_catalogue.featureMaps, m_theme);
    auto* row = new ParameterRow(option, m_theme);
    if (option.name == "data" || option.name == "heldout") {
        const bool isData = option.name == "data";
        QToolButton* choose = quietButton({}, m_theme.icon(QStringLiteral("folder")),
                                          isData ? QStringLiteral("chooseDataButton") : QStringLiteral("chooseHeldoutButton"),
                                          isData ? tr("Choose the text to learn from") : tr("Choose the text to measure on"));
        row->addTool(choose);
        connect(choose, &QToolButton::clicked, this, isData ? &PlanForm::dataRequested : &PlanForm::heldoutRequested);
    }
    return row;
}

ParameterRow* PlanForm::makeLayersRow(const OptionDescription& option) {
    m_layers = new LayerToggles(m_theme);
    LayerToggles* layers = m_layers;
    auto* row = new ParameterRow(
        option, layers, [layers](const OptionValue& value) { layers->setKept(layersOf(value)); }, m_theme);
    connect(layers, &LayerToggles::keptChanged, row,
            [row](const std::vector<std::int64_t>& kept) { row->takeEdit(layersText(kept)); });
    return row;
}

void PlanForm::buildDataTail(QVBoxLayout* column) {
    m_dataBanner = new FailureBanner(m_theme);
    m_dataBanner->setObjectName(QStringLiteral("dataBanner"));
    m_dataText = paragraph({}, "note");
    m_dataText->setObjectName(QStringLiteral("dataText"));
    m_preview = new TokenPreview(m_theme);
    m_preview->setObjectName(QStringLiteral("dataPreview"));
    m_dataNotices = paragraph({}, "warn");
    for (QWidget* part : std::initializer_list<QWidget*>{m_dataBanner, m_dataText, m_preview, m_dataNotices})
        addAfterBar(column, part);
    m_preview->hide();
    m_dataNotices->hide();
    connect(m_dataBanner, &FailureBanner::remedyChosen, this, &PlanForm::dataRequested);
}

std::vector<OptionsForm*> PlanForm::forms(const Section& section) {
    return {section.form, section.parts, section.advanced, section.tail};
}

QStringList PlanForm::changedNames(const Section& section) {
    QStringList names;
    for (const OptionsForm* form : forms(section))
        for (const ParameterRow* row : form->rows())
            if (row->isChanged())
                names << QString::fromStdString(row->name());
    return names;
}

void PlanForm::showAdvanced(Section& section, bool open) {
    section.more->setChecked(open);
    section.more->setIcon(m_theme.icon(open ? QStringLiteral("down") : QStringLiteral("right")));
    section.advanced->setVisible(open);
}

void PlanForm::rebuildParts(const ConversionPlan& plan) {
    for (const Choice& attention : m_catalogue.attentions)
        if (ParameterRow* row = m_sections[QStringLiteral("attention")].form->row("feature_map");
            attention.id == plan.attention)
            row->setVisible(attention.takesFeatureMap);
    std::vector<OptionDescription> options;
    try {
        options = partOptions(plan, m_catalogue);
    } catch (const Refusal&) {
        // A part that this engine does not have: the page says so in its readiness list.
    }
    const auto sameName = [](const OptionDescription& a, const OptionDescription& b) {
        return a.name == b.name && a.standard == b.standard && a.maximum == b.maximum;
    };
    if (std::equal(options.begin(), options.end(), m_parts.begin(), m_parts.end(), sameName))
        return;
    m_parts = options;
    std::vector<OptionDescription> ofData;
    for (const Choice& dataset : m_catalogue.datasets)
        if (dataset.id == plan.dataset)
            ofData = dataset.options;
    std::vector<OptionDescription> dataRows;
    std::vector<OptionDescription> attentionRows;
    for (const OptionDescription& option : options) {
        const bool isData =
            std::any_of(ofData.begin(), ofData.end(), [&](const auto& other) { return other.name == option.name; });
        (isData ? dataRows : attentionRows).push_back(option);
    }
    m_sections[QStringLiteral("data")].parts->setOptions(dataRows);
    Section& attention = m_sections[QStringLiteral("attention")];
    const auto seldom = std::stable_partition(attentionRows.begin(), attentionRows.end(),
                                              [](const OptionDescription& option) { return !isAdvanced(option.name); });
    attention.parts->setOptions({attentionRows.begin(), seldom});
    attention.advanced->setOptions({seldom, attentionRows.end()});
    attention.more->setVisible(seldom != attentionRows.end());
}

void PlanForm::showPlan(const ConversionPlan& plan, const ConversionPlan& preset) {
    if (m_sections.isEmpty())
        return;
    rebuildParts(plan);
    for (Section& section : m_sections) {
        if (section.form == nullptr)
            continue;
        for (const OptionsForm* form : forms(section))
            for (ParameterRow* row : form->rows()) {
                const std::string& name = row->name();
                const OptionValue value = planField(plan, name, m_catalogue);
                // Whose text it is no preset says: a path is never a change.
                const bool isPlace = name == "data" || name == "heldout";
                OptionValue before = value;
                if (!isPlace) {
                    const auto option = preset.options.find(name);
                    const bool isOption =
                        std::any_of(m_parts.begin(), m_parts.end(), [&](const auto& o) { return o.name == name; });
                    if (!isOption)
                        before = planField(preset, name, m_catalogue);
                    else if (option != preset.options.end())
                        before = option->second;
                    else
                        before = std::find_if(m_parts.begin(), m_parts.end(), [&](const auto& o) {
                                     return o.name == name;
                                 })->standard;
                }
                row->setPreset(before);
                row->setValue(value);
            }
        section.reset->setVisible(!changedNames(section).isEmpty());
        if (!section.more->isHidden() && section.advanced->changed() > 0)
            showAdvanced(section, true);
    }
    if (ParameterRow* row = m_sections[QStringLiteral("attention")].tail->row("keep_softmax"))
        row->setHint(tr("%1 of %2").arg(plan.keepSoftmax.size()).arg(m_layers->layers()));
}

void PlanForm::fillModelFacts(const ModelSummary& model) {
    QStringList types;
    for (const auto& [type, count] : model.types)
        types << QString::fromStdString(type);
    const Token verdict = model.convertible ? Token::Good : Token::Bad;
    static_cast<Facts*>(m_facts)->setFacts(
        {{tr("Model"), QString::fromStdString(model.name), {}, Token::Text, true},
         {tr("Layers"), QString::number(model.layers)},
         {tr("Heads"), model.kvHeads == model.heads ? QString::number(model.heads)
                                                    : tr("%1, %2 key-value").arg(model.heads).arg(model.kvHeads)},
         {tr("Head size"), QString::number(model.headDim)},
         {tr("Parameters"), shortCountText(model.parameters)},
         {tr("Weights"), tr("%1, %2").arg(bytesText(model.storedBytes), types.join(QStringLiteral(" + ")))},
         {tr("Verdict"), QString::fromStdString(model.verdict),
          model.convertible ? QStringLiteral("check") : QStringLiteral("cross"), verdict}});
}

void PlanForm::showModel(const std::optional<ModelSummary>& model, const std::optional<Failure>& failure, bool pending) {
    if (m_sections.isEmpty())
        return;
    failure ? m_modelBanner->show(*failure, {tr("Choose another model…")}) : m_modelBanner->clear();
    m_facts->setVisible(model && !failure);
    m_modelEmpty->setVisible(!model && !failure);
    m_modelEmpty->setText(pending
                              ? tr("Reading the model's header…")
                              : tr("No model yet. Choose a GGUF file or a Hugging Face folder, or drop one on this window."));
    showLines(m_modelNotices, model ? model->notices : std::vector<std::string>());
    if (!model)
        return;
    fillModelFacts(*model);
    m_layers->setLayers(static_cast<int>(model->layers));
}

void PlanForm::showData(const std::optional<DataPreview>& preview, const std::optional<Failure>& failure, bool pending) {
    if (m_sections.isEmpty())
        return;
    failure ? m_dataBanner->show(*failure, {tr("Choose another text…")}) : m_dataBanner->clear();
    m_preview->setVisible(preview && !failure && !preview->words.empty());
    m_dataText->setVisible(!failure);
    showLines(m_dataNotices, preview && !failure ? preview->notices : std::vector<std::string>());
    if (preview) {
        m_dataText->setText(tr("%1. %2 rows to learn from, %3 held out. The first row begins:")
                                .arg(QString::fromStdString(preview->description), countText(preview->trainRows),
                                     countText(preview->heldoutRows)));
        m_preview->setTokens(preview->words, preview->learned);
    } else {
        m_dataText->setText(pending ? tr("Reading the text…")
                                    : tr("No text yet. Choose a file or a folder, or drop one on this window."));
    }
}

void PlanForm::showSection(const QString& id) {
    const auto found = m_sections.constFind(id);
    if (found != m_sections.constEnd())
        verticalScrollBar()->setValue(found->frame->y());
}

int PlanForm::troubled(const QString& id) const {
    int count = 0;
    if (const auto found = m_sections.constFind(id); found != m_sections.constEnd() && found->form != nullptr)
        for (const OptionsForm* form : forms(*found))
            count += form->troubled();
    return count;
}

int PlanForm::changed(const QString& id) const {
    const auto found = m_sections.constFind(id);
    return found == m_sections.constEnd() || found->form == nullptr ? 0 : static_cast<int>(changedNames(*found).size());
}

} // namespace lolcats
