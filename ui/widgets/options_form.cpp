// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/options_form.h"

#include <algorithm>

namespace lolcats {

OptionsForm::OptionsForm(Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme), m_column(new QVBoxLayout(this)) {
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(0);
}

void OptionsForm::setOptions(const std::vector<OptionDescription>& options) {
    for (ParameterRow* old : m_rows) {
        old->setParent(nullptr);
        old->deleteLater();
    }
    m_rows.clear();
    m_values.clear();
    for (const OptionDescription& option : options)
        add(new ParameterRow(option, m_theme));
}

void OptionsForm::setLabelWidth(int width) {
    m_labelWidth = width;
}

ParameterRow* OptionsForm::add(ParameterRow* row) {
    m_column->addWidget(row);
    m_rows.push_back(row);
    if (m_labelWidth > 0)
        row->setLabelWidth(m_labelWidth);
    connect(row, &ParameterRow::edited, this, [this](const QString& name, const OptionValue& value) {
        m_values[name.toStdString()] = value;
        Q_EMIT edited(name, value);
    });
    connect(row, &ParameterRow::troubleChanged, this, &OptionsForm::troubleChanged);
    return row;
}

ParameterRow* OptionsForm::row(const std::string& name) const {
    const auto found = std::find_if(m_rows.begin(), m_rows.end(), [&](const ParameterRow* row) { return row->name() == name; });
    return found == m_rows.end() ? nullptr : *found;
}

int OptionsForm::troubled() const {
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [](const auto* row) { return row->isTroubled(); }));
}

int OptionsForm::changed() const {
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(), [](const auto* row) { return row->isChanged(); }));
}

} // namespace lolcats
