// SPDX-License-Identifier: GPL-3.0-or-later
// How far the student is from its teacher when all is done: the sentence, three figures, and the rows that it is held against.
#include "ui/pages/train_panels.h"

#include "ui/plots/numbers.h"
#include "ui/widgets/buttons.h"
#include "ui/widgets/figures.h"

#include <QHBoxLayout>
#include <QVBoxLayout>

namespace lolcats {

ResultPanel::ResultPanel(const Theme& theme, QWidget* parent)
    : QWidget(parent), m_model(new EvaluationModel(this)), m_view(new EvaluationTableView(theme, *m_model)),
      m_headline(paragraph({}, "headline")), m_meaning(paragraph({}, "muted")), m_measured(paragraph({}, "small")) {
    setObjectName(QStringLiteral("resultPanel"));
    m_headline->setObjectName(QStringLiteral("resultHeadline"));
    m_meaning->setObjectName(QStringLiteral("resultVerdict"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    auto* card = new QFrame;
    card->setProperty("card", true);
    auto* inside = new QVBoxLayout(card);
    inside->setContentsMargins(1, 1, 1, 1);
    inside->setSpacing(0);
    auto* top = new QHBoxLayout;
    top->setContentsMargins(16, 20, 24, 20);
    top->setSpacing(24);
    auto* words = new QVBoxLayout;
    words->setSpacing(6);
    words->addWidget(m_headline);
    words->addWidget(m_meaning);
    words->addWidget(m_measured);
    words->addStretch(1);
    top->addLayout(words, 1);
    m_figureRow = makeFigures();
    top->addWidget(m_figureRow, 0, Qt::AlignTop);
    inside->addLayout(top);
    inside->addWidget(line(Qt::Horizontal));
    inside->addWidget(m_view);
    column->addWidget(card);
    column->addStretch(1);
}

QWidget* ResultPanel::makeFigures() {
    auto* figures = new QWidget;
    auto* row = new QHBoxLayout(figures);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(24);
    const QString names[] = {tr("Perplexity"), tr("Same top token"), tr("Memory of a sequence")};
    for (int i = 0; i < 3; ++i) {
        row->addWidget(line(Qt::Vertical));
        auto* column = new QVBoxLayout;
        column->setSpacing(2);
        column->addWidget(label(names[i], "muted"));
        m_figures[i][0] = label({}, "figure");
        m_figures[i][1] = label({}, "small");
        column->addWidget(m_figures[i][0]);
        column->addWidget(m_figures[i][1]);
        row->addLayout(column);
    }
    return figures;
}

void ResultPanel::setTable(const EvaluationTable& table) {
    m_model->setTable(table);
    m_view->setFixedHeight(m_view->wholeHeight());
    const EvaluationRow* teacher = m_model->row("teacher");
    const EvaluationRow* student = m_model->row("student");
    if (student == nullptr)
        student = m_model->row("student-after-transfer");
    m_figureRow->setVisible(teacher != nullptr && student != nullptr);
    if (teacher != nullptr && student != nullptr) {
        const double above = student->loss - teacher->loss;
        m_headline->setText(
            above < 0.0005 ? tr("The student is as good as its teacher.")
                           : tr("The student is %1 nats above its teacher.").arg(decimalNumber(above, above < 0.1 ? 3 : 2)));
        m_figures[0][0]->setText(decimalNumber(student->perplexity, 2));
        m_figures[0][1]->setText(tr("teacher %1").arg(decimalNumber(teacher->perplexity, 2)));
        m_figures[1][0]->setText(decimalNumber(student->agreement * 100, 1) + QStringLiteral(" %"));
        m_figures[1][1]->setText(tr("of all positions"));
        m_figures[2][0]->setText(student->stateBytes > 0 ? bytesText(student->stateBytes) : QStringLiteral("–"));
        m_figures[2][1]->setText(teacher->stateBytes > 0 ? tr("teacher %1").arg(bytesText(teacher->stateBytes)) : QString());
    } else {
        m_headline->setText(tr("Evaluation: %1").arg(QString::fromStdString(table.name)));
    }
    m_meaning->setText(QString::fromStdString(table.verdict));
    QStringList measured;
    if (!table.text.empty())
        measured << QString::fromStdString(table.text);
    measured << tr("%1 tokens in rows of %2")
                    .arg(countText(static_cast<double>(table.tokens)), countText(static_cast<double>(table.length)));
    measured << tr("%1, step %2").arg(QString::fromStdString(table.name), countText(static_cast<double>(table.step)));
    m_measured->setText(measured.join(QStringLiteral(" · ")));
}

} // namespace lolcats
