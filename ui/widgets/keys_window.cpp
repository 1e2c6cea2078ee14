// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/keys_window.h"

#include "ui/widgets/buttons.h"

#include <QAction>
#include <QDialog>
#include <QGridLayout>

namespace lolcats {

void showKeysWindow(const QList<QAction*>& actions, QWidget* parent) {
    auto* window = new QDialog(parent);
    window->setObjectName(QStringLiteral("keysWindow"));
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->setWindowTitle(QObject::tr("Keys"));
    auto* grid = new QGridLayout(window);
    grid->setContentsMargins(24, 24, 24, 24);
    grid->setHorizontalSpacing(32);
    grid->setVerticalSpacing(8);
    // Two columns of pairs, so that the list fits a small screen.
    const int half = (static_cast<int>(actions.size()) + 1) / 2;
    for (int i = 0; i < actions.size(); ++i) {
        const int column = i / half * 2;
        grid->addWidget(label(actions[i]->text().remove(QLatin1Char('&'))), i % half, column);
        grid->addWidget(keyCap(actions[i]->shortcut().toString()), i % half, column + 1, Qt::AlignRight | Qt::AlignVCenter);
    }
    window->setFixedSize(window->sizeHint());
    window->show();
}

} // namespace lolcats
