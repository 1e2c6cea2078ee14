// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// One option on a form, made from its description: label, field, unit, hint, and an arrow back to the preset's value.

#include "core/records/choices.h"
#include "ui/theme.h"

#include <QWidget>

#include <functional>

class QBoxLayout;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QToolButton;

namespace lolcats {

class ElidedLabel;

class ParameterRow : public QWidget {
    Q_OBJECT

public:
    ParameterRow(const OptionDescription& option, Theme& theme, QWidget* parent = nullptr);
    // One of `choices`: shown by title, its value is the id.
    ParameterRow(const OptionDescription& option, const std::vector<Choice>& choices, Theme& theme, QWidget* parent = nullptr);
    // With an editor of the page's own. `write` brings a value into it; the page calls takeEdit when a person edits.
    ParameterRow(const OptionDescription& option, QWidget* editor, std::function<void(const OptionValue&)> write, Theme& theme,
                 QWidget* parent = nullptr);

    const std::string& name() const { return m_option.name; }
    QWidget* editor() const { return m_editor; }

    void
    setValue(const OptionValue& value); // says nothing; a field that is being typed into keeps its text while it means this
    void setPreset(const OptionValue& value); // what the arrow goes back to
    void setHint(const QString& hint);        // of a field, gives way to the preset's value once another is set
    void setTrouble(const QString& sentence); // empty: none
    bool isTroubled() const { return !m_trouble.isEmpty(); }
    bool isChanged() const;
    void setLabelWidth(int width);
    void addTool(QWidget* tool); // between field and unit
    void takeEdit(const OptionValue& value);

Q_SIGNALS:
    void edited(const QString& name, const OptionValue& value);
    void troubleChanged();

protected:
    void paintEvent(QPaintEvent*) override;

private:
    void build(Theme& theme);
    void makeEditor();
    void makeField();
    void makeWords(const std::vector<std::pair<QString, QString>>& idsAndTitles);
    void takeText(const QString& text);
    void showState();

    OptionDescription m_option;
    Theme& m_theme;
    QWidget* m_editor = nullptr;
    std::function<void(const OptionValue&)> m_write;
    OptionValue m_value;
    OptionValue m_preset;
    QString m_hint;
    QString m_trouble;
    QHBoxLayout* m_row = nullptr;
    QLabel* m_label = nullptr;
    ElidedLabel* m_hintLabel = nullptr;
    QLabel* m_troubleLabel = nullptr;
    QToolButton* m_reset = nullptr;
    int m_tools = 0;
    bool m_ownEditor = false; // the page's: its hint stays
};

} // namespace lolcats
