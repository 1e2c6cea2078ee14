// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A small window with all keys, made from the actions themselves.

#include <QList>

class QAction;
class QWidget;

namespace lolcats {

void showKeysWindow(const QList<QAction*>& actions, QWidget* parent);

} // namespace lolcats
