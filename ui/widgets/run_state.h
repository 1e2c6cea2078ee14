// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How a run's state is shown: an icon and a word, never colour alone; and what a person may do in it.

#include "core/records/run_record.h"
#include "ui/theme.h"

namespace lolcats {

QString stateWord(RunState state); // "Running"
QString stateIconName(RunState state);
Token stateTint(RunState state);
QIcon stateIcon(RunState state, const Theme& theme);
bool mayPause(RunState state);
bool mayResume(RunState state);
bool mayStop(RunState state);
QString stageWord(Stage stage); // "transfer", "LoRA"

} // namespace lolcats
