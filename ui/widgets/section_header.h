// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The head of a section of a form: number, title, what it is about, and room for buttons at the right.

#include <QWidget>

class QHBoxLayout;

namespace lolcats {

class SectionHeader : public QWidget {
    Q_OBJECT

public:
    SectionHeader(int number, const QString& title, const QString& sentence, QWidget* parent = nullptr);
    void addTool(QWidget* tool);

private:
    QHBoxLayout* m_row;
};

} // namespace lolcats
