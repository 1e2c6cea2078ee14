// SPDX-License-Identifier: GPL-3.0-or-later
// How the Attention page is put together, and how large its maps are.
#include "ui/pages/attention_page.h"

#include "ui/pages/attention_parts.h"
#include "ui/pages/step_slider.h"
#include "ui/plots/row_profile.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/failure_banner.h"
#include "ui/widgets/page_head.h"

#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QVBoxLayout>

#include <algorithm>

namespace lolcats {

namespace {

// A 12 × 2 swatch before a name: data colours are never text.
class Swatch : public QWidget {
public:
    Swatch(const Theme& theme, Token token) : m_theme(theme), m_token(token) { setFixedSize(12, 2); }

protected:
    void paintEvent(QPaintEvent*) override { QPainter(this).fillRect(rect(), m_theme.color(m_token)); }

private:
    const Theme& m_theme;
    Token m_token;
};

} // namespace

AttentionPage::AttentionPage(Theme& theme, QWidget* parent) : QWidget(parent) {
    setObjectName(QStringLiteral("page"));
    setAccessibleName(tr("Attention"));
    setFocusPolicy(Qt::StrongFocus);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->setSizeConstraint(QLayout::SetNoConstraint);
    buildHead(theme);
    column->addWidget(m_pageHead);
    column->addWidget(buildProbeRow(theme));
    auto* row = new QHBoxLayout;
    row->setSpacing(0);
    row->addWidget(buildHeads(theme));
    row->addWidget(line(Qt::Vertical));
    row->addWidget(buildMaps(theme), 1);
    column->addLayout(row, 1);
    updateEmpty();
    updateChips();
}

void AttentionPage::buildHead(Theme& theme) {
    m_pageHead = new PageHead(tr("Attention"));
    m_runChip = chip({}, QStringLiteral("attentionRun"), tr("The run that is shown"));
    m_layerChip = chip({}, QStringLiteral("attentionLayer"), tr("Arrow up and down go through the layers"));
    m_headChip = chip({}, QStringLiteral("attentionHead"), tr("Arrow left and right go through the heads"));
    m_scale = new Segments({tr("Linear"), tr("Log")}, QStringLiteral("attentionScale"));
    m_scale->setCurrent(1);
    m_scale->setToolTip(tr("Colour scale of teacher and student; L changes it"));
    m_pageHead->addLeft(m_runChip, 12);
    m_pageHead->addLeft(m_layerChip, 8);
    m_pageHead->addLeft(m_headChip, 8);
    m_narrowParts = new QWidget;
    auto* partsRow = new QHBoxLayout(m_narrowParts);
    partsRow->setContentsMargins(0, 0, 8, 0);
    partsRow->setSpacing(12);
    m_headParts = new Segments({tr("Both"), tr("Window"), tr("Linear")}, QStringLiteral("studentPartInHead"));
    partsRow->addWidget(label(tr("Student"), "muted"));
    partsRow->addWidget(m_headParts);
    m_pageHead->addRight(m_narrowParts);
    m_pageHead->addRight(label(tr("Scale"), "muted"));
    m_pageHead->addRight(m_scale, 12);
    m_banner = new FailureBanner(theme);
    connect(m_scale, &Segments::chosen, this, [this](int index) { setLogarithmic(index == 1); });
}

QWidget* AttentionPage::buildProbeRow(Theme& theme) {
    auto* bar = new QFrame;
    bar->setObjectName(QStringLiteral("head"));
    bar->setFixedHeight(48);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(12);
    m_probe = new QLineEdit;
    m_probe->setObjectName(QStringLiteral("probeField"));
    m_probe->setAccessibleName(tr("Probe text"));
    m_probe->setPlaceholderText(tr("Type or paste a text"));
    m_probe->setMaximumWidth(452);
    m_tokens = label({}, "muted");
    m_compute = secondaryButton(tr("Compute"), QStringLiteral("computeButton"), tr("Draw the maps of this text (Return)"));
    m_noSteps = label(tr("Steps appear after the first snapshot"), "small");
    m_steps = new QWidget;
    auto* steps = new QHBoxLayout(m_steps);
    steps->setContentsMargins(0, 0, 0, 0);
    steps->setSpacing(8);
    auto* back = quietButton(QStringLiteral("‹"), {}, QStringLiteral("snapshotBack"), tr("The snapshot before ( [ )"));
    auto* forward = quietButton(QStringLiteral("›"), {}, QStringLiteral("snapshotForward"), tr("The next snapshot ( ] )"));
    m_slider = new StepSlider(theme);
    m_slider->setObjectName(QStringLiteral("snapshotSlider"));
    m_step = label({}, "strong");
    m_step->setMinimumWidth(44);
    m_step->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    steps->addWidget(label(tr("Step"), "muted"));
    steps->addWidget(back);
    steps->addWidget(m_slider, 1);
    steps->addWidget(forward);
    steps->addWidget(m_step);
    row->addWidget(label(tr("Probe"), "muted"));
    row->addWidget(m_probe, 3);
    row->addWidget(m_tokens);
    row->addStretch(1);
    row->addWidget(m_noSteps);
    row->addWidget(m_steps, 2);
    row->addWidget(m_compute);
    const auto compute = [this] {
        const QString text = m_probe->text().trimmed();
        if (text.isEmpty())
            return;
        m_probe->setModified(false);
        Q_EMIT probeRequested(text);
    };
    connect(m_compute, &QPushButton::clicked, this, compute);
    connect(m_probe, &QLineEdit::returnPressed, this, compute);
    connect(m_probe, &QLineEdit::textChanged, this, [this](const QString& text) {
        m_compute->setEnabled(!text.trimmed().isEmpty());
        m_compute->setToolTip(m_compute->isEnabled() ? tr("Draw the maps of this text (Return)") : tr("Type a text first"));
    });
    m_compute->setEnabled(false);
    connect(m_slider, &StepSlider::chosen, this, &AttentionPage::showSnapshot);
    connect(back, &QToolButton::clicked, this, [this] { showSnapshot(m_shown - 1); });
    connect(forward, &QToolButton::clicked, this, [this] { showSnapshot(m_shown + 1); });
    return bar;
}

QWidget* AttentionPage::buildHeads(Theme& theme) {
    m_headsBox = new QFrame;
    m_headsBox->setProperty("kind", "pane");
    m_headsBox->setAutoFillBackground(true);
    m_headsBox->setBackgroundRole(QPalette::Base);
    auto* column = new QVBoxLayout(m_headsBox);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* title = new QHBoxLayout;
    title->setContentsMargins(16, 8, 12, 8);
    title->setSpacing(8);
    title->addWidget(label(tr("Heads"), "card"));
    title->addWidget(label(tr("worst first"), "small"));
    title->addStretch(1);
    title->addWidget(label(tr("KL"), "small"));
    column->addLayout(title);
    column->addWidget(line(Qt::Horizontal));
    m_headModel = new HeadListModel(this);
    m_heads = new HeadsList(theme, *m_headModel);
    m_heads->installEventFilter(this);
    column->addWidget(m_heads, 1);
    m_note = paragraph({}, "small");
    m_note->setObjectName(QStringLiteral("keptLayers"));
    m_note->setContentsMargins(16, 12, 12, 12);
    column->addWidget(m_note);
    column->addStretch(0);
    connect(m_heads, &HeadsList::headPicked, this, &AttentionPage::chooseHead);
    return m_headsBox;
}

QWidget* AttentionPage::buildMaps(Theme& theme) {
    auto* content = new QWidget;
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(12);
    column->addWidget(m_banner);
    m_maps = new HeadMaps(theme);
    column->addWidget(m_maps);
    m_lower = new QWidget;
    auto* lower = new QHBoxLayout(m_lower);
    lower->setContentsMargins(0, 0, 0, 0);
    lower->setSpacing(12);
    m_profileCard = new Card(tr("Row profile"));
    m_values = new QWidget;
    auto* values = new QHBoxLayout(m_values);
    values->setContentsMargins(0, 0, 8, 0);
    values->setSpacing(8);
    m_teacherValue = label({}, "strong");
    m_studentValue = label({}, "strong");
    values->addWidget(new Swatch(theme, Token::Teacher));
    m_valueNames[0] = label(tr("teacher"));
    m_valueNames[1] = label(tr("student"));
    values->addWidget(m_valueNames[0]);
    values->addWidget(m_teacherValue);
    values->addSpacing(8);
    values->addWidget(new Swatch(theme, Token::Student));
    values->addWidget(m_valueNames[1]);
    values->addWidget(m_studentValue);
    m_profileCard->addTool(m_values);
    m_profile = new RowProfile(theme);
    m_profileCard->body()->addWidget(m_profile, 1);
    m_figuresCard = new Card(tr("Numbers"));
    m_figuresCard->setHeaderLine(true);
    m_figures = new HeadFigures;
    m_figuresCard->body()->addWidget(m_figures);
    m_remark = paragraph(tr("Weights are formed for this probe only; linear attention never stores them."), "small");
    m_remark->setContentsMargins(11, 0, 11, 8);
    m_figuresCard->body()->addWidget(m_remark);
    m_figuresCard->body()->addStretch(1);
    lower->addWidget(m_profileCard, 1);
    lower->addWidget(m_figuresCard);
    column->addWidget(m_lower, 1);
    m_empty = buildEmpty();
    column->addWidget(m_empty, 1);
    connect(m_maps, &HeadMaps::hovered, this, &AttentionPage::showCell);
    connect(m_maps, &HeadMaps::hoverEnded, this, [this] { showCell(m_query, m_key); });
    const auto pin = [this](int query, int key) {
        m_query = query;
        m_key = key;
        m_maps->setPinned(query, key);
        m_figures->show(m_map, m_maps->teacher(), m_maps->student(), m_overview.window, query);
        showCell(query, key);
    };
    connect(m_maps, &HeadMaps::picked, this, pin);
    connect(m_maps, &HeadMaps::partChanged, this, [this](StudentPart part) {
        m_headParts->setCurrent(static_cast<int>(part));
        showCell(m_query, m_key);
    });
    connect(m_headParts, &Segments::chosen, this, [this](int index) { m_maps->setPart(static_cast<StudentPart>(index)); });
    connect(m_profile, &RowProfile::keyPicked, this, [this, pin](int key) { pin(m_query, key); });
    return content;
}

QWidget* AttentionPage::buildEmpty() {
    auto* empty = new QWidget;
    auto* column = new QVBoxLayout(empty);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(6);
    QLabel* title = label(tr("See where each head looks"), "title");
    QLabel* sentence = label(tr("Give a text, and the same head is drawn for teacher, student and their difference."), "muted");
    title->setAlignment(Qt::AlignHCenter);
    sentence->setAlignment(Qt::AlignHCenter);
    column->addWidget(title);
    column->addWidget(sentence);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(0, 12, 0, 0);
    row->setSpacing(12);
    row->addStretch(1);
    const std::pair<QString, QString> examples[] = {
        {tr("A story that repeats itself"),
         tr("Once upon a time there was a small fox who lived near the old stone wall. Once upon a time "
            "there was a small fox who lived near the old stone wall.")},
        {tr("A list of names and dates"),
         tr("Anne, 4 May 1814. Frederick, 12 June 1806. Walter, 1 March 1760. Elizabeth, 1 June 1785. "
            "When was Anne born? Anne was born on")},
    };
    int number = 0;
    for (const auto& [name, text] : examples) {
        QPushButton* button = secondaryButton(name, QStringLiteral("probeExample%1").arg(number++), text);
        connect(button, &QPushButton::clicked, this, [this, example = text] {
            m_probe->setText(example);
            m_probe->setModified(true);
            m_probe->setFocus();
        });
        row->addWidget(button);
    }
    row->addStretch(1);
    column->addLayout(row);
    column->addStretch(1);
    return empty;
}

void AttentionPage::updateSizes() {
    if (m_maps == nullptr || m_figuresCard == nullptr)
        return;
    const bool narrow = width() < 1200;
    const int heads = narrow ? 200 : 232;
    m_headsBox->setFixedWidth(heads);
    m_figuresCard->setFixedWidth(narrow ? 296 : 312);
    m_narrowParts->setVisible(narrow);
    m_maps->setCompact(narrow);
    m_remark->setVisible(!narrow);
    for (QLabel* name : m_valueNames)
        name->setVisible(!narrow);
    const int across = width() - heads - 1 - 32;
    const int below = height() - 96 - 24 - (m_banner->isShown() ? m_banner->sizeHint().height() + 12 : 0);
    const int wanted = m_maps->heightForMaps(across);
    const bool room = below - wanted - 12 >= 200;
    m_maps->setFixedHeight(std::max(180, std::min(wanted, room ? wanted : below)));
    m_lower->setVisible(room && !m_snapshots.empty());
}

void AttentionPage::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    updateSizes();
}

} // namespace lolcats
