// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A column of parameter rows made from descriptions.

#include "ui/widgets/parameter_row.h"

#include <QVBoxLayout>

namespace lolcats {

class OptionsForm : public QWidget {
    Q_OBJECT

public:
    explicit OptionsForm(Theme& theme, QWidget* parent = nullptr);

    void setOptions(const std::vector<OptionDescription>& options); // replaces the rows
    void setLabelWidth(int width);                                  // of the rows to come; 0: as a row has it
    ParameterRow* add(ParameterRow* row);
    ParameterRow* row(const std::string& name) const; // null where there is none
    const std::vector<ParameterRow*>& rows() const { return m_rows; }
    OptionValues values() const { return m_values; }
    int troubled() const;
    int changed() const;
    QVBoxLayout* column() { return m_column; }

Q_SIGNALS:
    void edited(const QString& name, const OptionValue& value);
    void troubleChanged();

private:
    Theme& m_theme;
    QVBoxLayout* m_column;
    std::vector<ParameterRow*> m_rows;
    OptionValues m_values;
    int m_labelWidth = 0;
};

} // namespace lolcats
