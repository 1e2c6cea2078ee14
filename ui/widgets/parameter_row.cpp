// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/parameter_row.h"

#include "core/records/failure.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/elided_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QVBoxLayout>
#include <QWheelEvent>

namespace lolcats {

namespace {

constexpr int kBar = 12; // room at the left, where the bar of a changed value stands
constexpr int kLabel = 128;

// A wheel that turns over a closed list scrolls the form and changes nothing.
class CalmComboBox : public QComboBox {
protected:
    void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

OptionValue valueOf(const OptionDescription& option, const QString& text) {
    const QString trimmed = text.trimmed();
    bool read = false;
    if (option.kind == OptionKind::Integer)
        if (const qlonglong whole = trimmed.toLongLong(&read); read)
            return static_cast<std::int64_t>(whole);
    if (option.kind == OptionKind::Number)
        if (const double number = trimmed.toDouble(&read); read)
            return number;
    return option.kind == OptionKind::Text ? text.toStdString() : trimmed.toStdString();
}

QString textOf(const OptionValue& value) {
    return QString::fromStdString(optionText(value));
}

} // namespace

ParameterRow::ParameterRow(const OptionDescription& option, Theme& theme, QWidget* parent)
    : QWidget(parent), m_option(option), m_theme(theme), m_value(option.standard), m_preset(option.standard) {
    makeEditor();
    build(theme);
}

ParameterRow::ParameterRow(const OptionDescription& option, const std::vector<Choice>& choices, Theme& theme, QWidget* parent)
    : QWidget(parent), m_option(option), m_theme(theme), m_value(option.standard), m_preset(option.standard) {
    std::vector<std::pair<QString, QString>> words;
    for (const Choice& choice : choices)
        words.emplace_back(QString::fromStdString(choice.id), QString::fromStdString(choice.title));
    makeWords(words);
    build(theme);
}

ParameterRow::ParameterRow(const OptionDescription& option, QWidget* editor, std::function<void(const OptionValue&)> write,
                           Theme& theme, QWidget* parent)
    : QWidget(parent), m_option(option), m_theme(theme), m_editor(editor), m_write(std::move(write)), m_value(option.standard),
      m_preset(option.standard), m_ownEditor(true) {
    build(theme);
}

void ParameterRow::makeEditor() {
    if (m_option.kind == OptionKind::Word) {
        std::vector<std::pair<QString, QString>> words;
        for (const std::string& word : m_option.words)
            words.emplace_back(QString::fromStdString(word), QString::fromStdString(word));
        makeWords(words);
    } else if (m_option.kind == OptionKind::Flag) {
        auto* box = new QCheckBox;
        m_editor = box;
        m_write = [box](const OptionValue& value) {
            box->setChecked(std::get_if<bool>(&value) != nullptr && std::get<bool>(value));
        };
        connect(box, &QCheckBox::clicked, this, [this](bool on) { takeEdit(on); });
    } else {
        makeField();
    }
}

void ParameterRow::makeField() {
    auto* field = new QLineEdit;
    // So that a file dropped here reaches the window, which knows what to do with it.
    field->setAcceptDrops(false);
    if (m_option.kind == OptionKind::Text) {
        field->setMinimumWidth(120);
        field->setMaximumWidth(304);
    } else {
        field->setFixedWidth(120);
    }
    m_editor = field;
    m_write = [field](const OptionValue& value) {
        field->setText(textOf(value));
        field->setCursorPosition(0);
    };
    connect(field, &QLineEdit::textEdited, this, &ParameterRow::takeText);
}

void ParameterRow::makeWords(const std::vector<std::pair<QString, QString>>& idsAndTitles) {
    auto* box = new CalmComboBox;
    box->setMinimumWidth(120);
    box->setMaximumWidth(220);
    box->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    for (const auto& [id, title] : idsAndTitles)
        box->addItem(title, id);
    m_editor = box;
    m_write = [box](const OptionValue& value) { box->setCurrentIndex(box->findData(textOf(value))); };
    connect(box, &QComboBox::activated, this, [this, box](int) { takeEdit(box->currentData().toString().toStdString()); });
}

void ParameterRow::build(Theme& theme) {
    const QString title = QString::fromStdString(m_option.title);
    const QString sentence = QString::fromStdString(m_option.sentence);
    const QString name = QString::fromStdString(m_option.name);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(kBar, 4, 0, 4);
    column->setSpacing(4);
    m_row = new QHBoxLayout;
    m_row->setSpacing(0);
    column->addLayout(m_row);
    m_label = label(title, "muted");
    m_label->setToolTip(sentence);
    m_label->setBuddy(m_editor);
    m_editor->setObjectName(name);
    m_editor->setAccessibleName(title);
    m_editor->setToolTip(sentence);
    m_hintLabel = new ElidedLabel({}, "small");
    m_hintLabel->setObjectName(name + QStringLiteral("Hint"));
    m_reset = quietButton({}, theme.icon(QStringLiteral("undo")), name + QStringLiteral("Reset"),
                          tr("Back to the preset's value of “%1”").arg(title));
    m_row->addWidget(m_label, 0, Qt::AlignVCenter);
    m_row->addSpacing(12);
    m_row->addWidget(m_editor, m_option.kind == OptionKind::Flag ? 0 : 100);
    if (!m_option.unit.empty()) {
        m_row->addSpacing(12);
        m_row->addWidget(label(QString::fromStdString(m_option.unit), "small"));
    }
    m_row->addSpacing(12);
    m_row->addWidget(m_hintLabel, 0);
    m_row->addSpacing(4);
    m_row->addWidget(m_reset);
    m_row->addStretch(1);
    m_troubleLabel = paragraph({}, "bad");
    m_troubleLabel->setObjectName(name + QStringLiteral("Trouble"));
    m_troubleLabel->hide();
    setLabelWidth(kLabel);
    column->addWidget(m_troubleLabel);
    QSizePolicy keepsPlace = m_reset->sizePolicy();
    keepsPlace.setRetainSizeWhenHidden(true);
    m_reset->setSizePolicy(keepsPlace);
    connect(m_reset, &QToolButton::clicked, this, [this] {
        setTrouble({});
        m_write(m_preset);
        takeEdit(m_preset);
    });
    connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
    m_write(m_value);
    showState();
}

void ParameterRow::setValue(const OptionValue& value) {
    if (value == m_value)
        return;
    m_value = value;
    m_write(value);
    setTrouble({});
    showState();
}

void ParameterRow::setPreset(const OptionValue& value) {
    m_preset = value;
    showState();
}

void ParameterRow::setHint(const QString& hint) {
    m_hint = hint;
    showState();
}

bool ParameterRow::isChanged() const {
    return m_value != m_preset;
}

void ParameterRow::setLabelWidth(int width) {
    m_label->setFixedWidth(width);
    m_troubleLabel->setContentsMargins(width + 12, 0, 0, 4);
}

void ParameterRow::addTool(QWidget* tool) {
    const int at = m_row->indexOf(m_editor) + 1 + 2 * m_tools++;
    m_row->insertSpacing(at, 8);
    m_row->insertWidget(at + 1, tool);
}

void ParameterRow::takeText(const QString& text) {
    try {
        takeEdit(checkedOption(m_option, valueOf(m_option, text)));
    } catch (const Refusal& refusal) {
        setTrouble(QString::fromStdString(refusal.failure().summary + " " + refusal.failure().remedy));
    }
}

void ParameterRow::takeEdit(const OptionValue& value) {
    setTrouble({});
    if (value == m_value)
        return;
    m_value = value;
    showState();
    Q_EMIT edited(QString::fromStdString(m_option.name), value);
}

void ParameterRow::setTrouble(const QString& sentence) {
    if (sentence == m_trouble)
        return;
    m_trouble = sentence;
    m_troubleLabel->setText(sentence);
    m_troubleLabel->setVisible(!sentence.isEmpty());
    setStyled(m_editor, "invalid", !sentence.isEmpty());
    setStyled(m_label, "role", sentence.isEmpty() ? "muted" : "bad");
    Q_EMIT troubleChanged();
}

void ParameterRow::showState() {
    const QString preset = textOf(m_preset);
    m_hintLabel->setText(isChanged() && !m_ownEditor ? tr("preset %1").arg(preset.isEmpty() ? tr("empty") : preset) : m_hint);
    m_reset->setVisible(isChanged());
    update();
}

void ParameterRow::paintEvent(QPaintEvent*) {
    if (!isChanged())
        return;
    QPainter painter(this);
    painter.fillRect(QRect(0, 8, 2, height() - 16), m_theme.color(isTroubled() ? Token::Bad : Token::Accent));
}

} // namespace lolcats
